#include "chunk/migrate_steps.h"

#include <algorithm>
#include <string>

#include "arrow/array.h"
#include "arrow/buffer.h"
#include "base/bytes.h"
#include "base/status.h"

namespace mutoscope::chunk {
namespace {

constexpr std::string_view kOldPrefix = "rerun.";
constexpr std::string_view kOldKindKey = "rerun.kind";
constexpr std::string_view kOldArchetypeKey = "rerun.archetype";
constexpr std::string_view kOldFieldKey = "rerun.archetype_field";
constexpr std::string_view kOldComponentKey = "rerun.component";
constexpr std::string_view kOldVersionKey = "rerun.version";
constexpr int kTuidBytes = 16;

ColumnKind OldOrNewKind(const RawColumn& column) {
  return KindOf(column.metadata.Get(column.metadata.Has(kOldKindKey) ? kOldKindKey : kKindKey));
}

// struct<u64 time, u64 counter> -> the 16 big-endian bytes of a TUID.
arrow::Result<std::shared_ptr<arrow::Array>> TuidBytes(const arrow::StructArray& rows) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateBuffer(rows.length() * kTuidBytes));
  uint8_t* out = buffer->mutable_data();
  const auto times = std::static_pointer_cast<arrow::UInt64Array>(rows.field(0));
  const auto counters = std::static_pointer_cast<arrow::UInt64Array>(rows.field(1));
  if (rows.null_count() + times->null_count() + counters->null_count() > 0)
    return base::InvalidArgument("the row-id column holds nulls");
  for (int64_t row = 0; row < rows.length(); ++row, out += kTuidBytes) {
    base::StoreBig64(out, times->Value(row));
    base::StoreBig64(out + 8, counters->Value(row));
  }
  return std::make_shared<arrow::FixedSizeBinaryArray>(arrow::fixed_size_binary(kTuidBytes), rows.length(), std::move(buffer));
}

bool IsTuidStruct(const arrow::DataType& type) {
  return type.id() == arrow::Type::STRUCT && type.num_fields() == 2 && type.field(0)->type()->id() == arrow::Type::UINT64 &&
         type.field(1)->type()->id() == arrow::Type::UINT64;
}

arrow::Status ConvertTuids(RawColumn* column) {
  if (!IsTuidStruct(*column->type)) return arrow::Status::OK();
  if (column->data != nullptr) {
    ARROW_ASSIGN_OR_RAISE(column->data, TuidBytes(static_cast<const arrow::StructArray&>(*column->data)));
  }
  column->type = arrow::fixed_size_binary(kTuidBytes);
  return arrow::Status::OK();
}

struct FieldRename {
  std::string_view old_archetype;
  std::string_view new_archetype;
  std::string_view old_field;
  std::string_view new_field;
};
constexpr FieldRename kSingularArchetypes[] = {
    {"rerun.archetypes.Scalar", "rerun.archetypes.Scalars", "scalar", "scalars"},
    {"rerun.archetypes.SeriesLine", "rerun.archetypes.SeriesLines", "color", "colors"},
    {"rerun.archetypes.SeriesLine", "rerun.archetypes.SeriesLines", "width", "widths"},
    {"rerun.archetypes.SeriesLine", "rerun.archetypes.SeriesLines", "name", "names"},
    {"rerun.archetypes.SeriesPoint", "rerun.archetypes.SeriesPoints", "color", "colors"},
    {"rerun.archetypes.SeriesPoint", "rerun.archetypes.SeriesPoints", "marker", "markers"},
    {"rerun.archetypes.SeriesPoint", "rerun.archetypes.SeriesPoints", "name", "names"},
    {"rerun.archetypes.SeriesPoint", "rerun.archetypes.SeriesPoints", "marker_size", "marker_sizes"},
};

void RenameSingularArchetype(Metadata* metadata) {
  const std::string archetype(metadata->Get(kOldArchetypeKey));
  const std::string field(metadata->Get(kOldFieldKey));
  for (const FieldRename& rename : kSingularArchetypes) {
    if (archetype != rename.old_archetype) continue;
    metadata->Set(kOldArchetypeKey, rename.new_archetype);
    if (field == rename.old_field) metadata->Set(kOldFieldKey, rename.new_field);
  }
}

void RenameKey(std::string_view from, std::string_view to, Metadata* metadata) {
  if (!metadata->Has(from)) return;
  const std::string value(metadata->Get(from));
  metadata->Erase(from);
  metadata->Set(to, value);
}

std::string_view ShortArchetype(std::string_view archetype) {
  for (const std::string_view prefix : {"rerun.archetypes.", "rerun.blueprint.archetypes."}) {
    if (archetype.starts_with(prefix)) return archetype.substr(prefix.size());
  }
  return archetype;
}

std::string IndicatorName(const std::string& old_component, const std::string& column_name) {
  if (!old_component.empty()) return old_component;
  return column_name.starts_with(kOldPrefix) ? column_name : "rerun.components." + column_name;
}

// The table of rrd.md §4.2(a) 3: old archetype, archetype field and component in, descriptor out.
Descriptor DescriptorFromThreeParts(const std::string& archetype, const std::string& field, const std::string& component) {
  if (archetype.empty() && field.empty()) return {.archetype = {}, .component = component, .component_type = {}};
  if (archetype.empty()) return {.archetype = {}, .component = field, .component_type = component};
  if (!field.empty()) {
    return {
        .archetype = archetype, .component = std::string(ShortArchetype(archetype)) + ":" + field, .component_type = component};
  }
  if (component.ends_with("Indicator")) return {.archetype = {}, .component = component, .component_type = {}};
  return {.archetype = archetype, .component = component, .component_type = component};
}

void RenameDescriptor(RawColumn* column) {
  Metadata& metadata = column->metadata;
  const std::string archetype(metadata.Get(kOldArchetypeKey));
  const std::string field(metadata.Get(kOldFieldKey));
  const std::string component(metadata.Get(kOldComponentKey));
  for (const std::string_view key : {kOldArchetypeKey, kOldFieldKey, kOldComponentKey}) metadata.Erase(key);
  if (column->name.ends_with("Indicator")) {
    metadata.Set(kComponentKey, IndicatorName(component, column->name));
    metadata.Erase(kArchetypeKey);
    return;
  }
  if (archetype.empty() && field.empty() && component.empty()) return;
  const Descriptor descriptor = DescriptorFromThreeParts(archetype, field, component);
  metadata.SetOrErase(kComponentKey, descriptor.component);
  metadata.SetOrErase(kArchetypeKey, descriptor.archetype);
  metadata.SetOrErase(kComponentTypeKey, descriptor.component_type);
}

bool HasDottedKey(const Metadata& metadata) {
  return std::any_of(metadata.entries().begin(), metadata.entries().end(),
                     [](const auto& entry) { return entry.first.starts_with(kOldPrefix); });
}

}  // namespace

arrow::Status MigrateTo_0_0_2(RawBatch* batch) {
  std::stable_sort(batch->columns.begin(), batch->columns.end(),
                   [](const RawColumn& a, const RawColumn& b) { return OldOrNewKind(a) < OldOrNewKind(b); });
  for (RawColumn& column : batch->columns) {
    if (OldOrNewKind(column) == ColumnKind::kRowId) ARROW_RETURN_NOT_OK(ConvertTuids(&column));
    RenameSingularArchetype(&column.metadata);
  }
  return arrow::Status::OK();
}

void RenameDottedKeys(RawBatch* batch) {
  const bool dotted = HasDottedKey(batch->metadata) || std::any_of(batch->columns.begin(), batch->columns.end(),
                                                                   [](const RawColumn& c) { return HasDottedKey(c.metadata); });
  if (!dotted) return;
  for (RawColumn& column : batch->columns) {
    for (const std::string_view key :
         {kIndexNameKey, kEntityPathKey, kKindKey, kIsStaticKey, kIsIndicatorKey, kIsTombstoneKey, kIsEmptyKey, kIsSortedKey}) {
      std::string old_key(key);
      old_key[kOldPrefix.size() - 1] = '.';
      RenameKey(old_key, key, &column.metadata);
    }
    if (KindOf(column.metadata.Get(kKindKey)) == ColumnKind::kData) RenameDescriptor(&column);
  }
  batch->metadata.Erase(kOldVersionKey);
  for (auto& [key, value] : batch->metadata.entries()) {
    if (key.starts_with(kOldPrefix)) key[kOldPrefix.size() - 1] = ':';
  }
}

}  // namespace mutoscope::chunk
