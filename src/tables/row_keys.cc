#include "tables/row_keys.h"

#include <cstring>

#include "arrow/array.h"
#include "arrow/util/bit_util.h"
#include "base/status.h"
#include "tables/storage_form.h"

namespace mutoscope::tables {
namespace {

using Keys = std::vector<std::optional<std::string>>;

void Append(std::string* key, const void* bytes, size_t size) { key->append(static_cast<const char*>(bytes), size); }

// The bytes of each row's value behind the row's key. `value(row)` gives a string_view.
template <typename Value>
void AppendAll(const arrow::Array& column, Keys* keys, bool with_length, const Value& value) {
  for (int64_t row = 0; row < column.length(); ++row) {
    auto& key = (*keys)[static_cast<size_t>(row)];
    if (!key) continue;
    if (column.IsNull(row)) {
      key.reset();
      continue;
    }
    const std::string_view bytes = value(row);
    const uint64_t size = bytes.size();
    if (with_length) Append(&*key, &size, sizeof(size));
    Append(&*key, bytes.data(), bytes.size());
  }
}

template <typename TextArray>
void AppendText(const arrow::Array& column, Keys* keys) {
  const auto& text = static_cast<const TextArray&>(column);
  AppendAll(column, keys, true, [&](int64_t row) { return text.GetView(row); });
}

// -0.0 equals 0.0.
template <typename Float>
void AppendFloats(const arrow::Array& column, Keys* keys) {
  const auto* values = column.data()->GetValues<Float>(1);
  Float value = 0;
  AppendAll(column, keys, false, [&](int64_t row) {
    value = values[row] == Float{0} ? Float{0} : values[row];
    return std::string_view(reinterpret_cast<const char*>(&value), sizeof(value));
  });
}

arrow::Status AppendColumn(const arrow::Array& column, Keys* keys) {
  switch (column.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      AppendText<arrow::BinaryArray>(column, keys);
      return arrow::Status::OK();
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      AppendText<arrow::LargeBinaryArray>(column, keys);
      return arrow::Status::OK();
    case arrow::Type::BOOL: {
      const auto& bits = static_cast<const arrow::BooleanArray&>(column);
      AppendAll(column, keys, false, [&](int64_t row) { return std::string_view(bits.Value(row) ? "1" : "0"); });
      return arrow::Status::OK();
    }
    case arrow::Type::FLOAT:
      AppendFloats<float>(column, keys);
      return arrow::Status::OK();
    case arrow::Type::DOUBLE:
      AppendFloats<double>(column, keys);
      return arrow::Status::OK();
    case arrow::Type::NA:
      AppendAll(column, keys, false, [](int64_t) { return std::string_view(); });
      return arrow::Status::OK();
    default: {
      const auto width = static_cast<size_t>(column.type()->byte_width());
      const uint8_t* values = column.data()->buffers[1]->data() + static_cast<size_t>(column.offset()) * width;
      AppendAll(column, keys, false, [&](int64_t row) {
        return std::string_view(reinterpret_cast<const char*>(values) + static_cast<size_t>(row) * width, width);
      });
      return arrow::Status::OK();
    }
  }
}

bool IsComparable(const arrow::DataType& stored) {
  return arrow::is_base_binary_like(stored.id()) || arrow::is_fixed_width(stored.id()) || stored.id() == arrow::Type::NA;
}

}  // namespace

arrow::Status CheckKeyTypes(const arrow::Schema& schema, const std::vector<int>& keys) {
  for (const int key : keys) {
    const auto& field = *schema.field(key);
    ARROW_ASSIGN_OR_RAISE(const auto stored, StorageType(field.type()));
    if (IsComparable(*stored)) continue;
    return base::InvalidArgument("column '{}' of the type {} cannot be a table index: its values cannot be compared",
                                 field.name(), field.type()->ToString());
  }
  return arrow::Status::OK();
}

arrow::Result<Keys> KeysOf(const arrow::RecordBatch& batch) {
  Keys keys(static_cast<size_t>(batch.num_rows()), std::string());
  for (const auto& column : batch.columns()) ARROW_RETURN_NOT_OK(AppendColumn(*column, &keys));
  return keys;
}

}  // namespace mutoscope::tables
