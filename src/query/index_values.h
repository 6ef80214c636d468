// Index values as callers give them, as raw 64-bit values (rulings.md A10, A14). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "arrow/array.h"
#include "arrow/result.h"
#include "arrow/scalar.h"
#include "chunk/descriptor.h"

namespace mutoscope::query {

// Ascending, each once. INVALID_ARGUMENT naming the value for nulls, overflow and types that do not suit the index.
arrow::Result<std::vector<int64_t>> IndexValues(const arrow::Array& values, const chunk::Timeline& timeline);

// The raw value of a literal that is compared with the index. Absent if its type is none that the index has exactly (floats,
// strings), or it lies outside of 64 bits.
std::optional<int64_t> ExactIndexValue(const arrow::Scalar& literal, chunk::TimelineKind kind);

}  // namespace mutoscope::query
