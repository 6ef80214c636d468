// Literals of a --where condition, typed by what they are compared with.
#pragma once

#include <memory>

#include "arrow/result.h"
#include "arrow/scalar.h"
#include "query/where_tokens.h"

namespace mutoscope::query {

struct Literal {
  Token token;  // kText, kNumber, or the words true, false, null
  bool negative = false;
};

// Of `type`, or of a type that Arrow compares with it (a fraction with an integer column). INVALID_ARGUMENT naming the literal
// and the type if they do not go together.
arrow::Result<std::shared_ptr<arrow::Scalar>> TypedLiteral(const Literal& literal, const std::shared_ptr<arrow::DataType>& type);

}  // namespace mutoscope::query
