#include "chunk/table_builder.h"

#include <map>
#include <unordered_map>

#include "base/status.h"
#include "chunk/dataset_schema.h"

namespace mutoscope::chunk {
namespace {

using PlacedStats = std::vector<std::pair<rrd::ChunkPlace, ChunkStats>>;

// Positions of all timelines in name order.
arrow::Result<std::map<std::string, uint32_t>> CollectTimelines(const PlacedStats& chunks, ChunkTable* table) {
  std::map<std::string, TimelineKind> kinds;
  for (const auto& [place, stats] : chunks) {
    for (const Timeline& timeline : stats.timelines) {
      const auto [known, is_new] = kinds.try_emplace(timeline.name, timeline.kind);
      if (known->second != timeline.kind) {
        return base::InvalidArgument("timeline '{}' is a {} in one chunk and a {} in chunk {}: one timeline has one type",
                                     timeline.name, NameOf(known->second), NameOf(timeline.kind), stats.id.text());
      }
    }
  }
  std::map<std::string, uint32_t> positions;
  for (const auto& [name, kind] : kinds) {
    positions.emplace(name, static_cast<uint32_t>(table->timelines.size()));
    table->timelines.push_back({name, kind});
  }
  return positions;
}

std::map<Descriptor, uint32_t> CollectDescriptors(const PlacedStats& chunks, ChunkTable* table) {
  std::map<Descriptor, uint32_t> positions;
  for (const auto& [place, stats] : chunks) {
    for (const ComponentStats& component : stats.components) positions.emplace(component.descriptor, 0);
  }
  for (auto& [descriptor, position] : positions) {
    position = static_cast<uint32_t>(table->descriptors.size());
    table->descriptors.push_back(descriptor);
  }
  return positions;
}

arrow::Result<std::vector<DatasetColumn>> CollectColumns(const PlacedStats& chunks) {
  std::unordered_map<std::string, size_t> positions;
  std::vector<DatasetColumn> columns;
  for (const auto& [place, stats] : chunks) {
    for (const ComponentStats& component : stats.components) {
      const std::string name = ColumnName(stats.entity_path, component.descriptor.component);
      const auto [at, is_new] = positions.try_emplace(name, columns.size());
      if (is_new) {
        columns.push_back({.entity = stats.entity_path,
                           .descriptor = component.descriptor,
                           .type = component.type,
                           .is_static = false,
                           .is_semantically_empty = true});
      }
      DatasetColumn& column = columns[at->second];
      if (!column.type->Equals(*component.type)) {
        return base::InvalidArgument("column '{}' is {} in one chunk and {} in chunk {}: one column has one datatype", name,
                                     column.type->ToString(), component.type->ToString(), stats.id.text());
      }
      column.is_static |= stats.timelines.empty();
      column.is_semantically_empty &= !component.has_instances;
    }
  }
  return columns;
}

}  // namespace

arrow::Result<ChunkTable> TableFromStats(const PlacedStats& chunks) {
  ChunkTable table;
  ARROW_ASSIGN_OR_RAISE(const auto timelines, CollectTimelines(chunks, &table));
  const std::map<Descriptor, uint32_t> descriptors = CollectDescriptors(chunks, &table);
  std::unordered_map<std::string, uint32_t> entities;
  for (const auto& [place, stats] : chunks) {
    const auto [entity, is_new] = entities.try_emplace(stats.entity_path, static_cast<uint32_t>(table.entities.size()));
    if (is_new) table.entities.push_back(stats.entity_path);
    ChunkRow row{.id = stats.id,
                 .entity = entity->second,
                 .is_static = stats.timelines.empty(),
                 .num_rows = stats.num_rows,
                 .place = place,
                 .times = {},
                 .components = {}};
    for (size_t i = 0; i < stats.ranges.size(); ++i)
      row.times.push_back({timelines.at(stats.timelines[i].name), stats.ranges[i]});
    for (const ComponentStats& stored : stats.components) {
      if (stored.rows_set == 0) continue;  // as in a table from a manifest, which cannot tell it from an absent one
      ChunkComponent component{.descriptor = descriptors.at(stored.descriptor), .rows_set = stored.rows_set, .times = {}};
      for (size_t i = 0; i < stored.ranges.size(); ++i) {
        if (stored.ranges[i] != stats.ranges[i]) component.times.push_back({row.times[i].timeline, stored.ranges[i]});
      }
      row.components.push_back(std::move(component));
    }
    table.chunks.push_back(std::move(row));
  }
  ARROW_ASSIGN_OR_RAISE(const std::vector<DatasetColumn> columns, CollectColumns(chunks));
  table.schema = MakeDatasetSchema(table.timelines, columns);
  table.schema_sha256 = SchemaSha256(*table.schema);
  return table;
}

}  // namespace mutoscope::chunk
