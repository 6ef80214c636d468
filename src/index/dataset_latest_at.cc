// Chunks that can hold the latest value of a component at a time.
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "index/dataset_index.h"
#include "index/dataset_state.h"

namespace mutoscope::index {
namespace {

constexpr int64_t kNever = INT64_MIN;

// Which components of an entity are selected.
struct ComponentFilter {
  bool all = false;
  std::unordered_set<std::string_view> components;

  bool Has(std::string_view component) const {
    return all || component == chunk::kClearComponent || components.contains(component);
  }
};

class ContentFilter {
 public:
  explicit ContentFilter(const ContentSelection& contents) {
    everything_.all = true;
    all_ = contents.all;
    for (const EntitySelection& selection : contents.entities) {
      ComponentFilter& filter = entities_[selection.entity];
      filter.all |= selection.all_components;
      filter.components.insert(selection.components.begin(), selection.components.end());
    }
  }
  const ComponentFilter& Of(std::string_view entity) const { return all_ ? everything_ : entities_.at(entity); }

 private:
  bool all_ = false;
  ComponentFilter everything_;
  std::unordered_map<std::string_view, ComponentFilter> entities_;
};

// Of one selected component in a chunk. Column: (entity, component), numbered over all runs.
struct ColumnOfChunk {
  uint32_t position = 0;  // among the chunk's components
  uint32_t column = 0;
};

struct Candidate {
  uint32_t column = 0;
  uint32_t run = 0;
  uint32_t chunk = 0;
  int64_t latest = kNever;  // the latest that its last cell at or before the time can be
};

class LatestAtSearch {
 public:
  LatestAtSearch(const ContentSelection& contents, int64_t at) : filter_(contents), at_(at) {}

  void AddRun(uint32_t run_number, const ChunkRun& run, std::span<const uint32_t> layers, const EntityFilter& entities,
              uint32_t timeline) {
    columns_.clear();
    VisitLayers(run, layers, entities, /*with_static=*/false, /*with_temporal=*/true, [&](uint32_t chunk) {
      const chunk::TimeRange* range = run.RangeOf(chunk, timeline);
      if (range == nullptr || range->min > at_) return;
      for (const ColumnOfChunk& of : ColumnsOf(run, run.keys[chunk])) AddCandidate(run_number, run, chunk, timeline, *range, of);
    });
  }

  // Chunks of one run that can hold the latest value of some column.
  std::vector<uint32_t> ChunksOf(uint32_t run) const {
    std::vector<uint32_t> chunks;
    for (const Candidate& candidate : candidates_) {
      if (candidate.run == run && candidate.latest >= certain_[candidate.column]) chunks.push_back(candidate.chunk);
    }
    return chunks;
  }

 private:
  void AddCandidate(uint32_t run_number, const ChunkRun& run, uint32_t chunk, uint32_t timeline, chunk::TimeRange range,
                    ColumnOfChunk of) {
    if (run.RowsSetOf(chunk, of.position) == 0) return;
    if (const auto* own = run.ComponentRangeOf(chunk, of.position, timeline)) range = *own;
    if (range.min > at_) return;
    // A chunk that begins at or before the time has a cell at its beginning, and at its end if that is not later.
    const int64_t earliest = range.max <= at_ ? range.max : range.min;
    certain_[of.column] = std::max(certain_[of.column], earliest);
    candidates_.push_back({of.column, run_number, chunk, std::min(range.max, at_)});
  }

  // Chunks of one entity mostly share their component set: names are looked at once for each.
  const std::vector<ColumnOfChunk>& ColumnsOf(const ChunkRun& run, const ChunkKey& key) {
    const uint64_t id = uint64_t{key.entity} << 32 | key.component_set;
    const auto [at, is_new] = columns_.try_emplace(id);
    if (!is_new) return at->second;
    const std::string_view entity = run.entities[key.entity];
    const ComponentFilter& filter = filter_.Of(entity);
    uint32_t position = 0;
    for (const uint32_t descriptor : run.component_sets[key.component_set]) {
      const std::string_view component = run.descriptors[descriptor].component;
      if (filter.Has(component)) at->second.push_back({position, NumberOf(entity, component)});
      ++position;
    }
    return at->second;
  }

  uint32_t NumberOf(std::string_view entity, std::string_view component) {
    const auto [at, is_new] = numbers_.try_emplace({entity, component}, static_cast<uint32_t>(numbers_.size()));
    if (is_new) certain_.push_back(kNever);
    return at->second;
  }

  ContentFilter filter_;
  int64_t at_;
  std::map<std::pair<std::string_view, std::string_view>, uint32_t> numbers_;
  std::vector<int64_t> certain_;                                      // [column]: a cell at this time exists for sure
  std::unordered_map<uint64_t, std::vector<ColumnOfChunk>> columns_;  // of the run being added
  std::vector<Candidate> candidates_;
};

}  // namespace

std::vector<ChunkRef> DatasetIndex::LatestAt(const ContentSelection& contents, std::span<const LayerId> segment,
                                             std::string_view timeline, int64_t at) const {
  const std::vector<LayerId> sorted = SortedLayers(segment);
  LatestAtSearch search(contents, at);
  for (uint32_t i = 0; i < state_->parts.size(); ++i) {
    const RunPart& part = state_->parts[i];
    const auto timeline_id = part.run->FindTimeline(timeline);
    if (!timeline_id) continue;
    search.AddRun(i, *part.run, LiveLayers(part, sorted), FilterOf(*part.run, contents), *timeline_id);
  }
  Answer answer;
  for (uint32_t i = 0; i < state_->parts.size(); ++i) answer.Add(i, state_->parts[i], search.ChunksOf(i));
  return std::move(answer).Finish();
}

}  // namespace mutoscope::index
