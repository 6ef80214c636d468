#include "index/dataset_state.h"

#include <algorithm>
#include <bit>
#include <tuple>

namespace mutoscope::index {
namespace {

// Sorts and drops duplicates. Many chunks are sorted by way of a bitmap: linear, where sorting is not.
void SortUnique(std::vector<uint32_t>* chunks, uint32_t num_chunks) {
  constexpr size_t kBitsPerWord = 64;
  if (chunks->size() < num_chunks / kBitsPerWord) {
    std::sort(chunks->begin(), chunks->end());
    chunks->erase(std::unique(chunks->begin(), chunks->end()), chunks->end());
    return;
  }
  std::vector<uint64_t> bits(num_chunks / kBitsPerWord + 1);
  for (const uint32_t chunk : *chunks) bits[chunk / kBitsPerWord] |= uint64_t{1} << (chunk % kBitsPerWord);
  chunks->clear();
  for (size_t word = 0; word < bits.size(); ++word) {
    for (uint64_t rest = bits[word]; rest != 0; rest &= rest - 1) {
      chunks->push_back(static_cast<uint32_t>(word * kBitsPerWord) + static_cast<uint32_t>(std::countr_zero(rest)));
    }
  }
}

}  // namespace

EntityFilter FilterOf(const ChunkRun& run, const ContentSelection& contents) {
  EntityFilter filter;
  filter.all = contents.all;
  if (contents.all) return filter;
  for (const EntitySelection& selection : contents.entities) {
    if (const auto entity = run.FindEntity(selection.entity)) filter.entities.push_back(*entity);
  }
  std::sort(filter.entities.begin(), filter.entities.end());
  filter.entities.erase(std::unique(filter.entities.begin(), filter.entities.end()), filter.entities.end());
  return filter;
}

std::vector<LayerId> SortedLayers(std::span<const LayerId> layers) {
  std::vector<LayerId> sorted(layers.begin(), layers.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

std::vector<uint32_t> LiveLayers(const RunPart& part, std::span<const LayerId> sorted_layers) {
  std::vector<uint32_t> live;
  const std::vector<LayerId>& layers = part.run->layers;
  auto from = layers.begin();
  for (const LayerId layer : sorted_layers) {
    // Gallop: a few ids cost a binary search each, many ids a walk.
    std::ptrdiff_t step = 1;
    while (step < layers.end() - from && from[step] < layer) step *= 2;
    from = std::lower_bound(from, from + std::min(step + 1, layers.end() - from), layer);
    if (from == layers.end()) break;
    const auto position = static_cast<uint32_t>(from - layers.begin());
    if (*from == layer && !part.IsDead(position)) live.push_back(position);
  }
  return live;
}

void Answer::Add(uint32_t run, const RunPart& part, std::vector<uint32_t> chunks) {
  if (chunks.empty()) return;
  SortUnique(&chunks, part.run->num_chunks());
  ++num_runs_;
  uint32_t layer = 0;
  uint32_t layer_end = 0;
  for (const uint32_t chunk : chunks) {
    if (chunk >= layer_end) {
      layer = part.run->LayerOf(chunk);
      layer_end = part.run->first_chunks[layer + 1];
    }
    if (part.IsDead(layer)) continue;
    found_.push_back({part.run->layers[layer], chunk - part.run->first_chunks[layer], {run, chunk}});
  }
}

std::vector<ChunkRef> Answer::Finish() && {
  const auto earlier = [](const Keyed& a, const Keyed& b) { return std::tie(a.layer, a.ordinal) < std::tie(b.layer, b.ordinal); };
  if (num_runs_ > 1 && !std::is_sorted(found_.begin(), found_.end(), earlier)) std::sort(found_.begin(), found_.end(), earlier);
  std::vector<ChunkRef> refs;
  refs.reserve(found_.size());
  for (const Keyed& keyed : found_) refs.push_back(keyed.ref);
  return refs;
}

}  // namespace mutoscope::index
