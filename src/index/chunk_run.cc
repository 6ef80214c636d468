#include "index/chunk_run.h"

#include <algorithm>
#include <tuple>

namespace mutoscope::index {
namespace {

template <typename T>
size_t BytesOf(const std::vector<T>& values) {
  return values.capacity() * sizeof(T);
}

size_t BytesOf(const InternedLists& lists) { return BytesOf(lists.values) + BytesOf(lists.begins); }

// Heap bytes of a string beyond the object.
size_t HeapOf(const std::string& text) { return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0; }

size_t BytesOf(const std::vector<std::string>& names) {
  size_t bytes = names.capacity() * sizeof(std::string);
  for (const std::string& name : names) bytes += HeapOf(name);
  return bytes;
}

template <typename T, typename Key>
std::optional<uint32_t> FindSorted(const std::vector<T>& values, const Key& key) {
  const auto found = std::lower_bound(values.begin(), values.end(), key);
  if (found == values.end() || *found != key) return std::nullopt;
  return static_cast<uint32_t>(found - values.begin());
}

}  // namespace

size_t ChunkRun::heap_bytes() const {
  size_t bytes = BytesOf(layers) + BytesOf(first_chunks) + BytesOf(layer_timelines) + BytesOf(entities) + BytesOf(timelines) +
                 BytesOf(timeline_sets) + BytesOf(component_sets) + BytesOf(keys) + BytesOf(bodies) + BytesOf(times) +
                 BytesOf(rows_set) + BytesOf(component_ranges) + BytesOf(by_entity) + BytesOf(entity_begins) +
                 BytesOf(temporal_begins) + BytesOf(flags) + BytesOf(forests) + BytesOf(descriptors);
  for (const IntervalForest& forest : forests) bytes += forest.heap_bytes();
  for (const chunk::Descriptor& d : descriptors) bytes += HeapOf(d.archetype) + HeapOf(d.component) + HeapOf(d.component_type);
  return bytes;
}

uint32_t ChunkRun::LayerOf(uint32_t chunk) const {
  // Layers without chunks share their first chunk with the next layer: the last of them is the one that has it.
  return static_cast<uint32_t>(std::upper_bound(first_chunks.begin(), first_chunks.end(), chunk) - first_chunks.begin() - 1);
}

std::optional<uint32_t> ChunkRun::FindLayer(LayerId layer) const { return FindSorted(layers, layer); }
std::optional<uint32_t> ChunkRun::FindEntity(std::string_view entity) const { return FindSorted(entities, entity); }

std::optional<uint32_t> ChunkRun::FindTimeline(std::string_view timeline) const {
  const auto found = std::find(timelines.begin(), timelines.end(), timeline);
  if (found == timelines.end()) return std::nullopt;
  return static_cast<uint32_t>(found - timelines.begin());
}

const chunk::TimeRange* ChunkRun::RangeOf(uint32_t chunk, uint32_t timeline) const {
  const ChunkKey& key = keys[chunk];
  const std::span<const uint32_t> set = timeline_sets[key.timeline_set];
  const auto found = std::find(set.begin(), set.end(), timeline);
  return found != set.end() ? &times[key.times_begin + static_cast<size_t>(found - set.begin())] : nullptr;
}

uint64_t ChunkRun::RowsSetOf(uint32_t chunk, uint32_t component) const {
  if ((flags[chunk] & kHasRowsSet) == 0) return bodies[chunk].num_rows;
  const auto less = [](const RowsSet& a, const std::pair<uint32_t, uint32_t>& b) { return std::pair(a.chunk, a.component) < b; };
  const auto found = std::lower_bound(rows_set.begin(), rows_set.end(), std::pair(chunk, component), less);
  const bool differs = found != rows_set.end() && found->chunk == chunk && found->component == component;
  return differs ? found->rows_set : bodies[chunk].num_rows;
}

const chunk::TimeRange* ChunkRun::ComponentRangeOf(uint32_t chunk, uint32_t component, uint32_t timeline) const {
  if ((flags[chunk] & kHasComponentRanges) == 0) return nullptr;
  using Key = std::tuple<uint32_t, uint32_t, uint32_t>;
  const auto key_of = [](const ComponentRange& r) { return Key(r.chunk, r.component, r.timeline); };
  const Key key(chunk, component, timeline);
  const auto found = std::lower_bound(component_ranges.begin(), component_ranges.end(), key,
                                      [&](const ComponentRange& a, const Key& b) { return key_of(a) < b; });
  return found != component_ranges.end() && key_of(*found) == key ? &found->range : nullptr;
}

}  // namespace mutoscope::index
