#include "query/pieces.h"

#include <algorithm>
#include <array>

namespace mutoscope::query {
namespace {

// Payloads: never worth sending only to keep rows alive.
bool IsLargeType(const chunk::Descriptor& descriptor) {
  static constexpr std::array<std::string_view, 4> kLarge = {"rerun.components.Blob", "rerun.components.ImageBuffer",
                                                             "rerun.components.VideoSample", "rerun.components.TensorData"};
  return std::find(kLarge.begin(), kLarge.end(), descriptor.component_type) != kLarge.end();
}

}  // namespace

RowMask RowsInRange(std::span<const int64_t> times, int64_t min, int64_t max) {
  RowMask mask(times.size());
  for (size_t row = 0; row < times.size(); ++row) mask[row] = times[row] >= min && times[row] <= max;
  return mask;
}

void MarkLatestAt(std::span<const int64_t> times, int64_t at, RowMask* mask) {
  std::optional<int64_t> latest;
  for (const int64_t time : times) {
    if (time <= at && (!latest || time > *latest)) latest = time;
  }
  if (!latest) return;
  for (size_t row = 0; row < times.size(); ++row) {
    if (times[row] == *latest) (*mask)[row] = true;
  }
}

void CollectForeignValues(const ChunkTimes& chunk, std::string_view timeline, const RowMask& mask, ForeignValues* values) {
  for (size_t i = 0; i < chunk.timelines.size(); ++i) {
    if (chunk.timelines[i].name == timeline) continue;
    auto& known = (*values)[chunk.timelines[i].name];
    for (size_t row = 0; row < mask.size(); ++row) {
      if (mask[row]) known.insert(chunk.times[i][row]);
    }
  }
}

void MarkForeignValues(const ChunkTimes& chunk, std::string_view timeline, const ForeignValues& values, RowMask* mask) {
  for (size_t i = 0; i < chunk.timelines.size(); ++i) {
    if (chunk.timelines[i].name == timeline) continue;
    const auto known = values.find(chunk.timelines[i].name);
    if (known == values.end() || known->second.empty()) continue;
    for (size_t row = 0; row < mask->size(); ++row) {
      if (known->second.contains(chunk.times[i][row])) (*mask)[row] = true;
    }
  }
}

std::optional<std::vector<RowRange>> ToRanges(const RowMask& mask, size_t ranges_max) {
  std::vector<RowRange> ranges;
  for (size_t row = 0; row < mask.size(); ++row) {
    if (!mask[row]) continue;
    if (!ranges.empty() && ranges.back().begin + ranges.back().count == row) {
      ++ranges.back().count;
      continue;
    }
    if (ranges.size() == ranges_max) return std::nullopt;
    ranges.push_back({static_cast<uint32_t>(row), 1});
  }
  return ranges;
}

std::optional<std::vector<uint32_t>> NeededComponents(const std::vector<index::DatasetIndex::ComponentInfo>& components,
                                                      uint64_t num_rows, const index::EntitySelection& wanted) {
  if (wanted.all_components) return std::nullopt;
  const auto is_wanted = [&](const chunk::Descriptor& descriptor) {
    return descriptor.component == chunk::kClearComponent ||
           std::find(wanted.components.begin(), wanted.components.end(), descriptor.component) != wanted.components.end();
  };
  std::vector<uint32_t> needed;
  bool rows_kept = false;
  for (uint32_t i = 0; i < components.size(); ++i) {
    if (!is_wanted(*components[i].descriptor)) continue;
    needed.push_back(i);
    rows_kept = rows_kept || components[i].rows_set == num_rows;
  }
  if (!rows_kept && needed.empty()) {
    for (uint32_t i = 0; i < components.size() && !rows_kept; ++i) {
      if (components[i].rows_set != num_rows || IsLargeType(*components[i].descriptor)) continue;
      needed.push_back(i);
      rows_kept = true;
    }
  }
  if (!rows_kept || needed.size() == components.size()) return std::nullopt;
  return needed;
}

}  // namespace mutoscope::query
