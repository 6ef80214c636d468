// Arrays put together from others. Private to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "arrow/array.h"
#include "arrow/result.h"
#include "arrow/type.h"

namespace mutoscope::tables {

// The same buffers under another type of the same layout; children keep theirs.
std::shared_ptr<arrow::Array> Retyped(const arrow::Array& array, const std::shared_ptr<arrow::DataType>& type);
// The same with other children.
std::shared_ptr<arrow::Array> Rebuilt(const arrow::Array& array, const std::shared_ptr<arrow::DataType>& type,
                                      const std::vector<std::shared_ptr<arrow::Array>>& children);

// The validity of an array as a bitmap that starts at its first row; null if all rows are valid.
arrow::Result<std::shared_ptr<arrow::Buffer>> ValidityOf(const arrow::Array& array);
// Booleans without a meaning (false) and with the validity of `array`.
arrow::Result<std::shared_ptr<arrow::Array>> OnlyValidity(const arrow::Array& array);

// Rows of `values`; a negative index gives null.
arrow::Result<std::shared_ptr<arrow::Array>> TakeRows(const std::shared_ptr<arrow::Array>& values,
                                                      const std::vector<int64_t>& rows);

template <typename T>
arrow::Result<std::shared_ptr<arrow::Buffer>> BufferOf(const std::vector<T>& values) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateBuffer(static_cast<int64_t>(values.size() * sizeof(T))));
  if (!values.empty()) std::copy(values.begin(), values.end(), reinterpret_cast<T*>(buffer->mutable_data()));
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

}  // namespace mutoscope::tables
