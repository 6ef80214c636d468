#include "query/index_values.h"

#include <algorithm>
#include <limits>

#include "base/status.h"

namespace mutoscope::query {
namespace {

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

std::optional<int64_t> Scaled(int64_t value, arrow::TimeUnit::type unit) {
  int64_t scaled = 0;
  if (__builtin_mul_overflow(value, NanosecondsIn(unit), &scaled)) return std::nullopt;
  return scaled;
}

template <typename ScalarType>
int64_t ValueOf(const arrow::Scalar& scalar) {
  return static_cast<int64_t>(static_cast<const ScalarType&>(scalar).value);
}

std::optional<int64_t> IntegerOf(const arrow::Scalar& scalar) {
  switch (scalar.type->id()) {
    case arrow::Type::INT8:
      return ValueOf<arrow::Int8Scalar>(scalar);
    case arrow::Type::INT16:
      return ValueOf<arrow::Int16Scalar>(scalar);
    case arrow::Type::INT32:
      return ValueOf<arrow::Int32Scalar>(scalar);
    case arrow::Type::INT64:
      return ValueOf<arrow::Int64Scalar>(scalar);
    case arrow::Type::UINT8:
      return ValueOf<arrow::UInt8Scalar>(scalar);
    case arrow::Type::UINT16:
      return ValueOf<arrow::UInt16Scalar>(scalar);
    case arrow::Type::UINT32:
      return ValueOf<arrow::UInt32Scalar>(scalar);
    case arrow::Type::UINT64: {
      const uint64_t value = static_cast<const arrow::UInt64Scalar&>(scalar).value;
      if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
      return static_cast<int64_t>(value);
    }
    default:
      return std::nullopt;
  }
}

bool Suits(const arrow::DataType& type, chunk::TimelineKind kind) {
  if (arrow::is_integer(type.id())) return true;
  return (type.id() == arrow::Type::TIMESTAMP && kind == chunk::TimelineKind::kTimestamp) ||
         (type.id() == arrow::Type::DURATION && kind == chunk::TimelineKind::kDuration);
}

// Types whose values are the index's own as they are.
bool IsRaw(const arrow::DataType& type) {
  if (type.id() == arrow::Type::INT64) return true;
  if (type.id() == arrow::Type::TIMESTAMP) return static_cast<const arrow::TimestampType&>(type).unit() == arrow::TimeUnit::NANO;
  return type.id() == arrow::Type::DURATION && static_cast<const arrow::DurationType&>(type).unit() == arrow::TimeUnit::NANO;
}

std::vector<int64_t> Distinct(std::vector<int64_t> values) {
  if (!std::ranges::is_sorted(values)) std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

}  // namespace

std::optional<int64_t> ExactIndexValue(const arrow::Scalar& literal, chunk::TimelineKind kind) {
  if (!literal.is_valid || !Suits(*literal.type, kind)) return std::nullopt;
  if (literal.type->id() == arrow::Type::TIMESTAMP) {
    return Scaled(ValueOf<arrow::TimestampScalar>(literal), static_cast<const arrow::TimestampType&>(*literal.type).unit());
  }
  if (literal.type->id() == arrow::Type::DURATION) {
    return Scaled(ValueOf<arrow::DurationScalar>(literal), static_cast<const arrow::DurationType&>(*literal.type).unit());
  }
  return IntegerOf(literal);
}

arrow::Result<std::vector<int64_t>> IndexValues(const arrow::Array& values, const chunk::Timeline& timeline) {
  if (values.length() > 0 && values.type_id() != arrow::Type::NA && !Suits(*values.type(), timeline.kind)) {
    return base::InvalidArgument("index values of type {} do not suit the index '{}', which is a {}", values.type()->ToString(),
                                 timeline.name, chunk::NameOf(timeline.kind));
  }
  std::vector<int64_t> raw;
  raw.reserve(static_cast<size_t>(values.length()));
  if (IsRaw(*values.type()) && values.null_count() == 0) {
    const auto* begin = values.data()->GetValues<int64_t>(1);
    raw.assign(begin, begin + values.length());
    return Distinct(std::move(raw));
  }
  for (int64_t i = 0; i < values.length(); ++i) {
    if (values.IsNull(i)) return base::InvalidArgument("index value {} for '{}' is null", i, timeline.name);
    ARROW_ASSIGN_OR_RAISE(const auto scalar, values.GetScalar(i));
    const auto value = ExactIndexValue(*scalar, timeline.kind);
    if (!value) {
      return base::InvalidArgument("index value {} for '{}' does not fit in 64 bits of nanoseconds", scalar->ToString(),
                                   timeline.name);
    }
    raw.push_back(*value);
  }
  return Distinct(std::move(raw));
}

}  // namespace mutoscope::query
