#include "index/lz4_runs.h"

#include <limits>

#include "base/bytes.h"
#include "base/status.h"

namespace mutoscope::index {
namespace {

// End-of-block rules of the LZ4 block format.
constexpr uint64_t kMatchBytesMin = 4;
constexpr uint64_t kLastLiterals = 5;           // the last five bytes are literals
constexpr uint64_t kMatchStartFromEndMin = 12;  // no match starts in the last twelve bytes
constexpr uint64_t kSequenceTailBytes = 8;      // after literals that are not the last: offset 2, token 1, last literals 5
constexpr uint64_t kLengthNibbleMax = 15;       // then more length bytes follow
constexpr uint64_t kDecoderBytesMax = std::numeric_limits<int>::max();  // the reference decoder takes int sizes

arrow::Status Malformed(uint64_t at, const char* what) {
  return base::DataLoss("malformed LZ4 block: {} at byte {}; the recording is damaged", what, at);
}

// Adds the extra bytes of a length. False if the block ends first.
bool AddLengthBytes(std::span<const uint8_t> block, uint64_t* at, uint64_t* length) {
  uint8_t byte = 0;
  do {
    if (*at >= block.size()) return false;
    byte = block[(*at)++];
    *length += byte;
  } while (byte == 255);
  return true;
}

}  // namespace

arrow::Result<std::vector<LiteralRun>> LiteralRuns(std::span<const uint8_t> block, uint64_t decoded_size, uint64_t length_min) {
  if (block.size() > kDecoderBytesMax || decoded_size > kDecoderBytesMax) {
    return base::DataLoss("LZ4 block of {} bytes for {} decoded bytes: no decoder reads blocks over {} bytes", block.size(),
                          decoded_size, kDecoderBytesMax);
  }
  if (decoded_size == 0 && (block.size() != 1 || block[0] != 0)) return Malformed(0, "an empty block must be one zero byte");
  std::vector<LiteralRun> runs;
  uint64_t at = 0;
  uint64_t decoded = 0;
  while (true) {
    if (at >= block.size()) return Malformed(at, "it ends where a sequence should begin");
    const uint8_t token = block[at++];
    uint64_t literals = token >> 4;
    if (literals == kLengthNibbleMax && !AddLengthBytes(block, &at, &literals))
      return Malformed(at, "it ends inside a literal length");
    if (literals > block.size() - at) return Malformed(at, "literals reach beyond its end");
    if (literals > decoded_size - decoded) return Malformed(at, "literals reach beyond the declared size");
    if (literals >= length_min && literals > 0) runs.push_back({decoded, at, literals});
    at += literals;
    decoded += literals;
    if (at == block.size()) break;

    if (block.size() - at < kSequenceTailBytes) return Malformed(at, "a sequence is cut off");
    if (decoded_size - decoded < kMatchStartFromEndMin) return Malformed(at, "a match starts in the last 12 decoded bytes");
    // Offset zero is not checked: the reference decoder does not either, and literals do not depend on it.
    const uint64_t offset = base::LoadLittle<uint16_t>(block.data() + at);
    if (offset > decoded) return Malformed(at, "a match begins before the first byte");
    at += 2;
    uint64_t match = token & kLengthNibbleMax;
    if (match == kLengthNibbleMax && !AddLengthBytes(block, &at, &match)) return Malformed(at, "it ends inside a match length");
    if (block.size() - at < kLastLiterals - 1) return Malformed(at, "a match leaves no room for the last literals");
    match += kMatchBytesMin;
    if (match > decoded_size - decoded - kLastLiterals) return Malformed(at, "a match reaches into the last 5 decoded bytes");
    decoded += match;
  }
  if (decoded != decoded_size) {
    return base::DataLoss("malformed LZ4 block: it decodes to {} bytes, {} are declared; the recording is damaged", decoded,
                          decoded_size);
  }
  return runs;
}

}  // namespace mutoscope::index
