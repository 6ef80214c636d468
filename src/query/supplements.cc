#include "query/supplements.h"

#include <algorithm>

namespace mutoscope::query {
namespace {

constexpr uint64_t kMadeChunkBytes = 1024;  // about what is sent for one

}  // namespace

FoundChunk AnnounceMade(const catalog::DatasetSnapshot& snapshot, const FoundChunk& beside, MadeChunk made,
                        const std::vector<std::string>& announce) {
  FoundChunk found;
  found.layer = beside.layer;
  found.entity = beside.entity;
  found.is_static = made.timelines.empty();
  found.bytes = kMadeChunkBytes;
  for (const auto& timeline : announce) {
    auto& start = found.starts.emplace_back();
    const auto position = static_cast<size_t>(std::ranges::find(made.timelines, timeline) - made.timelines.begin());
    if (position == made.timelines.size()) continue;
    for (const MadeRow& row : made.rows) start = std::min(start.value_or(row.times[position]), row.times[position]);
  }
  found.key = {snapshot.dataset.entry.id, beside.layer->id, 0, {}, {}, std::move(made)};
  found.id = PieceId({}, found.key);
  return found;
}

}  // namespace mutoscope::query
