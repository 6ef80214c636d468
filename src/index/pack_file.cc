#include "index/pack_file.h"

#include <xxhash.h>

#include "arrow/array/builder_binary.h"
#include "arrow/array/builder_primitive.h"
#include "arrow/util/key_value_metadata.h"
#include "base/status.h"

namespace mutoscope::index {
namespace {

std::string MetadataOf(const arrow::Schema& schema, std::string_view key) {
  if (schema.metadata() == nullptr) return "";
  return schema.metadata()->Get(std::string(key)).ValueOr("");
}

bool HasNulls(const arrow::ArrayData& data) {
  if (data.GetNullCount() > 0) return true;
  if (data.dictionary != nullptr && HasNulls(*data.dictionary)) return true;
  return std::any_of(data.child_data.begin(), data.child_data.end(), [](const auto& child) { return HasNulls(*child); });
}

}  // namespace

uint64_t ChecksumOf(const uint8_t* data, size_t size) { return XXH3_64bits(data, size); }

std::shared_ptr<arrow::Schema> PackSchema(std::vector<std::shared_ptr<arrow::Field>> fields, std::string_view format) {
  return arrow::schema(std::move(fields), arrow::key_value_metadata({std::string(kFormatKey), std::string(kVersionKey)},
                                                                    {std::string(format), std::string(kPackVersion)}));
}

arrow::Status DamagedPack(const std::string& path, std::string_view what) {
  return base::DataLoss("index file '{}' cannot be used: {}; it has to be rebuilt from the recordings", path, what);
}

arrow::Status CheckPackSchema(const std::string& path, const arrow::Schema& found, const arrow::Schema& expected) {
  for (const std::string_view key : {kFormatKey, kVersionKey}) {
    const std::string want = MetadataOf(expected, key);
    const std::string have = MetadataOf(found, key);
    if (want != have) return DamagedPack(path, fmt::format("{} is '{}', expected '{}'", key, have, want));
  }
  if (!found.Equals(expected, /*check_metadata=*/false)) {
    return DamagedPack(path, fmt::format("its columns are not those of version {}", kPackVersion));
  }
  return arrow::Status::OK();
}

arrow::Status CheckPackBatch(const std::string& path, const arrow::RecordBatch& batch) {
  const arrow::Status valid = batch.ValidateFull();
  if (!valid.ok()) return DamagedPack(path, valid.message());
  for (int i = 0; i < batch.num_columns(); ++i) {
    if (HasNulls(*batch.column_data(i))) return DamagedPack(path, fmt::format("column {} has nulls", batch.column_name(i)));
  }
  return arrow::Status::OK();
}

std::shared_ptr<arrow::Array> BoolArray(const std::vector<bool>& values) {
  std::vector<uint8_t> bits((values.size() + 7) / 8);
  for (size_t i = 0; i < values.size(); ++i) bits[i / 8] = static_cast<uint8_t>(bits[i / 8] | (values[i] ? 1 << (i % 8) : 0));
  return std::make_shared<arrow::BooleanArray>(static_cast<int64_t>(values.size()), arrow::Buffer::FromVector(std::move(bits)));
}

std::shared_ptr<arrow::Array> FixedBytesArray(int32_t width, std::vector<uint8_t> bytes) {
  const auto length = static_cast<int64_t>(bytes.size()) / width;
  return std::make_shared<arrow::FixedSizeBinaryArray>(arrow::fixed_size_binary(width), length,
                                                       arrow::Buffer::FromVector(std::move(bytes)));
}

std::shared_ptr<arrow::Array> StructOf(const std::shared_ptr<arrow::DataType>& type,
                                       std::vector<std::shared_ptr<arrow::Array>> children) {
  const int64_t length = children.front()->length();
  return std::make_shared<arrow::StructArray>(type, length, std::move(children));
}

std::shared_ptr<arrow::Array> ListOf(const std::shared_ptr<arrow::DataType>& type, std::vector<int64_t> offsets,
                                     const std::shared_ptr<arrow::Array>& values) {
  const auto length = static_cast<int64_t>(offsets.size()) - 1;
  return std::make_shared<arrow::LargeListArray>(type, length, arrow::Buffer::FromVector(std::move(offsets)), values);
}

int32_t StringDictionary::Add(const std::string& text) {
  const auto [at, is_new] = ids_.try_emplace(text, static_cast<int32_t>(values_.size()));
  if (is_new) values_.push_back(text);
  return at->second;
}

arrow::Result<std::shared_ptr<arrow::Array>> StringDictionary::Values() const {
  arrow::StringBuilder builder;
  ARROW_RETURN_NOT_OK(builder.AppendValues(values_));
  return builder.Finish();
}

std::shared_ptr<arrow::Array> StringDictionary::Column(std::vector<int32_t> indices,
                                                       const std::shared_ptr<arrow::Array>& values) {
  return std::make_shared<arrow::DictionaryArray>(DictionaryOfStrings(), NumberArray(std::move(indices)), values);
}

std::shared_ptr<arrow::DataType> DictionaryOfStrings() { return arrow::dictionary(arrow::int32(), arrow::utf8()); }

std::shared_ptr<arrow::Field> Required(std::string name, std::shared_ptr<arrow::DataType> type) {
  return arrow::field(std::move(name), std::move(type), /*nullable=*/false);
}

}  // namespace mutoscope::index
