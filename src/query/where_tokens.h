// The words of a --where condition.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

namespace mutoscope::query {

struct Token {
  enum class Kind { kWord, kQuoted, kText, kNumber, kSymbol, kEnd } kind = Kind::kEnd;
  std::string text;  // without quotes
  size_t position = 0;
  std::string unit;  // of a number: "ms" of 20ms
};

// Ends with a kEnd. INVALID_ARGUMENT naming the place of a character that begins nothing, or of a quote that does not end.
arrow::Result<std::vector<Token>> Tokenize(std::string_view text);

// An error at a place of the condition.
arrow::Status WhereError(size_t position, std::string_view message);

}  // namespace mutoscope::query
