#include "index/interval_forest.h"

#include <tuple>

namespace mutoscope::index {

IntervalForest IntervalForest::Build(std::vector<ForestEntry> entries) {
  const auto key = [](const ForestEntry& e) { return std::tuple(e.entity, e.range.min, e.chunk); };
  std::sort(entries.begin(), entries.end(), [&](const ForestEntry& a, const ForestEntry& b) { return key(a) < key(b); });
  IntervalForest forest;
  forest.starts.reserve(entries.size());
  forest.ends.reserve(entries.size());
  forest.chunks.reserve(entries.size());
  std::vector<IntervalTree::Interval> groups;
  for (const ForestEntry& entry : entries) {
    if (forest.entities.empty() || forest.entities.back() != entry.entity) {
      forest.entities.push_back(entry.entity);
      forest.begins.push_back(static_cast<uint32_t>(forest.starts.size()));
      groups.push_back({entry.range.min, entry.range.max, static_cast<uint32_t>(groups.size())});
    }
    groups.back().end = std::max(groups.back().end, entry.range.max);
    forest.starts.push_back(entry.range.min);
    forest.ends.push_back(entry.range.max);
    forest.chunks.push_back(entry.chunk);
  }
  forest.begins.push_back(static_cast<uint32_t>(forest.starts.size()));
  forest.entities.shrink_to_fit();
  forest.begins.shrink_to_fit();
  forest.groups = IntervalTree::Build(std::move(groups));
  forest.max_ends = BlockMaxima(forest.ends);
  return forest;
}

size_t IntervalForest::heap_bytes() const {
  constexpr size_t kGroupTreeBytes = 21;  // of one interval in an IntervalTree
  return (entities.capacity() + begins.capacity() + chunks.capacity()) * sizeof(uint32_t) + groups.size() * kGroupTreeBytes +
         (starts.capacity() + ends.capacity() + max_ends.capacity()) * sizeof(int64_t);
}

}  // namespace mutoscope::index
