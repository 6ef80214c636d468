#include "index/layer_pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "index/pack_file.h"
#include "index/testing/random_tables.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::index {
namespace {

using storage::testing::ReadFile;
using storage::testing::TempDir;
using ::testing::HasSubstr;

void ExpectSame(const chunk::ChunkTable& a, const chunk::ChunkTable& b) {
  EXPECT_EQ(a.entities, b.entities);
  EXPECT_EQ(a.timelines, b.timelines);
  EXPECT_EQ(a.descriptors, b.descriptors);
  EXPECT_EQ(a.schema_sha256, b.schema_sha256);
  ASSERT_EQ(a.chunks.size(), b.chunks.size());
  const auto same_time = [](const auto& x, const auto& y) { return x.timeline == y.timeline && x.range == y.range; };
  for (size_t i = 0; i < a.chunks.size(); ++i) {
    const chunk::ChunkRow& x = a.chunks[i];
    const chunk::ChunkRow& y = b.chunks[i];
    EXPECT_EQ(std::tie(x.id, x.entity, x.is_static, x.num_rows), std::tie(y.id, y.entity, y.is_static, y.num_rows));
    EXPECT_EQ(x.place.message_offset, y.place.message_offset);
    EXPECT_EQ(x.place.message_size, y.place.message_size);
    EXPECT_EQ(x.place.uncompressed_size, y.place.uncompressed_size);
    EXPECT_TRUE(std::equal(x.times.begin(), x.times.end(), y.times.begin(), y.times.end(), same_time));
    ASSERT_EQ(x.components.size(), y.components.size());
    for (size_t c = 0; c < x.components.size(); ++c) {
      EXPECT_EQ(x.components[c].descriptor, y.components[c].descriptor);
      EXPECT_EQ(x.components[c].rows_set, y.components[c].rows_set);
      const auto &xt = x.components[c].times, &yt = y.components[c].times;
      EXPECT_TRUE(std::equal(xt.begin(), xt.end(), yt.begin(), yt.end(), same_time));
    }
  }
}

std::vector<LayerTable> RandomLayers(uint64_t seed, int num_layers) {
  testing::RandomTables random(seed);
  std::vector<LayerTable> layers;
  for (int i = 0; i < num_layers; ++i) layers.push_back(random.Layer(1000 - i, 12));
  return layers;
}

TEST(LayerPack, GivesBackWhatWasWritten) {
  const TempDir dir;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<LayerTable> layers = RandomLayers(seed, static_cast<int>(seed));  // the first has none
    const std::string path = dir / "pack";
    const PackInfo info = *WriteLayerPack(path, layers);
    const auto read = ReadLayerPack(path, info);
    ASSERT_TRUE(read.ok()) << read.status().ToString();
    ASSERT_EQ(read->size(), layers.size());
    for (size_t i = 0; i < layers.size(); ++i) {
      EXPECT_EQ((*read)[i].layer, layers[i].layer);
      ExpectSame(*(*read)[i].table, *layers[i].table);
    }
  }
}

TEST(LayerPack, LayersWithoutChunksSurvive) {
  const TempDir dir;
  const std::vector<LayerTable> layers = {{7, std::make_shared<chunk::ChunkTable>()},
                                          {-1, std::make_shared<chunk::ChunkTable>()}};
  const PackInfo info = *WriteLayerPack(dir / "pack", layers);
  const std::vector<LayerTable> read = *ReadLayerPack(dir / "pack", info);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].layer, 7);
  EXPECT_EQ(read[1].layer, -1);
  EXPECT_TRUE(read[0].table->chunks.empty());
}

void ExpectDataLoss(const std::string& path, const PackInfo& info, const std::string& what) {
  const arrow::Status status = ReadLayerPack(path, info).status();
  EXPECT_EQ(base::CodeOf(status), base::Code::kDataLoss) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr(path));
  EXPECT_THAT(status.message(), HasSubstr(what));
  EXPECT_THAT(status.message(), HasSubstr("rebuilt"));
}

TEST(LayerPack, DamageIsNoticed) {
  const TempDir dir;
  const PackInfo info = *WriteLayerPack(dir / "pack", RandomLayers(1, 5));
  const std::string good = ReadFile(dir / "pack");
  ASSERT_EQ(good.size(), info.bytes);

  ExpectDataLoss(dir / "missing", info, "missing");
  ExpectDataLoss(dir.Write("short", good.substr(0, good.size() - 1)), info, "bytes, expected");
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 1);
  ExpectDataLoss(dir.Write("flipped", flipped), info, "checksum");
}

PackInfo InfoOf(const std::string& bytes) {
  return {bytes.size(), ChecksumOf(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size())};
}

TEST(LayerPack, OtherFormatsAndVersionsAreRefused) {
  const TempDir dir;
  (void)*WriteLayerPack(dir / "pack", RandomLayers(1, 5));
  const std::string good = ReadFile(dir / "pack");
  const std::string text = "no Arrow file";
  ExpectDataLoss(dir.Write("text", text), InfoOf(text), "");

  std::string other = good;
  for (size_t at = 0; (at = other.find("layer_pack", at)) != std::string::npos;) other.replace(at, 10, "other_pack");
  ExpectDataLoss(dir.Write("other", other), InfoOf(other), "'other_pack', expected 'layer_pack'");
}

// A checksum that holds over bytes that do not cannot happen, short of an attack; it must not crash the server all the same.
TEST(LayerPack, DamageUnderAGoodChecksumNeverCrashes) {
  const TempDir dir;
  (void)*WriteLayerPack(dir / "pack", RandomLayers(3, 3));
  const std::string good = ReadFile(dir / "pack");
  testing::RandomTables random(4);
  for (int i = 0; i < 150; ++i) {
    std::string bad = good;
    for (uint64_t edits = 1 + random.Below(3); edits > 0; --edits)
      bad[random.Below(bad.size())] = static_cast<char>(random.Below(256));
    const auto read = ReadLayerPack(dir.Write("bad", bad), InfoOf(bad));
    EXPECT_TRUE(read.ok() || base::CodeOf(read.status()) == base::Code::kDataLoss) << read.status().ToString();
  }
}

}  // namespace
}  // namespace mutoscope::index
