#include "chunk/migrate.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "chunk/migrate_steps.h"

namespace mutoscope::chunk {
namespace {

constexpr std::string_view kOldVersionKey = "rerun:version";

std::optional<SorbetVersion> ParseVersion(std::string_view text) {
  SorbetVersion version;
  const char* position = text.data();
  const char* const end = text.data() + text.size();
  for (uint32_t* part : {&version.major, &version.minor, &version.patch}) {
    if (part != &version.major) {
      if (position == end || *position != '.') return std::nullopt;
      ++position;
    }
    const auto [next, error] = std::from_chars(position, end, *part);
    if (error != std::errc()) return std::nullopt;
    position = next;
  }
  // Pre-release and build parts of a semantic version do not count.
  if (position != end && *position != '-' && *position != '+') return std::nullopt;
  return version;
}

void ReplaceAll(std::string_view from, std::string_view to, std::string* text) {
  for (size_t at = text->find(from); at != std::string::npos; at = text->find(from, at + to.size()))
    text->replace(at, from.size(), to);
}

constexpr std::string_view kOldProperties = "RecordingProperties";
constexpr std::string_view kNewProperties = "RecordingInfo";

// 0.0.2 -> 0.1.0, part (b) of rrd.md §4.2.
void RenameRecordingProperties(RawBatch* batch) {
  const auto move_path = [](Metadata* metadata) {
    const std::string_view path = metadata->Get(kEntityPathKey);
    if (const std::string_view moved = MigratedEntityPath(path); moved != path) metadata->Set(kEntityPathKey, moved);
  };
  move_path(&batch->metadata);
  for (RawColumn& column : batch->columns) {
    move_path(&column.metadata);
    ReplaceAll(kOldProperties, kNewProperties, &column.name);
    ReplaceAll("property:recording:RecordingInfo:", "property:RecordingInfo:", &column.name);
    for (auto& [key, value] : column.metadata.entries()) ReplaceAll(kOldProperties, kNewProperties, &value);
  }
}

// 0.1.0 -> 0.1.1.
void DropIndicators(RawBatch* batch) {
  std::erase_if(batch->columns, [](const RawColumn& column) {
    if (KindOf(column.metadata.Get(kKindKey)) != ColumnKind::kData) return false;
    if (column.metadata.Has(kIsIndicatorKey)) return column.metadata.Get(kIsIndicatorKey) == "true";
    return IsIndicator({.archetype = {}, .component = std::string(column.metadata.Get(kComponentKey)), .component_type = {}});
  });
}

struct Rename {
  std::string_view from;
  std::string_view to;
};

// 0.1.1 -> 0.1.2 and 0.1.2 -> 0.1.3.
constexpr Rename kPoseTypes[] = {
    {"rerun.components.PoseTranslation3D", "rerun.components.Translation3D"},
    {"rerun.components.PoseRotationAxisAngle", "rerun.components.RotationAxisAngle"},
    {"rerun.components.PoseRotationQuat", "rerun.components.RotationQuat"},
    {"rerun.components.PoseScale3D", "rerun.components.Scale3D"},
    {"rerun.components.PoseTransformMat3x3", "rerun.components.TransformMat3x3"},
};
constexpr Rename kVisibleType = {"rerun.components.SeriesVisible", "rerun.components.Visible"};
constexpr Rename kAxisLength = {"Transform3D:axis_length", "TransformAxes3D:axis_length"};
constexpr Rename kFrame = {"CoordinateFrame:frame_id", "CoordinateFrame:frame"};
constexpr std::string_view kTransformAxes = "rerun.archetypes.TransformAxes3D";

void RenamePoseTypes(Descriptor* descriptor) {
  for (const Rename& type : kPoseTypes) {
    if (descriptor->component_type == type.from) descriptor->component_type = type.to;
  }
  if (descriptor->component == kAxisLength.from) {
    descriptor->component = kAxisLength.to;
    descriptor->archetype = kTransformAxes;
  } else if (descriptor->component == kFrame.from) {
    descriptor->component = kFrame.to;
  }
}

void RenameVisibleType(Descriptor* descriptor) {
  if (descriptor->component_type == kVisibleType.from) descriptor->component_type = kVisibleType.to;
}

void ForEachDescriptor(RawBatch* batch, void (*rename)(Descriptor*)) {
  for (RawColumn& column : batch->columns) {
    if (KindOf(column.metadata.Get(kKindKey)) != ColumnKind::kData) continue;
    Descriptor descriptor{.archetype = std::string(column.metadata.Get(kArchetypeKey)),
                          .component = std::string(column.metadata.Get(kComponentKey)),
                          .component_type = std::string(column.metadata.Get(kComponentTypeKey))};
    const Descriptor before = descriptor;
    rename(&descriptor);
    if (descriptor == before) continue;
    column.metadata.SetOrErase(kArchetypeKey, descriptor.archetype);
    column.metadata.SetOrErase(kComponentKey, descriptor.component);
    column.metadata.SetOrErase(kComponentTypeKey, descriptor.component_type);
  }
}

}  // namespace

std::optional<SorbetVersion> SorbetVersionOf(const arrow::KeyValueMetadata* schema_metadata) {
  if (const int position = PositionOf(schema_metadata, kVersionKey); position >= 0)
    return ParseVersion(schema_metadata->value(position));
  if (schema_metadata == nullptr) return kOldestSorbet;
  for (const std::string& key : schema_metadata->keys()) {
    if (key.starts_with("rerun.")) return kOldestSorbet;
  }
  return PositionOf(schema_metadata, kOldVersionKey) >= 0 ? SorbetVersion{0, 0, 2} : kOldestSorbet;
}

RawBatch RawBatchOf(const arrow::Schema& schema, const std::vector<std::shared_ptr<arrow::Array>>& columns) {
  RawBatch batch;
  batch.metadata = Metadata(schema.metadata().get());
  batch.columns.reserve(static_cast<size_t>(schema.num_fields()));
  for (int i = 0; i < schema.num_fields(); ++i) {
    const std::shared_ptr<arrow::Field>& field = schema.field(i);
    batch.columns.push_back({.name = field->name(),
                             .type = field->type(),
                             .nullable = field->nullable(),
                             .metadata = Metadata(field->metadata().get()),
                             .data = columns.empty() ? nullptr : columns[static_cast<size_t>(i)],
                             .stored = field});
  }
  return batch;
}

arrow::Status Migrate(SorbetVersion from, RawBatch* batch) {
  if (from < SorbetVersion{0, 0, 2}) ARROW_RETURN_NOT_OK(MigrateTo_0_0_2(batch));
  if (from < SorbetVersion{0, 1, 0}) {
    RenameDottedKeys(batch);
    RenameRecordingProperties(batch);
  }
  if (from < SorbetVersion{0, 1, 1}) DropIndicators(batch);
  if (from < SorbetVersion{0, 1, 2}) ForEachDescriptor(batch, RenamePoseTypes);
  if (from < SorbetVersion{0, 1, 3}) ForEachDescriptor(batch, RenameVisibleType);
  return arrow::Status::OK();
}

Descriptor MigratedDescriptor(Descriptor descriptor) {
  for (std::string* part : {&descriptor.archetype, &descriptor.component, &descriptor.component_type}) {
    ReplaceAll(kOldProperties, kNewProperties, part);
  }
  RenamePoseTypes(&descriptor);
  RenameVisibleType(&descriptor);
  return descriptor;
}

std::string_view MigratedEntityPath(std::string_view path) { return path == "/__properties/recording" ? "/__properties" : path; }

bool IsIndicator(const Descriptor& descriptor) {
  return descriptor.component.starts_with("rerun.components.") && descriptor.component.ends_with("Indicator");
}

}  // namespace mutoscope::chunk
