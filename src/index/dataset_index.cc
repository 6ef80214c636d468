#include "index/dataset_index.h"

#include <algorithm>

#include "base/status.h"
#include "index/dataset_state.h"

namespace mutoscope::index {
namespace {

void AddSources(const RunPart& part, std::vector<RunSource>* sources) {
  for (uint32_t layer = 0; layer < part.run->layers.size(); ++layer) {
    if (!part.IsDead(layer)) sources->push_back({part.run->layers[layer], nullptr, part.run.get(), layer});
  }
}

RunPart PartOf(std::vector<RunSource> sources) {
  RunPart part{BuildRun(std::move(sources)), nullptr, 0};
  part.live_chunks = part.run->num_chunks();
  return part;
}

// What a run weighs when sizes are compared; layers count too, so that layers without chunks are merged as well.
size_t WeightOf(const RunPart& part) { return part.live_chunks + part.run->layers.size(); }

size_t LiveChunks(const RunPart& part) {
  size_t chunks = 0;
  for (uint32_t layer = 0; layer < part.run->layers.size(); ++layer) {
    if (!part.IsDead(layer)) chunks += part.run->first_chunks[layer + 1] - part.run->first_chunks[layer];
  }
  return chunks;
}

using Names = std::set<std::string, std::less<>>;

std::shared_ptr<const Names> LiveTimelines(const std::vector<RunPart>& parts) {
  auto names = std::make_shared<Names>();
  for (const RunPart& part : parts) {
    std::vector<bool> seen(part.run->timeline_sets.size());
    for (uint32_t layer = 0; layer < part.run->layers.size(); ++layer) {
      const uint32_t set = part.run->layer_timelines[layer];
      if (part.IsDead(layer) || seen[set]) continue;
      seen[set] = true;
      for (const uint32_t timeline : part.run->timeline_sets[set]) names->insert(part.run->timelines[timeline]);
    }
  }
  return names;
}

// The part with these layers dead too; an empty run if nothing is left of it.
RunPart PartWithout(const RunPart& part, const std::vector<uint32_t>& layers) {
  auto dead = part.dead != nullptr ? std::make_shared<std::vector<bool>>(*part.dead)
                                   : std::make_shared<std::vector<bool>>(part.run->layers.size());
  for (const uint32_t layer : layers) (*dead)[layer] = true;
  RunPart left{part.run, dead, 0};
  left.live_chunks = LiveChunks(left);
  const auto num_dead = static_cast<size_t>(std::count(dead->begin(), dead->end(), true));
  // Dead layers cost memory and time until the next merge, which may never come: not more than half of a run.
  if (2 * left.live_chunks >= part.run->num_chunks() && 2 * num_dead <= dead->size()) return left;
  std::vector<RunSource> sources;
  AddSources(left, &sources);
  return PartOf(std::move(sources));
}

}  // namespace

DatasetIndex::DatasetIndex(std::unique_ptr<State> state) : state_(std::move(state)) {}
DatasetIndex::~DatasetIndex() = default;

std::shared_ptr<const DatasetIndex> DatasetIndex::Empty() {
  return std::shared_ptr<const DatasetIndex>(new DatasetIndex(std::make_unique<State>()));
}

std::shared_ptr<const DatasetIndex> DatasetIndex::With(const std::vector<LayerTable>& layers) const {
  auto state = std::make_unique<State>(*state_);
  std::vector<RunSource> sources;
  size_t weight = layers.size();
  auto timelines = std::make_shared<Names>(*state_->timelines);
  for (const LayerTable& layer : layers) {
    sources.push_back({layer.layer, layer.table.get(), nullptr, 0});
    weight += layer.table->chunks.size();
    for (const chunk::Timeline& timeline : layer.table->timelines) timelines->insert(timeline.name);
  }
  if (timelines->size() != state->timelines->size()) state->timelines = std::move(timelines);
  const std::vector<RunPart> old = state->parts;  // keeps the merged runs until the new one is built
  while (!layers.empty() && !state->parts.empty() && WeightOf(state->parts.back()) < 2 * weight) {
    weight += WeightOf(state->parts.back());
    AddSources(state->parts.back(), &sources);
    state->parts.pop_back();
  }
  if (!sources.empty()) state->parts.push_back(PartOf(std::move(sources)));
  return std::shared_ptr<const DatasetIndex>(new DatasetIndex(std::move(state)));
}

std::shared_ptr<const DatasetIndex> DatasetIndex::Without(const std::unordered_set<LayerId>& layers) const {
  const std::vector<LayerId> sorted = SortedLayers(std::vector<LayerId>(layers.begin(), layers.end()));
  auto state = std::make_unique<State>();
  bool changed = false;
  for (const RunPart& part : state_->parts) {
    const std::vector<uint32_t> dying = LiveLayers(part, sorted);
    changed |= !dying.empty();
    RunPart left = dying.empty() ? part : PartWithout(part, dying);
    if (!left.run->layers.empty()) state->parts.push_back(std::move(left));
  }
  state->timelines = changed ? LiveTimelines(state->parts) : state_->timelines;
  return std::shared_ptr<const DatasetIndex>(new DatasetIndex(std::move(state)));
}

ChunkInfo DatasetIndex::Info(ChunkRef ref) const {
  const ChunkRun& run = *state_->parts[ref.run].run;
  const uint32_t layer = run.LayerOf(ref.chunk);
  const ChunkBody& body = run.bodies[ref.chunk];
  return {run.layers[layer],
          ref.chunk - run.first_chunks[layer],
          body.id,
          run.entities[run.keys[ref.chunk].entity],
          run.is_static(ref.chunk),
          body.num_rows,
          body.place};
}

std::optional<chunk::TimeRange> DatasetIndex::TimeRangeOf(ChunkRef ref, std::string_view timeline) const {
  const ChunkRun& run = *state_->parts[ref.run].run;
  const auto id = run.FindTimeline(timeline);
  const chunk::TimeRange* range = id ? run.RangeOf(ref.chunk, *id) : nullptr;
  return range != nullptr ? std::optional(*range) : std::nullopt;
}

std::vector<DatasetIndex::ComponentInfo> DatasetIndex::ComponentsOf(ChunkRef ref) const {
  const ChunkRun& run = *state_->parts[ref.run].run;
  std::vector<ComponentInfo> components;
  for (const uint32_t descriptor : run.component_sets[run.keys[ref.chunk].component_set]) {
    const auto position = static_cast<uint32_t>(components.size());
    components.push_back({&run.descriptors[descriptor], run.RowsSetOf(ref.chunk, position)});
  }
  return components;
}

arrow::Result<ChunkRef> DatasetIndex::Find(LayerId layer, uint32_t ordinal) const {
  for (uint32_t i = 0; i < state_->parts.size(); ++i) {
    const RunPart& part = state_->parts[i];
    const auto position = part.run->FindLayer(layer);
    if (!position || part.IsDead(*position)) continue;
    const uint32_t first = part.run->first_chunks[*position];
    const uint32_t num_chunks = part.run->first_chunks[*position + 1] - first;
    if (ordinal < num_chunks) return ChunkRef{i, first + ordinal};
    return base::NotFound("layer {} has {} chunks, chunk {} was asked for; ask for the chunks of the dataset again", layer,
                          num_chunks, ordinal);
  }
  return base::NotFound("layer {} is not part of the dataset (any more); ask for the chunks of the dataset again", layer);
}

bool DatasetIndex::HasTimeline(std::string_view name) const { return state_->timelines->contains(name); }

size_t DatasetIndex::num_chunks() const {
  size_t chunks = 0;
  for (const RunPart& part : state_->parts) chunks += part.live_chunks;
  return chunks;
}

size_t DatasetIndex::num_runs() const { return state_->parts.size(); }

size_t DatasetIndex::resident_bytes() const {
  size_t bytes = sizeof(DatasetIndex) + sizeof(State) + state_->parts.capacity() * sizeof(RunPart);
  for (const RunPart& part : state_->parts) {
    bytes += sizeof(ChunkRun) + part.run->heap_bytes() + (part.dead != nullptr ? part.dead->capacity() / 8 : 0);
  }
  constexpr size_t kNameBytes = 80;  // a node of the set, about
  return bytes + state_->timelines->size() * kNameBytes;
}

}  // namespace mutoscope::index
