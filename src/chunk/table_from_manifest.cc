#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/status.h"
#include "chunk/canonical.h"
#include "chunk/chunk_table.h"
#include "chunk/dataset_schema.h"
#include "chunk/entity_path.h"
#include "chunk/manifest_columns.h"
#include "chunk/migrate.h"

namespace mutoscope::chunk {
namespace {

// The manifest's sorbet_schema, migrated.
struct StoreSchema {
  std::vector<Timeline> timelines;  // by name
  std::vector<DatasetColumn> columns;
  std::unordered_set<std::string> column_names;
  bool migrated = false;  // some column is not as it is stored
};

arrow::Status AddTimeline(const RawColumn& raw, StoreSchema* schema) {
  std::string name(raw.metadata.Get(kIndexNameKey));
  if (name.empty()) name = raw.name;
  const auto kind = TimelineKindOf(*raw.type);
  if (!kind.ok()) return base::WithContext(kind.status(), "timeline '" + name + "' of the manifest's schema");
  schema->timelines.push_back({std::move(name), *kind});
  return arrow::Status::OK();
}

arrow::Status AddColumn(const RawColumn& raw, StoreSchema* schema) {
  DatasetColumn column{.entity = CanonicalEntityPath(raw.metadata.Get(kEntityPathKey)),
                       .descriptor = {.archetype = std::string(raw.metadata.Get(kArchetypeKey)),
                                      .component = std::string(raw.metadata.Get(kComponentKey)),
                                      .component_type = std::string(raw.metadata.Get(kComponentTypeKey))},
                       .type = CanonicalListType(raw.type),
                       .is_static = raw.metadata.Has(kIsStaticKey) && IsTrueFlag(raw.metadata.Get(kIsStaticKey)),
                       .is_semantically_empty = raw.metadata.Has(kIsEmptyKey) && IsTrueFlag(raw.metadata.Get(kIsEmptyKey))};
  if (!raw.metadata.Has(kEntityPathKey) || column.descriptor.component.empty()) {
    return base::InvalidArgument("column '{}' of the manifest's schema has no {} or no {}", raw.name, kEntityPathKey,
                                 kComponentKey);
  }
  std::string name = ColumnName(column.entity, column.descriptor.component);
  schema->migrated |= column.type != raw.type || name != raw.name;
  if (!schema->column_names.insert(name).second)
    return base::InvalidArgument("the manifest's schema has column '{}' twice", name);
  schema->columns.push_back(std::move(column));
  return arrow::Status::OK();
}

bool IsAsStored(const RawColumn& column) {
  const arrow::KeyValueMetadata* stored = column.stored->metadata().get();
  const auto& entries = column.metadata.entries();
  if (stored == nullptr || static_cast<size_t>(stored->size()) != entries.size()) return stored == nullptr && entries.empty();
  for (size_t i = 0; i < entries.size(); ++i) {
    if (stored->keys()[i] != entries[i].first || stored->values()[i] != entries[i].second) return false;
  }
  return true;
}

arrow::Result<StoreSchema> ReadStoreSchema(const arrow::Schema& stored) {
  RawBatch raw = RawBatchOf(stored, {});
  // It carries no version, so every step runs (rrd.md §1.8).
  ARROW_RETURN_NOT_OK(Migrate(kOldestSorbet, &raw));
  StoreSchema schema;
  schema.migrated = static_cast<size_t>(stored.num_fields()) != raw.columns.size() ||
                    !std::all_of(raw.columns.begin(), raw.columns.end(), IsAsStored);
  for (const RawColumn& column : raw.columns) {
    switch (KindOf(column.metadata.Get(kKindKey))) {
      case ColumnKind::kRowId:
        break;
      case ColumnKind::kIndex:
        ARROW_RETURN_NOT_OK(AddTimeline(column, &schema));
        break;
      case ColumnKind::kData:
        ARROW_RETURN_NOT_OK(AddColumn(column, &schema));
        break;
      case ColumnKind::kUnknown:
        return base::InvalidArgument("column '{}' of the manifest's schema has an unknown rerun:kind", column.name);
    }
  }
  std::sort(schema.timelines.begin(), schema.timelines.end());
  const auto same_name = [](const Timeline& a, const Timeline& b) { return a.name == b.name; };
  if (const auto twin = std::adjacent_find(schema.timelines.begin(), schema.timelines.end(), same_name);
      twin != schema.timelines.end()) {
    return base::InvalidArgument("the manifest's schema has timeline '{}' twice", twin->name);
  }
  return schema;
}

// Fills the rows of a table from resolved columns.
class RowReader {
 public:
  RowReader(const ManifestColumns& columns, const StoreSchema& schema, ChunkTable* table)
      : columns_(columns), schema_(schema), table_(table) {
    for (const ComponentColumns& component : columns.components) table->descriptors.push_back(component.descriptor);
  }

  arrow::Status Read(int64_t row, const rrd::ChunkPlace& place) {
    ChunkRow chunk{.id = base::Tuid::FromBytes(columns_.id->GetValue(row)),
                   .entity = Entity(columns_.entity_path->GetView(row)),
                   .is_static = columns_.is_static->Value(row),
                   .num_rows = columns_.num_rows->Value(row),
                   .place = place,
                   .times = {},
                   .components = {}};
    ARROW_RETURN_NOT_OK(ReadTimes(row, &chunk));
    for (size_t i = 0; i < columns_.components.size(); ++i) ARROW_RETURN_NOT_OK(ReadComponent(row, i, &chunk));
    table_->chunks.push_back(std::move(chunk));
    return arrow::Status::OK();
  }

 private:
  uint32_t Entity(std::string_view stored) {
    if (const auto known = entities_.find(stored); known != entities_.end()) return known->second;
    const std::string path = CanonicalEntityPath(MigratedEntityPath(stored));
    const auto [same, is_new] = canonical_.try_emplace(path, static_cast<uint32_t>(table_->entities.size()));
    if (is_new) table_->entities.push_back(path);
    entities_.emplace(stored, same->second);
    return same->second;
  }

  static arrow::Result<TimeRange> RangeAt(const RangeColumns& columns, int64_t row, const Timeline& timeline) {
    if (columns.start->IsNull(row) || columns.end->IsNull(row)) {
      return base::InvalidArgument("manifest row {} has no range on timeline '{}' where it needs one", row, timeline.name);
    }
    const TimeRange range{TimesOf(*columns.start)[row], TimesOf(*columns.end)[row]};
    if (range.min > range.max)
      return base::InvalidArgument("manifest row {} has an empty range on timeline '{}'", row, timeline.name);
    return range;
  }

  arrow::Status ReadTimes(int64_t row, ChunkRow* chunk) const {
    for (size_t i = 0; i < columns_.ranges.size(); ++i) {
      const RangeColumns& range = columns_.ranges[i];
      if (range.start->IsNull(row) && range.end->IsNull(row)) continue;
      ARROW_ASSIGN_OR_RAISE(const TimeRange times, RangeAt(range, row, table_->timelines[i]));
      chunk->times.push_back({static_cast<uint32_t>(i), times});
    }
    if (chunk->is_static && !chunk->times.empty()) return base::InvalidArgument("manifest row {} is static and has times", row);
    if (chunk->num_rows == 0) chunk->times.clear();
    if (!chunk->is_static && chunk->num_rows > 0 && chunk->times.empty()) {
      return base::InvalidArgument("manifest row {} is not static and has no times", row);
    }
    return arrow::Status::OK();
  }

  arrow::Status ReadComponent(int64_t row, size_t position, ChunkRow* chunk) {
    const ComponentColumns& columns = columns_.components[position];
    ChunkComponent component{.descriptor = static_cast<uint32_t>(position), .rows_set = 0, .times = {}};
    const bool has_static_data = columns.has_static_data != nullptr && columns.has_static_data->Value(row);
    if (has_static_data && !chunk->is_static) {
      return base::InvalidArgument("manifest row {} is not static but has static data of '{}'", row,
                                   columns.descriptor.component);
    }
    if (!has_static_data) {
      for (const auto& num_rows : columns.num_rows) {
        if (num_rows != nullptr) component.rows_set = std::max(component.rows_set, num_rows->Value(row));
      }
      if (component.rows_set == 0) return arrow::Status::OK();
      ARROW_RETURN_NOT_OK(ReadComponentTimes(row, columns, *chunk, &component));
    } else {
      component.rows_set = chunk->num_rows;
    }
    ARROW_RETURN_NOT_OK(CheckInSchema(chunk->entity, component.descriptor));
    chunk->components.push_back(std::move(component));
    return arrow::Status::OK();
  }

  arrow::Status ReadComponentTimes(int64_t row, const ComponentColumns& columns, const ChunkRow& chunk,
                                   ChunkComponent* component) const {
    const std::string& name = columns.descriptor.component;
    if (component->rows_set > chunk.num_rows || chunk.times.empty()) {
      return base::InvalidArgument("manifest row {} has {} rows of '{}', of {} in all", row, component->rows_set, name,
                                   chunk.num_rows);
    }
    for (const ChunkTime& time : chunk.times) {
      const Timeline& timeline = table_->timelines[time.timeline];
      const auto& num_rows = columns.num_rows[time.timeline];
      if (num_rows == nullptr || num_rows->Value(row) != component->rows_set) {
        return base::InvalidArgument("manifest row {} has {} rows of '{}', but not on timeline '{}'", row, component->rows_set,
                                     name, timeline.name);
      }
      ARROW_ASSIGN_OR_RAISE(const TimeRange range, RangeAt(columns.ranges[time.timeline], row, timeline));
      if (range.min < time.range.min || range.max > time.range.max) {
        return base::InvalidArgument("manifest row {}: the range of '{}' on timeline '{}' is outside of the chunk's", row, name,
                                     timeline.name);
      }
      if (range != time.range) component->times.push_back({time.timeline, range});
    }
    return arrow::Status::OK();
  }

  arrow::Status CheckInSchema(uint32_t entity, uint32_t descriptor) {
    if (!checked_.insert(uint64_t{entity} << 32 | descriptor).second) return arrow::Status::OK();
    std::string name = ColumnName(table_->entities[entity], table_->descriptors[descriptor].component);
    if (schema_.column_names.contains(name)) return arrow::Status::OK();
    return base::InvalidArgument("the manifest's schema lacks column '{}', which one of its chunks has", name);
  }

  const ManifestColumns& columns_;
  const StoreSchema& schema_;
  ChunkTable* table_;
  std::unordered_map<std::string_view, uint32_t> entities_;  // by stored path
  std::unordered_map<std::string, uint32_t> canonical_;      // by canonical path: several stored ones may mean the same
  std::unordered_set<uint64_t> checked_;                     // (entity, descriptor) known to be in the schema
};

// If any chunk is static, every component has its has_static_data column.
arrow::Status CheckStaticColumns(const ManifestColumns& columns) {
  if (columns.is_static->true_count() == 0) return arrow::Status::OK();
  for (const ComponentColumns& component : columns.components) {
    if (component.has_static_data == nullptr) {
      return base::InvalidArgument("the manifest has no ':has_static_data' column for '{}'", component.descriptor.component);
    }
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<ChunkTable> TableFromManifest(const rrd::StoreContents& contents) {
  if (!contents.manifest.has_value()) return base::InvalidArgument("the store has no manifest");
  const rrd::Manifest& manifest = *contents.manifest;
  if (manifest.chunks == nullptr || manifest.schema == nullptr)
    return base::InvalidArgument("the manifest lacks its data or its schema");
  if (static_cast<uint64_t>(manifest.chunks->num_rows()) != contents.chunks.size()) {
    return base::InvalidArgument("the manifest has {} rows, the store {} chunks", manifest.chunks->num_rows(),
                                 contents.chunks.size());
  }
  ARROW_ASSIGN_OR_RAISE(StoreSchema schema, ReadStoreSchema(*manifest.schema));
  ARROW_ASSIGN_OR_RAISE(const ManifestColumns columns, FindManifestColumns(*manifest.chunks, schema.timelines));
  ARROW_RETURN_NOT_OK(CheckStaticColumns(columns));
  ChunkTable table;
  table.timelines = schema.timelines;
  table.chunks.reserve(contents.chunks.size());
  RowReader reader(columns, schema, &table);
  for (size_t row = 0; row < contents.chunks.size(); ++row) {
    ARROW_RETURN_NOT_OK(reader.Read(static_cast<int64_t>(row), contents.chunks[row]));
  }
  table.schema = MakeDatasetSchema(std::move(schema.timelines), schema.columns);
  table.schema_sha256 = schema.migrated ? SchemaSha256(*table.schema) : manifest.schema_sha256;
  return table;
}

}  // namespace mutoscope::chunk
