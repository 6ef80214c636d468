// The value behind a DatasetIndex, and the parts of a selection that all queries share.
#pragma once

#include <algorithm>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "index/chunk_run.h"
#include "index/dataset_index.h"

namespace mutoscope::index {

// A run and which of its layers are gone.
struct RunPart {
  std::shared_ptr<const ChunkRun> run;
  std::shared_ptr<const std::vector<bool>> dead;  // [layer]; null = none
  size_t live_chunks = 0;

  bool IsDead(uint32_t layer) const { return dead != nullptr && (*dead)[layer]; }
};

struct DatasetIndex::State {
  std::vector<RunPart> parts;  // oldest (largest) first
  std::shared_ptr<const std::set<std::string, std::less<>>> timelines = std::make_shared<std::set<std::string, std::less<>>>();
};

// A ContentSelection in terms of one run.
struct EntityFilter {
  bool all = true;
  std::vector<uint32_t> entities;  // if not all; ascending, distinct

  bool Has(uint32_t entity) const { return all || std::binary_search(entities.begin(), entities.end(), entity); }
};
EntityFilter FilterOf(const ChunkRun& run, const ContentSelection& contents);

// A LayerSelection in terms of one run: positions of live layers, ascending, distinct.
std::vector<uint32_t> LiveLayers(const RunPart& part, std::span<const LayerId> sorted_layers);
std::vector<LayerId> SortedLayers(std::span<const LayerId> layers);

// Calls `visit(chunk)` for the chunks of these layers that the filter selects, static ones only if `with_static`, temporal ones
// only if `with_temporal`. The cost is that of the chunks of the layers, or less.
template <typename Visit>
void VisitLayers(const ChunkRun& run, std::span<const uint32_t> layers, const EntityFilter& filter, bool with_static,
                 bool with_temporal, Visit&& visit) {
  constexpr size_t kSearchCost = 32;  // of finding one entity's chunks of one layer, in chunks looked at
  const auto visit_slice = [&](uint32_t begin, uint32_t end, uint32_t first, uint32_t last) {
    auto it = std::lower_bound(run.by_entity.begin() + begin, run.by_entity.begin() + end, first);
    for (; it != run.by_entity.begin() + end && *it < last; ++it) visit(*it);
  };
  for (const uint32_t layer : layers) {
    const uint32_t first = run.first_chunks[layer];
    const uint32_t last = run.first_chunks[layer + 1];
    if (!filter.all && filter.entities.size() * kSearchCost < last - first) {
      for (const uint32_t entity : filter.entities) {
        if (with_static) visit_slice(run.entity_begins[entity], run.temporal_begins[entity], first, last);
        if (with_temporal) visit_slice(run.temporal_begins[entity], run.entity_begins[entity + 1], first, last);
      }
      continue;
    }
    for (uint32_t chunk = first; chunk < last; ++chunk) {
      if (filter.Has(run.keys[chunk].entity) && (run.is_static(chunk) ? with_static : with_temporal)) visit(chunk);
    }
  }
}

// Gathers the chunks found in each run and puts them in the order that callers are promised.
class Answer {
 public:
  // `chunks` of parts[run]: any order, possibly twice, possibly of dead layers.
  void Add(uint32_t run, const RunPart& part, std::vector<uint32_t> chunks);
  // By (layer, ordinal), each once.
  std::vector<ChunkRef> Finish() &&;

 private:
  struct Keyed {
    LayerId layer = 0;
    uint32_t ordinal = 0;
    ChunkRef ref;
  };
  std::vector<Keyed> found_;
  size_t num_runs_ = 0;
};

}  // namespace mutoscope::index
