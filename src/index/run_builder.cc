// Builds a ChunkRun from chunk tables and from layers of older runs.
#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>

#include "index/chunk_run.h"

namespace mutoscope::index {
namespace {

constexpr uint32_t kUnmapped = UINT32_MAX;

struct ListHash {
  size_t operator()(const std::vector<uint32_t>& list) const {
    uint64_t hash = list.size();
    for (const uint32_t value : list) hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL, hash ^= hash >> 29;
    return hash;
  }
};

class ListInterner {
 public:
  explicit ListInterner(InternedLists* lists) : lists_(lists) {}
  uint32_t Add(const std::vector<uint32_t>& list) {
    if (lists_->size() > 0 && list == last_list_) return last_;
    const auto [at, is_new] = ids_.try_emplace(list, static_cast<uint32_t>(lists_->size()));
    if (is_new) {
      lists_->values.insert(lists_->values.end(), list.begin(), list.end());
      lists_->begins.push_back(static_cast<uint32_t>(lists_->values.size()));
    }
    last_list_ = list;
    return last_ = at->second;
  }

 private:
  InternedLists* lists_;
  std::unordered_map<std::vector<uint32_t>, uint32_t, ListHash> ids_;
  std::vector<uint32_t> last_list_;
  uint32_t last_ = 0;
};

template <typename T, typename Map>
uint32_t InternName(const T& name, Map* ids, std::vector<T>* names) {
  const auto [at, is_new] = ids->try_emplace(name, static_cast<uint32_t>(names->size()));
  if (is_new) names->push_back(name);
  return at->second;
}

// Ids of a source's names in the new run, by their ids in the source.
struct NameMap {
  std::vector<uint32_t> entities;
  std::vector<uint32_t> timelines;
  std::vector<uint32_t> descriptors;
  std::vector<uint32_t> timeline_sets;  // of a run, kUnmapped until needed
  std::vector<uint32_t> component_sets;
};

class RunBuilder {
 public:
  explicit RunBuilder(size_t num_layers) {
    run_->layers.reserve(num_layers);
    run_->first_chunks.reserve(num_layers + 1);
    run_->layer_timelines.reserve(num_layers);
  }

  void Reserve(size_t chunks, size_t times) {
    run_->keys.reserve(chunks);
    run_->bodies.reserve(chunks);
    run_->flags.reserve(chunks);
    run_->times.reserve(times);
  }

  void AddTable(LayerId layer, const chunk::ChunkTable& table) {
    MapTableNames(table);
    BeginLayer(layer);
    run_->layer_timelines.push_back(timeline_sets_.Add(table_names_.timelines));
    for (const chunk::ChunkRow& row : table.chunks) AddRow(row);
  }

  void AddRunLayer(const ChunkRun& from, uint32_t layer) {
    NameMap& names = MapRunNames(from);
    BeginLayer(from.layers[layer]);
    run_->layer_timelines.push_back(
        MapList(from.timeline_sets, from.layer_timelines[layer], names.timelines, &names.timeline_sets, &timeline_sets_));
    for (uint32_t chunk = from.first_chunks[layer]; chunk < from.first_chunks[layer + 1]; ++chunk) AddChunk(from, chunk, &names);
    AddExceptions(from, layer, names);
  }

  std::shared_ptr<const ChunkRun> Finish() {
    run_->first_chunks.push_back(run_->num_chunks());
    SortEntities();
    GroupByEntity();
    BuildForests();
    run_->entities.shrink_to_fit();
    run_->timelines.shrink_to_fit();
    run_->descriptors.shrink_to_fit();
    for (InternedLists* lists : {&run_->timeline_sets, &run_->component_sets}) {
      lists->values.shrink_to_fit();
      lists->begins.shrink_to_fit();
    }
    run_->rows_set.shrink_to_fit();
    run_->component_ranges.shrink_to_fit();
    return run_;
  }

 private:
  void BeginLayer(LayerId layer) {
    run_->layers.push_back(layer);
    run_->first_chunks.push_back(run_->num_chunks());
  }

  // Tables of one dataset mostly have the same names as the one before.
  void MapTableNames(const chunk::ChunkTable& table) {
    const chunk::ChunkTable* last = std::exchange(last_table_, &table);
    if (last == nullptr || last->entities != table.entities) {
      table_names_.entities.clear();
      for (const std::string& name : table.entities)
        table_names_.entities.push_back(InternName(name, &entity_ids_, &run_->entities));
    }
    if (last == nullptr || last->timelines != table.timelines) {
      table_names_.timelines.clear();
      for (const chunk::Timeline& t : table.timelines)
        table_names_.timelines.push_back(InternName(t.name, &timeline_ids_, &run_->timelines));
    }
    if (last == nullptr || last->descriptors != table.descriptors) {
      table_names_.descriptors.clear();
      for (const auto& d : table.descriptors)
        table_names_.descriptors.push_back(InternName(d, &descriptor_ids_, &run_->descriptors));
    }
  }

  NameMap& MapRunNames(const ChunkRun& from) {
    const auto [at, is_new] = run_names_.try_emplace(&from);
    NameMap& names = at->second;
    if (!is_new) return names;
    for (const std::string& name : from.entities) names.entities.push_back(InternName(name, &entity_ids_, &run_->entities));
    for (const std::string& name : from.timelines) names.timelines.push_back(InternName(name, &timeline_ids_, &run_->timelines));
    for (const auto& d : from.descriptors) names.descriptors.push_back(InternName(d, &descriptor_ids_, &run_->descriptors));
    names.timeline_sets.assign(from.timeline_sets.size(), kUnmapped);
    names.component_sets.assign(from.component_sets.size(), kUnmapped);
    return names;
  }

  uint32_t MapList(const InternedLists& from, uint32_t list, const std::vector<uint32_t>& names, std::vector<uint32_t>* known,
                   ListInterner* to) {
    uint32_t& id = (*known)[list];
    if (id == kUnmapped) {
      scratch_.clear();
      for (const uint32_t value : from[list]) scratch_.push_back(names[value]);
      id = to->Add(scratch_);
    }
    return id;
  }

  void AddRow(const chunk::ChunkRow& row) {
    const uint32_t chunk = run_->num_chunks();
    ChunkKey key{table_names_.entities[row.entity], static_cast<uint32_t>(run_->times.size()), 0, 0};
    scratch_.clear();
    for (const chunk::ChunkTime& time : row.times) {
      scratch_.push_back(table_names_.timelines[time.timeline]);
      run_->times.push_back(time.range);
    }
    key.timeline_set = timeline_sets_.Add(scratch_);
    uint8_t flags = row.is_static ? kStatic : 0;
    scratch_.clear();
    for (uint32_t i = 0; i < row.components.size(); ++i) {
      const chunk::ChunkComponent& component = row.components[i];
      scratch_.push_back(table_names_.descriptors[component.descriptor]);
      if (component.rows_set != row.num_rows) {
        run_->rows_set.push_back({chunk, i, component.rows_set});
        flags |= kHasRowsSet;
      }
      if (!component.times.empty()) flags |= kHasComponentRanges;
      const auto first = static_cast<std::ptrdiff_t>(run_->component_ranges.size());
      for (const chunk::ComponentTime& time : component.times) {
        run_->component_ranges.push_back({chunk, i, table_names_.timelines[time.timeline], time.range});
      }
      SortByTimeline(run_->component_ranges.begin() + first);
    }
    key.component_set = component_sets_.Add(scratch_);
    run_->keys.push_back(key);
    run_->bodies.push_back({row.id, row.num_rows, row.place});
    run_->flags.push_back(flags);
  }

  void AddChunk(const ChunkRun& from, uint32_t chunk, NameMap* names) {
    const ChunkKey& old = from.keys[chunk];
    ChunkKey key{names->entities[old.entity], static_cast<uint32_t>(run_->times.size()), 0, 0};
    key.timeline_set = MapList(from.timeline_sets, old.timeline_set, names->timelines, &names->timeline_sets, &timeline_sets_);
    key.component_set =
        MapList(from.component_sets, old.component_set, names->descriptors, &names->component_sets, &component_sets_);
    const auto times = from.times.begin() + old.times_begin;
    const auto num_times = static_cast<std::ptrdiff_t>(from.timeline_sets[old.timeline_set].size());
    run_->times.insert(run_->times.end(), times, times + num_times);
    run_->keys.push_back(key);
    run_->bodies.push_back(from.bodies[chunk]);
    run_->flags.push_back(from.flags[chunk]);
  }

  // Of all chunks of the layer that was just added.
  void AddExceptions(const ChunkRun& from, uint32_t layer, const NameMap& names) {
    const uint32_t old_begin = from.first_chunks[layer];
    const uint32_t old_end = from.first_chunks[layer + 1];
    const uint32_t new_begin = run_->first_chunks.back();
    const auto before = [](const auto& exception, uint32_t chunk) { return exception.chunk < chunk; };
    const auto first_rows = std::lower_bound(from.rows_set.begin(), from.rows_set.end(), old_begin, before);
    for (auto it = first_rows; it != from.rows_set.end() && it->chunk < old_end; ++it) {
      run_->rows_set.push_back({it->chunk - old_begin + new_begin, it->component, it->rows_set});
    }
    const auto first_range = std::lower_bound(from.component_ranges.begin(), from.component_ranges.end(), old_begin, before);
    const auto added = static_cast<std::ptrdiff_t>(run_->component_ranges.size());
    for (auto it = first_range; it != from.component_ranges.end() && it->chunk < old_end; ++it) {
      run_->component_ranges.push_back(
          {it->chunk - old_begin + new_begin, it->component, names.timelines[it->timeline], it->range});
    }
    SortByTimeline(run_->component_ranges.begin() + added);
  }

  void SortByTimeline(std::vector<ComponentRange>::iterator first) {
    std::sort(first, run_->component_ranges.end(), [](const ComponentRange& a, const ComponentRange& b) {
      return std::tie(a.chunk, a.component, a.timeline) < std::tie(b.chunk, b.component, b.timeline);
    });
  }

  // Gives entities the ids of their alphabetical order.
  void SortEntities() {
    std::vector<uint32_t> order(run_->entities.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return run_->entities[a] < run_->entities[b]; });
    std::vector<std::string> sorted;
    sorted.reserve(order.size());
    std::vector<uint32_t> ids(order.size());
    for (const uint32_t old : order) {
      ids[old] = static_cast<uint32_t>(sorted.size());
      sorted.push_back(std::move(run_->entities[old]));
    }
    run_->entities = std::move(sorted);
    for (ChunkKey& key : run_->keys) key.entity = ids[key.entity];
  }

  void GroupByEntity() {
    const size_t num_entities = run_->entities.size();
    std::vector<uint32_t> num_chunks(num_entities), num_static(num_entities);
    for (uint32_t chunk = 0; chunk < run_->num_chunks(); ++chunk) {
      ++num_chunks[run_->keys[chunk].entity];
      num_static[run_->keys[chunk].entity] += run_->is_static(chunk) ? 1 : 0;
    }
    run_->entity_begins.resize(num_entities + 1);
    std::partial_sum(num_chunks.begin(), num_chunks.end(), run_->entity_begins.begin() + 1);
    std::vector<uint32_t> next_static(run_->entity_begins.begin(), run_->entity_begins.end() - 1);
    std::vector<uint32_t> next_temporal(num_entities);
    std::transform(next_static.begin(), next_static.end(), num_static.begin(), next_temporal.begin(), std::plus<>());
    run_->temporal_begins = next_temporal;
    run_->by_entity.resize(run_->num_chunks());
    for (uint32_t chunk = 0; chunk < run_->num_chunks(); ++chunk) {
      auto& next = run_->is_static(chunk) ? next_static : next_temporal;
      run_->by_entity[next[run_->keys[chunk].entity]++] = chunk;
    }
  }

  void BuildForests() {
    run_->forests.reserve(run_->timelines.size());
    std::vector<std::vector<ForestEntry>> entries(run_->timelines.size());
    for (uint32_t chunk = 0; chunk < run_->num_chunks(); ++chunk) {
      if (run_->is_static(chunk)) continue;
      const ChunkKey& key = run_->keys[chunk];
      const std::span<const uint32_t> set = run_->timeline_sets[key.timeline_set];
      for (size_t i = 0; i < set.size(); ++i) entries[set[i]].push_back({key.entity, chunk, run_->times[key.times_begin + i]});
    }
    for (auto& of_timeline : entries) run_->forests.push_back(IntervalForest::Build(std::move(of_timeline)));
  }

  std::shared_ptr<ChunkRun> run_ = std::make_shared<ChunkRun>();
  ListInterner timeline_sets_{&run_->timeline_sets};
  ListInterner component_sets_{&run_->component_sets};
  std::unordered_map<std::string, uint32_t> entity_ids_;
  std::unordered_map<std::string, uint32_t> timeline_ids_;
  std::map<chunk::Descriptor, uint32_t> descriptor_ids_;
  const chunk::ChunkTable* last_table_ = nullptr;
  NameMap table_names_;  // of last_table_
  std::unordered_map<const ChunkRun*, NameMap> run_names_;
  std::vector<uint32_t> scratch_;
};

size_t NumTimes(const RunSource& source) {
  size_t times = 0;
  if (source.table != nullptr) {
    for (const chunk::ChunkRow& row : source.table->chunks) times += row.times.size();
    return times;
  }
  const auto begin_of = [&](uint32_t layer) -> size_t {
    const uint32_t chunk = source.run->first_chunks[layer];
    return chunk < source.run->num_chunks() ? source.run->keys[chunk].times_begin : source.run->times.size();
  };
  return begin_of(source.run_layer + 1) - begin_of(source.run_layer);
}

size_t NumChunks(const RunSource& source) {
  if (source.table != nullptr) return source.table->chunks.size();
  return source.run->first_chunks[source.run_layer + 1] - source.run->first_chunks[source.run_layer];
}

}  // namespace

std::shared_ptr<const ChunkRun> BuildRun(std::vector<RunSource> sources) {
  std::sort(sources.begin(), sources.end(), [](const RunSource& a, const RunSource& b) { return a.layer < b.layer; });
  RunBuilder builder(sources.size());
  size_t chunks = 0;
  size_t times = 0;
  for (const RunSource& source : sources) {
    chunks += NumChunks(source);
    times += NumTimes(source);
  }
  builder.Reserve(chunks, times);
  for (const RunSource& source : sources) {
    if (source.table != nullptr) {
      builder.AddTable(source.layer, *source.table);
    } else {
      builder.AddRunLayer(*source.run, source.run_layer);
    }
  }
  return builder.Finish();
}

}  // namespace mutoscope::index
