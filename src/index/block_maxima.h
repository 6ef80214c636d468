// Find the values of an array that are at least some minimum, skipping over blocks in which none is.
//
// Level 1 holds the maximum of every 16 values, level 2 of every 16 blocks, and so on up to one block: 1/15 more memory, where a
// classic augmented tree doubles it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mutoscope::index {

inline constexpr size_t kMaximaFanout = 16;
inline constexpr size_t kMaximaLevelsMax = 16;  // 16^16 values

// All levels, one after the other, level 1 first.
inline std::vector<int64_t> BlockMaxima(std::span<const int64_t> values) {
  std::vector<int64_t> maxima;
  size_t total = 0;
  for (size_t n = values.size(); n > 1;) total += n = (n + kMaximaFanout - 1) / kMaximaFanout;
  maxima.reserve(total);
  size_t below_begin = 0;
  for (size_t n = values.size(); n > 1;) {
    const bool first = n == values.size();
    const size_t level_begin = maxima.size();
    for (size_t begin = 0; begin < n; begin += kMaximaFanout) {
      const size_t end = std::min(begin + kMaximaFanout, n);
      const int64_t* below = first ? values.data() : maxima.data() + below_begin;
      maxima.push_back(*std::max_element(below + begin, below + end));
    }
    below_begin = level_begin;
    n = maxima.size() - level_begin;
  }
  return maxima;
}

// Calls `visit(position)` for each position in [begin, end) whose value is at least `min`, ascending. `maxima` =
// BlockMaxima(values).
template <typename Visit>
void VisitAtLeast(std::span<const int64_t> values, std::span<const int64_t> maxima, size_t begin, size_t end, int64_t min,
                  Visit&& visit) {
  std::array<const int64_t*, kMaximaLevelsMax> levels;
  size_t num_levels = 0;
  const int64_t* level = maxima.data();
  for (size_t n = values.size(); n > 1;) {
    levels[num_levels++] = level;
    level += n = (n + kMaximaFanout - 1) / kMaximaFanout;
  }
  for (size_t position = begin; position < end;) {
    size_t skip = 0;  // length of the largest block that starts here and holds nothing
    size_t block = position;
    size_t length = 1;
    for (size_t i = 0; i < num_levels && block % kMaximaFanout == 0; ++i) {
      block /= kMaximaFanout;
      length *= kMaximaFanout;
      if (levels[i][block] >= min) break;
      skip = length;
    }
    if (skip > 0) {
      position += skip;
      continue;
    }
    if (values[position] >= min) visit(position);
    ++position;
  }
}

}  // namespace mutoscope::index
