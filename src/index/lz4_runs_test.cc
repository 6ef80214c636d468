#include "index/lz4_runs.h"

#include <gtest/gtest.h>
#include <lz4.h>

#include <cstring>
#include <optional>
#include <random>

#include "base/status.h"

namespace mutoscope::index {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes Compress(const Bytes& data) {
  Bytes block(static_cast<size_t>(LZ4_compressBound(static_cast<int>(data.size()))));
  const int size = LZ4_compress_default(reinterpret_cast<const char*>(data.data()), reinterpret_cast<char*>(block.data()),
                                        static_cast<int>(data.size()), static_cast<int>(block.size()));
  block.resize(static_cast<size_t>(size));
  return block;
}

// The decoded bytes if the reference decoder gives exactly `size` of them.
std::optional<Bytes> Decompress(const Bytes& block, size_t size) {
  Bytes out(size + 1);  // never null
  const int got = LZ4_decompress_safe(reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(out.data()),
                                      static_cast<int>(block.size()), static_cast<int>(size));
  if (got < 0 || static_cast<size_t>(got) != size) return std::nullopt;
  out.resize(size);
  return out;
}

void ExpectVerbatim(const std::vector<LiteralRun>& runs, const Bytes& block, const Bytes& decoded) {
  uint64_t end = 0;
  for (const LiteralRun& run : runs) {
    ASSERT_GE(run.decoded_offset, end);
    end = run.decoded_offset + run.length;
    ASSERT_LE(end, decoded.size());
    ASSERT_LE(run.block_offset + run.length, block.size());
    ASSERT_EQ(std::memcmp(decoded.data() + run.decoded_offset, block.data() + run.block_offset, run.length), 0);
  }
}

Bytes Random(std::mt19937_64* random, size_t size, unsigned alphabet) {
  Bytes bytes(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((*random)() % alphabet);
  return bytes;
}

TEST(LiteralRuns, IncompressibleBytesAreOneRun) {
  std::mt19937_64 random(1);
  const Bytes data = Random(&random, 100'000, 256);
  const Bytes block = Compress(data);
  const auto runs = LiteralRuns(block, data.size(), 4096);
  ASSERT_TRUE(runs.ok()) << runs.status().ToString();
  ASSERT_EQ(runs->size(), 1u);
  EXPECT_EQ(runs->front().decoded_offset, 0u);
  EXPECT_EQ(runs->front().length, data.size());
  ExpectVerbatim(*runs, block, data);
}

TEST(LiteralRuns, RunsBelowTheMinimumAreLeftOut) {
  std::mt19937_64 random(2);
  Bytes data = Random(&random, 5000, 256);
  data.insert(data.end(), 1000, 7);
  const Bytes tail = Random(&random, 100, 256);
  data.insert(data.end(), tail.begin(), tail.end());
  const Bytes block = Compress(data);
  const auto all = LiteralRuns(block, data.size(), 1);
  const auto long_ones = LiteralRuns(block, data.size(), 4096);
  ASSERT_TRUE(all.ok() && long_ones.ok());
  EXPECT_GE(all->size(), 2u);
  ASSERT_EQ(long_ones->size(), 1u);
  EXPECT_EQ(long_ones->front(), all->front());
  ExpectVerbatim(*all, block, data);
}

TEST(LiteralRuns, BrokenBlocksAreRefused) {
  const Bytes twelve(12, 9);
  struct Case {
    const char* name;
    Bytes block;
    uint64_t decoded_size;
  };
  const std::vector<Case> cases = {
      {"no bytes", {}, 0},
      {"no bytes for some", {}, 5},
      {"empty block with a match nibble", {0x05}, 0},
      {"fewer literals than announced", {0x50, 1, 2, 3, 4}, 5},
      {"more decoded than declared", {0x50, 1, 2, 3, 4, 5}, 4},
      {"less decoded than declared", {0x50, 1, 2, 3, 4, 5}, 6},
      {"ends inside a literal length", {0xF0, 255, 255}, 1000},
      {"ends after a match", {0x10, 1, 1, 0}, 5},
      {"offset before the first byte", {0x10, 1, 2, 0, 0x80, 1, 2, 3, 4, 5, 6, 7, 8}, 13},
      {"ends inside a match length", {0x1F, 1, 1, 0, 255, 255, 255, 255, 255}, 5000},
      {"match reaches into the last five bytes", {0x1A, 1, 1, 0, 0x10, 1, 0x10, 1, 0x10}, 18},
      {"match starts in the last twelve bytes", {0x10, 1, 1, 0, 0x50, 1, 2, 3, 4, 5}, 10},
      {"over two gigabytes", {0x00}, uint64_t{1} << 31},
  };
  for (const Case& c : cases) {
    const auto runs = LiteralRuns(c.block, c.decoded_size, 1);
    EXPECT_EQ(base::CodeOf(runs.status()), base::Code::kDataLoss) << c.name;
    if (c.decoded_size > 1'000'000) continue;
    EXPECT_FALSE(Decompress(c.block, c.decoded_size)) << c.name << ": the reference decoder takes it";
  }
}

TEST(LiteralRuns, SmallestBlocksAreTaken) {
  EXPECT_TRUE(LiteralRuns(Bytes{0x00}, 0, 1)->empty());
  EXPECT_EQ(*LiteralRuns(Bytes{0x10, 42}, 1, 1), (std::vector<LiteralRun>{{0, 1, 1}}));
  const Bytes block = {0x10, 1, 1, 0, 0x80, 1, 2, 3, 4, 5, 6, 7, 8};  // 1, 4 copies of it, 8 literals
  EXPECT_EQ(*LiteralRuns(block, 13, 2), (std::vector<LiteralRun>{{5, 5, 8}}));
  EXPECT_TRUE(Decompress(block, 13));
}

// What it accepts, the reference decoder accepts, and the runs are verbatim.
TEST(LiteralRuns, NeverLaxerThanTheReferenceDecoder) {
  std::mt19937_64 random(3);
  size_t accepted = 0;
  for (int i = 0; i < 30'000; ++i) {
    const Bytes data = Random(&random, random() % 300, static_cast<unsigned>(1 + random() % 20));
    Bytes block = Compress(data);
    size_t size = data.size();
    for (uint64_t edits = random() % 4; edits > 0 && !block.empty(); --edits)
      block[random() % block.size()] = static_cast<uint8_t>(random());
    if (random() % 8 == 0) block.resize(random() % (block.size() + 1));
    if (random() % 8 == 0) size += random() % 5;
    const auto runs = LiteralRuns(block, size, 1);
    const auto decoded = Decompress(block, size);
    if (runs.ok()) {
      ++accepted;
      ASSERT_TRUE(decoded) << "case " << i;
      ExpectVerbatim(*runs, block, *decoded);
    }
  }
  EXPECT_GT(accepted, 5000u);
}

TEST(LiteralRuns, TakesWhatTheReferenceCompressorWrites) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 3000; ++i) {
    const Bytes data = Random(&random, random() % 5000, static_cast<unsigned>(1 + random() % 256));
    const Bytes block = Compress(data);
    const auto runs = LiteralRuns(block, data.size(), 1);
    ASSERT_TRUE(runs.ok()) << runs.status().ToString();
    ExpectVerbatim(*runs, block, data);
  }
}

}  // namespace
}  // namespace mutoscope::index
