// Chunk selection by contents, layers and time range.
#include "index/dataset_index.h"
#include "index/dataset_state.h"

namespace mutoscope::index {
namespace {

using Chunks = std::vector<uint32_t>;

// Static chunks, or all, of all layers of a run.
Chunks OfAllLayers(const ChunkRun& run, const EntityFilter& filter, bool with_temporal) {
  Chunks chunks;
  const auto add = [&](uint32_t entity) {
    const uint32_t end = with_temporal ? run.entity_begins[entity + 1] : run.temporal_begins[entity];
    chunks.insert(chunks.end(), run.by_entity.begin() + run.entity_begins[entity], run.by_entity.begin() + end);
  };
  if (filter.all) {
    for (uint32_t entity = 0; entity < run.entities.size(); ++entity) add(entity);
  } else {
    for (const uint32_t entity : filter.entities) add(entity);
  }
  return chunks;
}

Chunks OverlappingInLayers(const ChunkRun& run, std::span<const uint32_t> layers, const EntityFilter& filter, uint32_t timeline,
                           chunk::TimeRange range) {
  Chunks chunks;
  VisitLayers(run, layers, filter, /*with_static=*/false, /*with_temporal=*/true, [&](uint32_t chunk) {
    const chunk::TimeRange* own = run.RangeOf(chunk, timeline);
    if (own != nullptr && own->min <= range.max && own->max >= range.min) chunks.push_back(chunk);
  });
  return chunks;
}

Chunks OverlappingInForest(const ChunkRun& run, const EntityFilter& filter, uint32_t timeline, chunk::TimeRange range) {
  Chunks chunks;
  const IntervalForest& forest = run.forests[timeline];
  const auto add = [&](uint32_t chunk) { chunks.push_back(chunk); };
  if (filter.all) {
    forest.VisitAll(range, add);
  } else {
    for (const uint32_t entity : filter.entities) forest.VisitEntity(entity, range, add);
  }
  return chunks;
}

void KeepLayers(const ChunkRun& run, std::span<const uint32_t> layers, Chunks* chunks) {
  std::vector<bool> keep(run.layers.size());
  for (const uint32_t layer : layers) keep[layer] = true;
  std::erase_if(*chunks, [&](uint32_t chunk) { return !keep[run.LayerOf(chunk)]; });
}

// Looking at each chunk of a few layers beats searching all layers and throwing most answers away.
bool FewChunks(const ChunkRun& run, std::span<const uint32_t> layers) {
  constexpr size_t kFewChunks = 4096;
  size_t chunks = 0;
  for (const uint32_t layer : layers) chunks += run.first_chunks[layer + 1] - run.first_chunks[layer];
  return chunks <= std::max<size_t>(kFewChunks, run.num_chunks() / 8);
}

std::vector<ChunkRef> Select(std::span<const RunPart> parts, const ContentSelection& contents, const LayerSelection& selection,
                             bool with_temporal) {
  const std::vector<LayerId> sorted = SortedLayers(selection.layers);
  Answer answer;
  for (uint32_t i = 0; i < parts.size(); ++i) {
    const ChunkRun& run = *parts[i].run;
    const EntityFilter filter = FilterOf(run, contents);
    Chunks chunks;
    if (selection.all) {
      chunks = OfAllLayers(run, filter, with_temporal);
    } else {
      VisitLayers(run, LiveLayers(parts[i], sorted), filter, /*with_static=*/true, with_temporal,
                  [&](uint32_t chunk) { chunks.push_back(chunk); });
    }
    answer.Add(i, parts[i], std::move(chunks));
  }
  return std::move(answer).Finish();
}

}  // namespace

std::vector<ChunkRef> DatasetIndex::All(const ContentSelection& contents, const LayerSelection& layers) const {
  return Select(state_->parts, contents, layers, /*with_temporal=*/true);
}

std::vector<ChunkRef> DatasetIndex::Static(const ContentSelection& contents, const LayerSelection& layers) const {
  return Select(state_->parts, contents, layers, /*with_temporal=*/false);
}

std::vector<ChunkRef> DatasetIndex::Overlapping(const ContentSelection& contents, const LayerSelection& layers,
                                                std::string_view timeline, chunk::TimeRange range) const {
  const std::vector<LayerId> sorted = SortedLayers(layers.layers);
  Answer answer;
  for (uint32_t i = 0; i < state_->parts.size() && range.min <= range.max; ++i) {
    const RunPart& part = state_->parts[i];
    const auto timeline_id = part.run->FindTimeline(timeline);
    if (!timeline_id) continue;
    const EntityFilter filter = FilterOf(*part.run, contents);
    if (layers.all) {
      answer.Add(i, part, OverlappingInForest(*part.run, filter, *timeline_id, range));
      continue;
    }
    const std::vector<uint32_t> live = LiveLayers(part, sorted);
    if (FewChunks(*part.run, live)) {
      answer.Add(i, part, OverlappingInLayers(*part.run, live, filter, *timeline_id, range));
      continue;
    }
    Chunks chunks = OverlappingInForest(*part.run, filter, *timeline_id, range);
    KeepLayers(*part.run, live, &chunks);
    answer.Add(i, part, std::move(chunks));
  }
  return std::move(answer).Finish();
}

}  // namespace mutoscope::index
