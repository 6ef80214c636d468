#include "redap/columns.h"

#include <algorithm>

#include "arrow/builder.h"
#include "arrow/util/key_value_metadata.h"
#include "base/status.h"

namespace mutoscope::redap {
namespace {

template <typename Builder>
arrow::Result<std::shared_ptr<arrow::Array>> Finish(Builder* builder) {
  return builder->Finish();
}

}  // namespace

std::shared_ptr<arrow::Field> MakeField(std::string name, std::shared_ptr<arrow::DataType> type, bool nullable,
                                        const Metadata& metadata) {
  if (metadata.empty()) return arrow::field(std::move(name), std::move(type), nullable);
  auto values = std::make_shared<arrow::KeyValueMetadata>();
  for (const auto& [key, value] : metadata) values->Append(key, value);
  return arrow::field(std::move(name), std::move(type), nullable, std::move(values));
}

arrow::Result<std::shared_ptr<arrow::Array>> TextColumn(const std::vector<std::string>& values) {
  arrow::StringBuilder builder;
  ARROW_RETURN_NOT_OK(builder.AppendValues(values));
  return Finish(&builder);
}

arrow::Result<std::shared_ptr<arrow::Array>> BinaryColumn(const std::vector<std::string>& values) {
  arrow::BinaryBuilder builder;
  for (const auto& value : values) ARROW_RETURN_NOT_OK(builder.Append(value));
  return Finish(&builder);
}

arrow::Result<std::shared_ptr<arrow::Array>> OptionalTextColumn(const std::vector<std::optional<std::string>>& values) {
  arrow::StringBuilder builder;
  for (const auto& value : values) ARROW_RETURN_NOT_OK(value ? builder.Append(*value) : builder.AppendNull());
  return Finish(&builder);
}

arrow::Result<std::shared_ptr<arrow::Array>> TextListColumn(const std::vector<std::vector<std::string>>& values) {
  auto items = std::make_shared<arrow::StringBuilder>();
  arrow::ListBuilder builder(arrow::default_memory_pool(), items, arrow::list(arrow::field("item", arrow::utf8(), false)));
  for (const auto& list : values) {
    ARROW_RETURN_NOT_OK(builder.Append());
    ARROW_RETURN_NOT_OK(items->AppendValues(list));
  }
  return Finish(&builder);
}

arrow::Result<std::shared_ptr<arrow::Array>> IdColumn(const std::vector<base::Tuid>& values) {
  arrow::FixedSizeBinaryBuilder builder(arrow::fixed_size_binary(16));
  ARROW_RETURN_NOT_OK(builder.Reserve(static_cast<int64_t>(values.size())));
  for (const auto& value : values) ARROW_RETURN_NOT_OK(builder.Append(value.bytes()));
  return Finish(&builder);
}

arrow::Result<std::shared_ptr<arrow::Array>> BoolColumn(const std::vector<bool>& values) {
  arrow::BooleanBuilder builder;
  ARROW_RETURN_NOT_OK(builder.AppendValues(values));
  return Finish(&builder);
}

arrow::Result<std::shared_ptr<arrow::Array>> UInt64Column(const std::vector<uint64_t>& values) {
  arrow::UInt64Builder builder;
  ARROW_RETURN_NOT_OK(builder.AppendValues(values));
  return Finish(&builder);
}

arrow::Result<std::shared_ptr<arrow::Array>> TimeColumn(const std::shared_ptr<arrow::DataType>& type,
                                                        const std::vector<std::optional<int64_t>>& values) {
  arrow::Int64Builder builder;
  for (const auto& value : values) ARROW_RETURN_NOT_OK(value ? builder.Append(*value) : builder.AppendNull());
  ARROW_ASSIGN_OR_RAISE(const auto raw, builder.Finish());
  return raw->View(type);
}

arrow::Result<std::shared_ptr<arrow::Array>> NullColumn(const std::shared_ptr<arrow::DataType>& type, int64_t rows) {
  return arrow::MakeArrayOfNull(type, rows);
}

arrow::Status Table::Add(std::shared_ptr<arrow::Field> field, arrow::Result<std::shared_ptr<arrow::Array>> column) {
  ARROW_ASSIGN_OR_RAISE(auto array, std::move(column));
  fields.push_back(std::move(field));
  columns.push_back(std::move(array));
  return arrow::Status::OK();
}

std::shared_ptr<arrow::RecordBatch> Table::ToBatch(int64_t rows) const {
  return arrow::RecordBatch::Make(arrow::schema(fields), rows, columns);
}

arrow::Result<std::vector<int>> PickColumns(const arrow::Schema& schema, const std::vector<std::string>& names) {
  std::vector<int> picked;
  for (const auto& name : names) {
    const int position = schema.GetFieldIndex(name);
    if (position < 0) return base::InvalidArgument("column '{}' does not exist in this table", name);
    if (std::find(picked.begin(), picked.end(), position) != picked.end()) {
      return base::InvalidArgument("column '{}' is named twice", name);
    }
    picked.push_back(position);
  }
  if (names.empty()) {
    for (int i = 0; i < schema.num_fields(); ++i) picked.push_back(i);
  }
  return picked;
}

}  // namespace mutoscope::redap
