// Conditions as text, in the manner of SQL, as Arrow expressions: --where of `mutoscope query`, ScanParameters.filter of redap.
//
//   condition:  comparison | NOT condition | condition AND condition | condition OR condition | ( condition ) | TRUE | FALSE
//   comparison: value (= == != <> < <= > >=) value | value [NOT] IN (literal, …) | value [NOT] BETWEEN value AND value |
//               value IS [NOT] NULL | a boolean value
//   value:      column [n]… | literal; columns are bare (log_time) or "double quoted" ("" is a quote within), [n] is an element
//               of a list, from 0, null if there is none
//   literal:    12  -1.5e3  'text' ('' is a quote within)  TRUE  FALSE  NULL  '2026-01-01T12:00:00.5' (also with TIMESTAMP
//   before)
//               1.5s 20ms 3us 7ns 2min 1h
//
// Literals take the type of what they are compared with: text becomes a timestamp on a timestamp index (UTC), plain numbers are
// nanoseconds on time indexes.
#pragma once

#include <memory>
#include <string_view>

#include "arrow/compute/expression.h"
#include "arrow/result.h"
#include "arrow/type.h"

namespace mutoscope::query {

// INVALID_ARGUMENT naming the place in the text, or the column that `schema` does not have. Pure.
arrow::Result<arrow::compute::Expression> ParseWhere(std::string_view text, const arrow::Schema& schema);

}  // namespace mutoscope::query
