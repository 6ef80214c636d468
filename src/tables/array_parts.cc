#include "tables/array_parts.h"

#include <algorithm>

#include "arrow/builder.h"
#include "arrow/compute/api_vector.h"
#include "arrow/util/bit_util.h"

namespace mutoscope::tables {

std::shared_ptr<arrow::Array> Retyped(const arrow::Array& array, const std::shared_ptr<arrow::DataType>& type) {
  auto data = array.data()->Copy();
  data->type = type;
  return arrow::MakeArray(std::move(data));
}

std::shared_ptr<arrow::Array> Rebuilt(const arrow::Array& array, const std::shared_ptr<arrow::DataType>& type,
                                      const std::vector<std::shared_ptr<arrow::Array>>& children) {
  auto data = array.data()->Copy();
  data->type = type;
  data->child_data.clear();
  for (const auto& child : children) data->child_data.push_back(child->data());
  return arrow::MakeArray(std::move(data));
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ValidityOf(const arrow::Array& array) {
  if (array.null_count() == 0) return nullptr;
  ARROW_ASSIGN_OR_RAISE(auto bits, arrow::AllocateEmptyBitmap(array.length()));
  for (int64_t row = 0; row < array.length(); ++row) arrow::bit_util::SetBitTo(bits->mutable_data(), row, array.IsValid(row));
  return bits;
}

arrow::Result<std::shared_ptr<arrow::Array>> OnlyValidity(const arrow::Array& array) {
  ARROW_ASSIGN_OR_RAISE(const auto validity, ValidityOf(array));
  ARROW_ASSIGN_OR_RAISE(const auto values, arrow::AllocateEmptyBitmap(array.length()));
  return std::make_shared<arrow::BooleanArray>(array.length(), values, validity);
}

arrow::Result<std::shared_ptr<arrow::Array>> TakeRows(const std::shared_ptr<arrow::Array>& values,
                                                      const std::vector<int64_t>& rows) {
  arrow::Int64Builder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(static_cast<int64_t>(rows.size())));
  for (const int64_t row : rows) ARROW_RETURN_NOT_OK(row < 0 ? builder.AppendNull() : builder.Append(row));
  ARROW_ASSIGN_OR_RAISE(const auto indices, builder.Finish());
  return arrow::compute::Take(*values, *indices, arrow::compute::TakeOptions::BoundsCheck());
}

}  // namespace mutoscope::tables
