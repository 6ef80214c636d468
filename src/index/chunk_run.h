// One run of a DatasetIndex: some layers and their chunks, immutable, compact, with everything needed to search them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/tuid.h"
#include "chunk/chunk_table.h"
#include "index/interval_forest.h"
#include "index/layer_pack.h"

namespace mutoscope::index {

// Lists of ids, each distinct list stored once: most chunks share one of few sets of timelines and components.
struct InternedLists {
  std::vector<uint32_t> values;
  std::vector<uint32_t> begins = {0};

  std::span<const uint32_t> operator[](uint32_t list) const {
    return std::span(values).subspan(begins[list], begins[list + 1] - begins[list]);
  }
  size_t size() const { return begins.size() - 1; }
};

// What selection looks at.
struct ChunkKey {
  uint32_t entity = 0;         // position in ChunkRun::entities
  uint32_t times_begin = 0;    // in ChunkRun::times
  uint32_t timeline_set = 0;   // in ChunkRun::timeline_sets; parallel to the ranges from times_begin on
  uint32_t component_set = 0;  // in ChunkRun::component_sets
};

// What only the answer needs.
struct ChunkBody {
  base::Tuid id;
  uint64_t num_rows = 0;
  rrd::ChunkPlace place;
};

// Where a component is not set in every row. Sorted by (chunk, component position).
struct RowsSet {
  uint32_t chunk = 0;
  uint32_t component = 0;
  uint64_t rows_set = 0;
};

// Where a component's range differs from the chunk's. Sorted by (chunk, component position, timeline).
struct ComponentRange {
  uint32_t chunk = 0;
  uint32_t component = 0;
  uint32_t timeline = 0;
  chunk::TimeRange range;
};

// ChunkRun::flags
inline constexpr uint8_t kStatic = 1;
inline constexpr uint8_t kHasRowsSet = 2;          // has entries in rows_set
inline constexpr uint8_t kHasComponentRanges = 4;  // has entries in component_ranges

struct ChunkRun {
  std::vector<LayerId> layers;            // ascending
  std::vector<uint32_t> first_chunks;     // of each layer, and the number of chunks
  std::vector<uint32_t> layer_timelines;  // of each layer, in timeline_sets: what its table lists
  std::vector<std::string> entities;      // ascending
  std::vector<std::string> timelines;     // in order of first appearance
  std::vector<chunk::Descriptor> descriptors;
  InternedLists timeline_sets;
  InternedLists component_sets;

  // Chunks, by (layer, ordinal).
  std::vector<ChunkKey> keys;
  std::vector<uint8_t> flags;  // kStatic...
  std::vector<ChunkBody> bodies;
  std::vector<chunk::TimeRange> times;
  std::vector<RowsSet> rows_set;
  std::vector<ComponentRange> component_ranges;

  // Chunks of entity e: by_entity[entity_begins[e]...], first the static ones, the temporal ones from temporal_begins[e] on.
  std::vector<uint32_t> by_entity;
  std::vector<uint32_t> entity_begins;  // one more than entities
  std::vector<uint32_t> temporal_begins;
  std::vector<IntervalForest> forests;  // [timeline], of temporal chunks

  bool is_static(uint32_t chunk) const { return (flags[chunk] & kStatic) != 0; }
  uint32_t num_chunks() const { return static_cast<uint32_t>(keys.size()); }
  size_t heap_bytes() const;

  // Position in `layers` of the layer that holds this chunk.
  uint32_t LayerOf(uint32_t chunk) const;
  // Positions of names, if this run has them.
  std::optional<uint32_t> FindLayer(LayerId layer) const;
  std::optional<uint32_t> FindEntity(std::string_view entity) const;
  std::optional<uint32_t> FindTimeline(std::string_view timeline) const;

  // The chunk's range on a timeline; null if it has none.
  const chunk::TimeRange* RangeOf(uint32_t chunk, uint32_t timeline) const;
  uint64_t RowsSetOf(uint32_t chunk, uint32_t component) const;
  // The exception for this component (position in the chunk) and timeline; null if the chunk's own range holds.
  const chunk::TimeRange* ComponentRangeOf(uint32_t chunk, uint32_t component, uint32_t timeline) const;
};

// A layer to put in a new run: a table, or a layer of an older run.
struct RunSource {
  LayerId layer = 0;
  const chunk::ChunkTable* table = nullptr;
  const ChunkRun* run = nullptr;
  uint32_t run_layer = 0;
};

// `sources` in any order, layer ids distinct.
std::shared_ptr<const ChunkRun> BuildRun(std::vector<RunSource> sources);

}  // namespace mutoscope::index
