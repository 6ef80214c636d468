// The interval index of a dataset: which chunks can a query need? Answers in time that depends on the number of answers and
// (logarithmically) on the number of chunks, not on the number of segments.
//
// Immutable and thread-safe; a change makes a new value that shares what it can with the old one. Resident: at most 200 bytes a
// chunk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "arrow/result.h"
#include "chunk/chunk_table.h"
#include "index/layer_pack.h"

namespace mutoscope::index {

// Which columns a query reads.
struct EntitySelection {
  std::string entity;  // canonical path, exact
  bool all_components = true;
  std::vector<std::string> components;  // identifiers, if not all
};
struct ContentSelection {
  bool all = true;
  std::vector<EntitySelection> entities;  // if not all; unknown entities select nothing
};

// Which layers a query reads.
struct LayerSelection {
  bool all = true;
  std::vector<LayerId> layers;  // if not all; unknown ids select nothing
};

// A chunk of this DatasetIndex value (not stable across values: chunk keys hold layer and ordinal instead).
struct ChunkRef {
  uint32_t run = 0;
  uint32_t chunk = 0;
  friend auto operator<=>(const ChunkRef&, const ChunkRef&) = default;
};

// What is known of a chunk. Views live as long as the DatasetIndex.
struct ChunkInfo {
  LayerId layer = 0;
  uint32_t ordinal = 0;  // position in the layer's ChunkTable::chunks
  base::Tuid id;
  std::string_view entity;
  bool is_static = false;
  uint64_t num_rows = 0;
  rrd::ChunkPlace place;
};

class DatasetIndex {
 public:
  static std::shared_ptr<const DatasetIndex> Empty();

  // With these layers added (their ids must be new). Amortised O(log n) work a chunk: runs of similar size are merged.
  std::shared_ptr<const DatasetIndex> With(const std::vector<LayerTable>& layers) const;
  // Without these layers (unknown ids are ignored).
  std::shared_ptr<const DatasetIndex> Without(const std::unordered_set<LayerId>& layers) const;

  ~DatasetIndex();

  // Chunk selection. Content selects by entity only, except in LatestAt; no chunk appears twice; ordered by (layer, ordinal).
  std::vector<ChunkRef> All(const ContentSelection& contents, const LayerSelection& layers) const;  // static and temporal
  std::vector<ChunkRef> Static(const ContentSelection& contents, const LayerSelection& layers) const;
  // Temporal chunks whose range on `timeline` overlaps `range`.
  std::vector<ChunkRef> Overlapping(const ContentSelection& contents, const LayerSelection& layers, std::string_view timeline,
                                    chunk::TimeRange range) const;
  // Temporal chunks that can hold, for some selected component (and Clear:is_recursive of a selected entity), the latest non-null
  // cell at or before `at`. `segment`: all layers of one segment.
  std::vector<ChunkRef> LatestAt(const ContentSelection& contents, std::span<const LayerId> segment, std::string_view timeline,
                                 int64_t at) const;

  ChunkInfo Info(ChunkRef ref) const;
  // The chunk's range on that timeline over all of its rows, if it has it.
  std::optional<chunk::TimeRange> TimeRangeOf(ChunkRef ref, std::string_view timeline) const;
  // The chunk's components in column order.
  struct ComponentInfo {
    const chunk::Descriptor* descriptor = nullptr;
    uint64_t rows_set = 0;
  };
  std::vector<ComponentInfo> ComponentsOf(ChunkRef ref) const;

  // NOT_FOUND if the layer or the ordinal is unknown here.
  arrow::Result<ChunkRef> Find(LayerId layer, uint32_t ordinal) const;
  bool HasTimeline(std::string_view name) const;
  size_t num_chunks() const;
  size_t num_runs() const;
  // Bytes held by this value, for /metrics and the memory test.
  size_t resident_bytes() const;

 private:
  struct State;
  explicit DatasetIndex(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mutoscope::index
