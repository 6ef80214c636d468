#include "query/cell_merge.h"

#include <algorithm>

namespace mutoscope::query {
namespace {

constexpr size_t kSearchCost = 24;  // of finding one value by binary search, in rows stepped over

uint32_t Narrow(size_t value) { return static_cast<uint32_t>(value); }

// Steps through rows [begin, end) and values together.
Hits HitsByMerging(std::span<const int64_t> times, size_t begin, size_t end, std::span<const int64_t> values, bool fill) {
  Hits hits;
  size_t position = 0;
  if (begin < end) {  // mostly the chunk's rows are rows of the answer, one after the other
    const auto at = std::lower_bound(values.begin(), values.end(), times[begin]) - values.begin();
    position = static_cast<size_t>(at);
    const size_t count = end - begin;
    if (count <= values.size() - position && std::ranges::equal(times.subspan(begin, count), values.subspan(position, count))) {
      hits.first_row = Narrow(begin);
      hits.first_position = Narrow(position);
      hits.count = Narrow(count);
      return hits;
    }
  }
  hits.rows.reserve(end - begin);
  hits.positions.reserve(end - begin);
  for (size_t row = begin; row < end; ++row) {
    while (position < values.size() && values[position] < times[row]) ++position;
    if (position == values.size()) break;
    if (!fill && values[position] != times[row]) continue;
    hits.rows.push_back(Narrow(row));
    hits.positions.push_back(Narrow(position));
  }
  return hits;
}

// Looks for each value on its own; with fill only the latest time at or before it counts, which needs all columns set.
Hits HitsBySearching(std::span<const int64_t> times, std::span<const int64_t> values, bool fill) {
  Hits hits;
  auto from = times.begin();
  for (size_t position = 0; position < values.size() && from != times.end(); ++position) {
    auto last = std::upper_bound(from, times.end(), values[position]);
    if (last == from) continue;
    if (fill || *(last - 1) == values[position]) {
      for (auto it = std::lower_bound(from, last, *(last - 1)); it != last; ++it) {
        hits.rows.push_back(Narrow(static_cast<size_t>(it - times.begin())));
        hits.positions.push_back(Narrow(position));
      }
    }
    from = last;
  }
  return hits;
}

Hits HitsUnsorted(std::span<const int64_t> times, std::span<const int64_t> values, bool fill) {
  Hits hits;
  for (size_t row = 0; row < times.size(); ++row) {
    const auto at = std::lower_bound(values.begin(), values.end(), times[row]);
    if (at == values.end() || (!fill && *at != times[row])) continue;
    hits.rows.push_back(Narrow(row));
    hits.positions.push_back(Narrow(static_cast<size_t>(at - values.begin())));
  }
  return hits;
}

}  // namespace

std::pair<size_t, size_t> RowsIn(std::span<const int64_t> sorted_times, chunk::TimeRange range) {
  const auto begin = std::lower_bound(sorted_times.begin(), sorted_times.end(), range.min);
  const auto end = std::upper_bound(begin, sorted_times.end(), range.max);
  return {static_cast<size_t>(begin - sorted_times.begin()), static_cast<size_t>(end - sorted_times.begin())};
}

Hits FindHits(const SegmentChunk& chunk, std::span<const int64_t> values, bool fill, bool all_set) {
  if (values.empty()) return {};
  if (!chunk.times_sorted) return HitsUnsorted(chunk.times, values, fill);
  const auto [begin, end] = RowsIn(chunk.times, {fill ? kIndexMin : values.front(), values.back()});
  if ((!fill || all_set) && values.size() * kSearchCost < end - begin) return HitsBySearching(chunk.times, values, fill);
  return HitsByMerging(chunk.times, begin, end, values, fill);
}

bool CellOrder::Replaces(CellRef candidate, CellRef current) const {
  if (current.is_null()) return true;
  const int64_t time = TimeOf(candidate);
  const int64_t current_time = TimeOf(current);
  if (time != current_time) return time > current_time;
  const auto id = chunks_[candidate.chunk].rows.row_id(candidate.row);
  const auto current_id = chunks_[current.chunk].rows.row_id(current.row);
  if (id != current_id) return id > current_id;
  return current.is_cleared && !candidate.is_cleared;
}

void FillForward(CellRefs* cells) {
  for (size_t i = 1; i < cells->size(); ++i) {
    if ((*cells)[i].is_null()) (*cells)[i] = (*cells)[i - 1];
  }
}

}  // namespace mutoscope::query
