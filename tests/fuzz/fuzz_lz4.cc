// Any bytes as an LZ4 block: literal runs are found in what liblz4 decodes, and their bytes are the decoded ones.
#include <lz4.h>

#include <vector>

#include "base/bytes.h"
#include "fuzz.h"
#include "index/lz4_runs.h"

namespace {

constexpr uint32_t kDecodedBytesMax = 1 << 20;

}  // namespace

// The first four bytes are the declared size.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using mutoscope::fuzz::Require;
  if (size < 4) return 0;
  const uint32_t declared = mutoscope::base::LoadLittle<uint32_t>(data) % kDecodedBytesMax;
  const std::span<const uint8_t> block(data + 4, size - 4);
  std::vector<uint8_t> decoded(declared);
  const int found = LZ4_decompress_safe(reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(decoded.data()),
                                        static_cast<int>(block.size()), static_cast<int>(declared));
  const auto runs = mutoscope::index::LiteralRuns(block, declared, 1 + data[0] % 16);
  if (found >= 0 && static_cast<uint32_t>(found) == declared) {
    mutoscope::fuzz::RequireOk(runs.status(), "a good block has its literal runs");
  } else if (found < 0) {
    return 0;  // liblz4 also refuses blocks for how they end, which does not matter here
  } else {
    Require(!runs.ok(), "a block of another size is refused");
  }
  if (!runs.ok()) return 0;
  uint64_t end = 0;
  for (const auto& run : *runs) {
    Require(run.decoded_offset >= end && run.block_offset <= block.size() && run.length <= block.size() - run.block_offset &&
                run.decoded_offset <= declared && run.length <= declared - run.decoded_offset,
            "literal runs lie inside both");
    end = run.decoded_offset + run.length;
    Require(std::equal(&decoded[run.decoded_offset], &decoded[run.decoded_offset] + run.length, &block[run.block_offset]),
            "literal runs hold the decoded bytes");
  }
  return 0;
}
