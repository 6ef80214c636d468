#include "chunk/table_builder.h"

#include "base/status.h"

namespace mutoscope::chunk {
namespace {

// The position of `key`, which becomes `values`' next one if it is new.
template <typename Map, typename Key, typename Value>
uint32_t Intern(const Key& key, const Value& value, Map* positions, std::vector<Value>* values) {
  const auto [found, is_new] = positions->try_emplace(key, static_cast<uint32_t>(values->size()));
  if (is_new) values->push_back(value);
  return found->second;
}

// Puts `values` into the order of their positions' keys; says where each went.
template <typename Key, typename Compare, typename Value>
std::vector<uint32_t> Sort(const std::map<Key, uint32_t, Compare>& positions, std::vector<Value>* values) {
  std::vector<uint32_t> moved(values->size());
  std::vector<Value> sorted;
  sorted.reserve(values->size());
  for (const auto& [key, position] : positions) {
    moved[position] = static_cast<uint32_t>(sorted.size());
    sorted.push_back(std::move((*values)[position]));
  }
  *values = std::move(sorted);
  return moved;
}

}  // namespace

arrow::Status TableBuilder::Check(const ChunkStats& stats) const {
  for (const Timeline& timeline : stats.timelines) {
    const auto known = timelines_.find(timeline.name);
    if (known == timelines_.end() || table_.timelines[known->second].kind == timeline.kind) continue;
    return base::InvalidArgument("timeline '{}' is a {} in one chunk and a {} in chunk {}: one timeline has one type",
                                 timeline.name, NameOf(table_.timelines[known->second].kind), NameOf(timeline.kind),
                                 stats.id.text());
  }
  for (const ComponentStats& component : stats.components) {
    const std::string name = ColumnName(stats.entity_path, component.descriptor.component);
    const auto known = column_positions_.find(name);
    if (known == column_positions_.end()) continue;
    const DatasetColumn& column = columns_[known->second];
    if (column.type->Equals(*component.type)) continue;
    return base::InvalidArgument("column '{}' is {} in one chunk and {} in chunk {}: one column has one datatype", name,
                                 column.type->ToString(), component.type->ToString(), stats.id.text());
  }
  return arrow::Status::OK();
}

void TableBuilder::AddColumn(const ChunkStats& stats, const ComponentStats& component) {
  const std::string name = ColumnName(stats.entity_path, component.descriptor.component);
  const auto [at, is_new] = column_positions_.try_emplace(name, columns_.size());
  if (is_new) {
    columns_.push_back({.entity = stats.entity_path,
                        .descriptor = component.descriptor,
                        .type = component.type,
                        .is_static = false,
                        .is_semantically_empty = true});
  }
  DatasetColumn& column = columns_[at->second];
  column.is_static |= stats.timelines.empty();
  column.is_semantically_empty &= !component.has_instances;
}

void TableBuilder::Add(const rrd::ChunkPlace& place, const ChunkStats& stats) {
  ChunkRow row{.id = stats.id,
               .entity = Intern(stats.entity_path, stats.entity_path, &entities_, &table_.entities),
               .is_static = stats.timelines.empty(),
               .num_rows = stats.num_rows,
               .place = place,
               .times = {},
               .components = {}};
  std::vector<uint32_t> timelines;
  for (const Timeline& timeline : stats.timelines) {
    timelines.push_back(Intern(timeline.name, timeline, &timelines_, &table_.timelines));
  }
  row.times.reserve(stats.ranges.size());
  for (size_t i = 0; i < stats.ranges.size(); ++i) row.times.push_back({timelines[i], stats.ranges[i]});
  row.components.reserve(stats.components.size());
  for (const ComponentStats& stored : stats.components) {
    const uint32_t descriptor = Intern(stored.descriptor, stored.descriptor, &descriptors_, &table_.descriptors);
    AddColumn(stats, stored);
    if (stored.rows_set == 0) continue;  // as in a table from a manifest, which cannot tell it from an absent one
    ChunkComponent component{.descriptor = descriptor, .rows_set = stored.rows_set, .times = {}};
    for (size_t i = 0; i < stored.ranges.size(); ++i) {
      if (stored.ranges[i] != stats.ranges[i]) component.times.push_back({timelines[i], stored.ranges[i]});
    }
    row.components.push_back(std::move(component));
  }
  table_.chunks.push_back(std::move(row));
}

// Timelines of a chunk stay in order: they were in name order before.
ChunkTable TableBuilder::Finish() && {
  const std::vector<uint32_t> timelines = Sort(timelines_, &table_.timelines);
  const std::vector<uint32_t> descriptors = Sort(descriptors_, &table_.descriptors);
  for (ChunkRow& row : table_.chunks) {
    for (ChunkTime& time : row.times) time.timeline = timelines[time.timeline];
    for (ChunkComponent& component : row.components) {
      component.descriptor = descriptors[component.descriptor];
      for (ComponentTime& time : component.times) time.timeline = timelines[time.timeline];
    }
  }
  table_.schema = MakeDatasetSchema(table_.timelines, columns_);
  table_.schema_sha256 = SchemaSha256(*table_.schema);
  return std::move(table_);
}

arrow::Result<ChunkTable> TableFromStats(const std::vector<std::pair<rrd::ChunkPlace, ChunkStats>>& chunks) {
  TableBuilder builder;
  for (const auto& [place, stats] : chunks) {
    ARROW_RETURN_NOT_OK(builder.Check(stats));
    builder.Add(place, stats);
  }
  return std::move(builder).Finish();
}

}  // namespace mutoscope::chunk
