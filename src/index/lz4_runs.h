// Literal runs of an LZ4 block: which ranges of the decoded bytes lie verbatim in the compressed bytes (design: an incompressible
// cell is served by pread, without decoding).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arrow/result.h"

namespace mutoscope::index {

struct LiteralRun {
  uint64_t decoded_offset = 0;
  uint64_t block_offset = 0;
  uint64_t length = 0;
  friend bool operator==(const LiteralRun&, const LiteralRun&) = default;
};

// All literal runs of at least `length_min` bytes, ascending. DATA_LOSS if the block is malformed or does not decode to exactly
// `decoded_size` bytes (every length is checked; nothing is decompressed).
arrow::Result<std::vector<LiteralRun>> LiteralRuns(std::span<const uint8_t> block, uint64_t decoded_size, uint64_t length_min);

}  // namespace mutoscope::index
