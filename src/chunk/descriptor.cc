#include "chunk/descriptor.h"

#include <algorithm>

#include "arrow/result.h"
#include "base/status.h"
#include "chunk/entity_path.h"
#include "chunk/metadata.h"

namespace mutoscope::chunk {

std::shared_ptr<arrow::DataType> ArrowTypeOf(TimelineKind kind) {
  static const auto kTimestamp = arrow::timestamp(arrow::TimeUnit::NANO);
  static const auto kDuration = arrow::duration(arrow::TimeUnit::NANO);
  switch (kind) {
    case TimelineKind::kSequence:
      return arrow::int64();
    case TimelineKind::kTimestamp:
      return kTimestamp;
    case TimelineKind::kDuration:
      return kDuration;
  }
  return nullptr;
}

arrow::Result<TimelineKind> TimelineKindOf(const arrow::DataType& type) {
  const auto is_nano = [](arrow::TimeUnit::type unit) { return unit == arrow::TimeUnit::NANO; };
  if (type.id() == arrow::Type::INT64) return TimelineKind::kSequence;
  if (type.id() == arrow::Type::TIMESTAMP && is_nano(static_cast<const arrow::TimestampType&>(type).unit())) {
    return TimelineKind::kTimestamp;
  }
  if (type.id() == arrow::Type::DURATION && is_nano(static_cast<const arrow::DurationType&>(type).unit())) {
    return TimelineKind::kDuration;
  }
  return base::InvalidArgument("index columns are int64, timestamp[ns] or duration[ns], found {}", type.ToString());
}

std::string_view NameOf(TimelineKind kind) {
  switch (kind) {
    case TimelineKind::kSequence:
      return "sequence";
    case TimelineKind::kTimestamp:
      return "timestamp";
    case TimelineKind::kDuration:
      return "duration";
  }
  return "";
}

std::string ColumnName(std::string_view canonical_path, std::string_view component) {
  constexpr std::string_view kProperties = "/__properties";
  std::string name;
  if (IsPropertyPath(canonical_path)) {
    name = "property";
    canonical_path.remove_prefix(kProperties.size());
    if (!canonical_path.empty()) name.append(":").append(canonical_path.substr(1));
  } else {
    name = canonical_path;
  }
  return name.append(":").append(component);
}

std::string MetadataValue(const arrow::Field& field, std::string_view key) { return std::string(ValueOf(field, key)); }

bool MetadataFlag(const arrow::Field& field, std::string_view key) {
  const int position = PositionOf(field.metadata().get(), key);
  return position >= 0 && IsTrueFlag(field.metadata()->value(position));
}

Descriptor DescriptorOf(const arrow::Field& data_field) {
  Descriptor out;
  out.component = ValueOf(data_field, kComponentKey);
  if (out.component.empty()) out.component = data_field.name();
  out.archetype = ValueOf(data_field, kArchetypeKey);
  out.component_type = ValueOf(data_field, kComponentTypeKey);
  return out;
}

}  // namespace mutoscope::chunk
