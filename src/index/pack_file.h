// What both kinds of index files share: Arrow IPC files of ours with a format name and version in the schema metadata.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "arrow/array.h"
#include "arrow/buffer.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/type.h"

namespace mutoscope::index {

inline constexpr std::string_view kFormatKey = "mutoscope:format";
inline constexpr std::string_view kVersionKey = "mutoscope:version";
inline constexpr std::string_view kPackVersion = "1";

uint64_t ChecksumOf(const uint8_t* data, size_t size);  // XXH3-64

std::shared_ptr<arrow::Schema> PackSchema(std::vector<std::shared_ptr<arrow::Field>> fields, std::string_view format);

// DATA_LOSS with `what` and what to do: index files are rebuilt from the recordings.
arrow::Status DamagedPack(const std::string& path, std::string_view what);

// DATA_LOSS naming the file unless `found` is the schema of this format and version.
arrow::Status CheckPackSchema(const std::string& path, const arrow::Schema& found, const arrow::Schema& expected);

// DATA_LOSS unless every offset and dictionary index holds and nothing is null.
arrow::Status CheckPackBatch(const std::string& path, const arrow::RecordBatch& batch);

// Column builders from plain vectors; nothing is copied.
template <typename T>
std::shared_ptr<arrow::Array> NumberArray(std::vector<T> values) {
  const auto length = static_cast<int64_t>(values.size());
  using ArrowType = typename arrow::CTypeTraits<T>::ArrowType;
  return std::make_shared<arrow::NumericArray<ArrowType>>(length, arrow::Buffer::FromVector(std::move(values)));
}
std::shared_ptr<arrow::Array> BoolArray(const std::vector<bool>& values);
std::shared_ptr<arrow::Array> FixedBytesArray(int32_t width, std::vector<uint8_t> bytes);
std::shared_ptr<arrow::Array> StructOf(const std::shared_ptr<arrow::DataType>& type,
                                       std::vector<std::shared_ptr<arrow::Array>> children);
// `offsets`: one more than lists.
std::shared_ptr<arrow::Array> ListOf(const std::shared_ptr<arrow::DataType>& type, std::vector<int64_t> offsets,
                                     const std::shared_ptr<arrow::Array>& values);

// Collects strings for a dictionary-encoded column.
class StringDictionary {
 public:
  int32_t Add(const std::string& text);
  arrow::Result<std::shared_ptr<arrow::Array>> Values() const;
  // A column of these indices (from Add).
  static std::shared_ptr<arrow::Array> Column(std::vector<int32_t> indices, const std::shared_ptr<arrow::Array>& values);

 private:
  std::unordered_map<std::string, int32_t> ids_;
  std::vector<std::string> values_;
};
std::shared_ptr<arrow::DataType> DictionaryOfStrings();
std::shared_ptr<arrow::Field> Required(std::string name, std::shared_ptr<arrow::DataType> type);  // not nullable

}  // namespace mutoscope::index
