#include "chunk/canonical.h"
#include "chunk/chunk.h"
#include "chunk/metadata.h"
#include "chunk/migrate.h"

namespace mutoscope::chunk {
namespace {

bool HasOldKeys(const arrow::KeyValueMetadata* metadata) {
  if (metadata == nullptr) return false;
  for (const std::string& key : metadata->keys()) {
    if (key.starts_with("rerun.")) return true;
  }
  return false;
}

bool IsWireReadyField(const arrow::Field& field, ColumnKind kind) {
  if (HasOldKeys(field.metadata().get())) return false;
  switch (kind) {
    case ColumnKind::kRowId:
      return ValueOf(field, kKindKey) == kControlKind && field.name() == kRowIdColumn && !field.nullable() &&
             field.type()->Equals(arrow::fixed_size_binary(kTuidBytes));
    case ColumnKind::kIndex: {
      const auto timeline = TimelineKindOf(*field.type());
      return timeline.ok() && field.type()->Equals(ArrowTypeOf(*timeline)) && ValueOf(field, kKindKey) == kIndexKind &&
             !field.name().empty() && ValueOf(field, kIndexNameKey) == field.name();
    }
    case ColumnKind::kData:
      return ValueOf(field, kKindKey) == kDataKind && !field.name().empty() && ValueOf(field, kComponentKey) == field.name() &&
             field.nullable() && CanonicalListType(field.type()) == field.type();
    case ColumnKind::kUnknown:
      return false;
  }
  return false;
}

}  // namespace

bool IsWireReady(const arrow::Schema& stored_schema) {
  const arrow::KeyValueMetadata* metadata = stored_schema.metadata().get();
  const std::optional<SorbetVersion> version = SorbetVersionOf(metadata);
  if (!version.has_value() || *version < kCurrentSorbet || HasOldKeys(metadata)) return false;
  if (PositionOf(metadata, kIdKey) < 0 || PositionOf(metadata, kEntityPathKey) < 0) return false;
  ColumnKind previous = ColumnKind::kRowId;
  for (int i = 0; i < stored_schema.num_fields(); ++i) {
    const arrow::Field& field = *stored_schema.field(i);
    const ColumnKind kind = KindOf(ValueOf(field, kKindKey));
    if ((i == 0) != (kind == ColumnKind::kRowId) || kind < previous || !IsWireReadyField(field, kind)) return false;
    previous = kind;
  }
  return stored_schema.num_fields() > 0;
}

}  // namespace mutoscope::chunk
