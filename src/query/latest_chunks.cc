#include "query/latest_chunks.h"

#include <algorithm>

#include "query/intervals.h"

namespace mutoscope::query {
namespace {

bool HasClears(const index::DatasetIndex& index, index::ChunkRef ref) {
  return std::ranges::any_of(index.ComponentsOf(ref), [](const auto& component) {
    return component.descriptor->component == chunk::kClearComponent && component.rows_set > 0;
  });
}

}  // namespace

std::vector<index::ChunkRef> LatestChunks(const index::DatasetIndex& index, const QueryColumns& columns,
                                          std::span<const index::LayerId> layers, int64_t at) {
  const std::string& timeline = columns.timeline().name;
  auto refs = index.LatestAt(columns.selection, layers, timeline, at);
  index::ContentSelection clears{false, {}};
  for (const auto& [entity, targets] : columns.clears) {
    if (!targets.below.empty()) clears.entities.push_back({entity, true, {}});
  }
  if (clears.entities.empty()) return refs;
  const index::LayerSelection selection{false, {layers.begin(), layers.end()}};
  for (const auto ref : index.Overlapping(clears, selection, timeline, {kIndexMin, at})) {
    if (HasClears(index, ref)) refs.push_back(ref);
  }
  std::ranges::sort(refs);
  refs.erase(std::unique(refs.begin(), refs.end()), refs.end());
  return refs;
}

}  // namespace mutoscope::query
