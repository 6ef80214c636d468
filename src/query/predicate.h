// A filter expression taken apart: what can be found by search, and what is evaluated row by row in which order.
//
// The conjuncts of the filter are sorted by what they cost: segment ids and index values (searched for), other indexes, presence
// of cells, small columns, blobs. Rows that a cheap one drops are never read for a dear one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "arrow/compute/expression.h"
#include "arrow/result.h"
#include "query/columns.h"
#include "query/intervals.h"

namespace mutoscope::query {

// What a condition reads.
struct Operand {
  enum class Kind { kSegmentId, kIndex, kPresence, kComponent } kind = Kind::kSegmentId;
  uint32_t id = 0;  // position in QueryColumns::indexes or components
  friend bool operator==(const Operand&, const Operand&) = default;
};

enum class Stage { kSegment, kIndex, kOtherIndexes, kPresence, kSmallColumns, kBlobs };
std::string_view NameOf(Stage stage);

struct Condition {
  arrow::compute::Expression expression;  // bound to one field for each operand, in order
  std::vector<Operand> operands;
  Stage stage = Stage::kSegment;
};

struct Predicate {
  bool never = false;                                         // no row can pass
  Intervals index = Intervals::All();                         // of the rows
  bool index_is_exact = true;                                 // every value in `index` passes what was said of the index
  std::optional<std::unordered_set<std::string>> segments;    // ids that can pass; absent = all
  std::vector<std::pair<uint32_t, Intervals>> other_indexes;  // by position: a row has a value in there
  std::vector<Condition> conditions;                          // by stage; what `index` and `segments` say exactly is left out
  arrow::compute::Expression rest;                            // all conditions as text, for plans
};

// INVALID_ARGUMENT naming what does not fit: unknown columns, types that cannot be compared, a filter that is no boolean.
arrow::Result<Predicate> AnalysePredicate(const QueryColumns& columns, const arrow::compute::Expression& filter);

// Registers the functions that expressions may use besides Arrow's own. Idempotent, thread-safe.
void RegisterFunctions();

}  // namespace mutoscope::query
