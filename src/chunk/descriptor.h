// Component descriptors and column names (rrd.md §3).
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>

#include "arrow/type.h"

namespace mutoscope::chunk {

enum class TimelineKind { kSequence, kTimestamp, kDuration };

struct Timeline {
  std::string name;
  TimelineKind kind = TimelineKind::kSequence;
  friend auto operator<=>(const Timeline&, const Timeline&) = default;
};

// int64, timestamp[ns] or duration[ns].
std::shared_ptr<arrow::DataType> ArrowTypeOf(TimelineKind kind);
arrow::Result<TimelineKind> TimelineKindOf(
    const arrow::DataType& type);            // a timezone is ignored; INVALID_ARGUMENT for other types
std::string_view NameOf(TimelineKind kind);  // "sequence", "timestamp", "duration"

struct Descriptor {
  std::string archetype;       // full name; empty = none
  std::string component;       // identifier, e.g. "EncodedImage:blob"
  std::string component_type;  // full name; empty = unknown
  friend auto operator<=>(const Descriptor&, const Descriptor&) = default;
};

inline constexpr std::string_view kClearComponent = "Clear:is_recursive";
inline constexpr std::string_view kRowIdColumn = "rerun.controls.RowId";

// "/cam:EncodedImage:blob", "property:RecordingInfo:name", "property:episode:robot".
std::string ColumnName(std::string_view canonical_path, std::string_view component);

// Field metadata helpers; empty string if the key is absent.
std::string MetadataValue(const arrow::Field& field, std::string_view key);
bool MetadataFlag(const arrow::Field& field, std::string_view key);  // rrd.md §2.4: true unless absent, "false" or "no"
Descriptor DescriptorOf(const arrow::Field& data_field);

}  // namespace mutoscope::chunk
