#include "cli/cell_json.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "arrow/scalar.h"
#include "arrow/util/base64.h"
#include "arrow/util/checked_cast.h"

namespace mutoscope::cli {
namespace {

using arrow::internal::checked_cast;

int64_t NanosecondsIn(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1'000'000'000;
    case arrow::TimeUnit::MILLI:
      return 1'000'000;
    case arrow::TimeUnit::MICRO:
      return 1'000;
    default:
      return 1;
  }
}

std::string WithThousands(int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

// The JSON of a cell, with `bytes` for what is bytes.
class Converter {
 public:
  using BytesText = std::string (*)(std::string_view bytes);
  explicit Converter(BytesText bytes) : bytes_(bytes) {}

  Json Convert(const arrow::Array& values, int64_t row, bool within_list) const {
    if (values.IsNull(row)) return nullptr;
    switch (values.type_id()) {
      case arrow::Type::BOOL:
        return checked_cast<const arrow::BooleanArray&>(values).Value(row);
      case arrow::Type::STRING:
        return std::string(checked_cast<const arrow::StringArray&>(values).GetView(row));
      case arrow::Type::LARGE_STRING:
        return std::string(checked_cast<const arrow::LargeStringArray&>(values).GetView(row));
      case arrow::Type::BINARY:
        return bytes_(checked_cast<const arrow::BinaryArray&>(values).GetView(row));
      case arrow::Type::LARGE_BINARY:
        return bytes_(checked_cast<const arrow::LargeBinaryArray&>(values).GetView(row));
      case arrow::Type::FIXED_SIZE_BINARY:
        return bytes_(checked_cast<const arrow::FixedSizeBinaryArray&>(values).GetView(row));
      case arrow::Type::TIMESTAMP: {
        const auto unit = checked_cast<const arrow::TimestampType&>(*values.type()).unit();
        return FormatTime(checked_cast<const arrow::TimestampArray&>(values).Value(row) * NanosecondsIn(unit));
      }
      case arrow::Type::DURATION: {
        const auto unit = checked_cast<const arrow::DurationType&>(*values.type()).unit();
        return checked_cast<const arrow::DurationArray&>(values).Value(row) * NanosecondsIn(unit);
      }
      case arrow::Type::LIST: {
        const auto& lists = checked_cast<const arrow::ListArray&>(values);
        return List(*lists.values(), lists.value_offset(row), lists.value_length(row), within_list);
      }
      case arrow::Type::LARGE_LIST: {
        const auto& lists = checked_cast<const arrow::LargeListArray&>(values);
        return List(*lists.values(), lists.value_offset(row), lists.value_length(row), within_list);
      }
      case arrow::Type::FIXED_SIZE_LIST: {
        const auto& lists = checked_cast<const arrow::FixedSizeListArray&>(values);
        return List(*lists.values(), lists.value_offset(row), lists.value_length(row), within_list);
      }
      case arrow::Type::STRUCT: {
        const auto& parts = checked_cast<const arrow::StructArray&>(values);
        Json object = Json::object();
        for (int i = 0; i < parts.num_fields(); ++i) object[parts.type()->field(i)->name()] = Convert(*parts.field(i), row, true);
        return object;
      }
      default:
        return Number(values, row);
    }
  }

 private:
  Json List(const arrow::Array& items, int64_t offset, int64_t length, bool within_list) const {
    if (within_list && items.type_id() == arrow::Type::UINT8 && items.null_count() == 0) {
      const auto* bytes = checked_cast<const arrow::UInt8Array&>(items).raw_values() + offset;
      return bytes_({reinterpret_cast<const char*>(bytes), static_cast<size_t>(length)});
    }
    Json array = Json::array();
    for (int64_t i = 0; i < length; ++i) array.push_back(Convert(items, offset + i, true));
    return array;
  }

  static Json Real(double value) {
    if (std::isfinite(value)) return value;
    return std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  }

  static Json Number(const arrow::Array& values, int64_t row) {
    switch (values.type_id()) {
      case arrow::Type::INT8:
        return checked_cast<const arrow::Int8Array&>(values).Value(row);
      case arrow::Type::INT16:
        return checked_cast<const arrow::Int16Array&>(values).Value(row);
      case arrow::Type::INT32:
        return checked_cast<const arrow::Int32Array&>(values).Value(row);
      case arrow::Type::INT64:
        return checked_cast<const arrow::Int64Array&>(values).Value(row);
      case arrow::Type::UINT8:
        return checked_cast<const arrow::UInt8Array&>(values).Value(row);
      case arrow::Type::UINT16:
        return checked_cast<const arrow::UInt16Array&>(values).Value(row);
      case arrow::Type::UINT32:
        return checked_cast<const arrow::UInt32Array&>(values).Value(row);
      case arrow::Type::UINT64:
        return checked_cast<const arrow::UInt64Array&>(values).Value(row);
      case arrow::Type::FLOAT:
        return Real(checked_cast<const arrow::FloatArray&>(values).Value(row));
      case arrow::Type::DOUBLE:
        return Real(checked_cast<const arrow::DoubleArray&>(values).Value(row));
      default: {
        const auto scalar = values.GetScalar(row);
        return scalar.ok() ? (*scalar)->ToString() : scalar.status().message();
      }
    }
  }

  const BytesText bytes_;
};

}  // namespace

Json CellJson(const arrow::Array& column, int64_t row) {
  return Converter([](std::string_view bytes) { return arrow::util::base64_encode(bytes); }).Convert(column, row, false);
}

std::string CellSummary(const arrow::Array& column, int64_t row, size_t width_max) {
  const Converter short_bytes(
      [](std::string_view bytes) { return fmt::format("<{} bytes>", WithThousands(static_cast<int64_t>(bytes.size()))); });
  const Json json = short_bytes.Convert(column, row, false);
  if (json.is_null()) return "";
  if (json.is_string()) return json.get<std::string>();
  // One value is what most cells hold.
  const bool one = json.is_array() && json.size() == 1;
  const Json& shown = one ? json[0] : json;
  std::string text = shown.is_string() ? shown.get<std::string>() : shown.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > width_max) {
    size_t end = width_max;
    while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
    text = text.substr(0, end) + "…";
  }
  return text;
}

}  // namespace mutoscope::cli
