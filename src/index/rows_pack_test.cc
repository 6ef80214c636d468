// WriteRowsPack and RowsPack.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "base/status.h"
#include "index/chunk_rows.h"
#include "index/testing/random_tables.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::index {
namespace {

using storage::testing::ReadFile;
using storage::testing::TempDir;
using ::testing::HasSubstr;
using testing::RandomTables;

ChunkRows RandomRows(RandomTables* random) {
  ChunkRows rows;
  rows.row_ids_sorted = random->OneIn(2);
  rows.wire_ready = random->OneIn(2);
  const auto num_rows = static_cast<uint32_t>(random->Below(20));
  const auto bits = [&] {
    return std::vector<uint8_t>(random->OneIn(2) ? 0 : (num_rows + 7) / 8, static_cast<uint8_t>(random->Below(256)));
  };
  for (uint32_t row = 0; row < num_rows; ++row) rows.row_ids.push_back({random->Below(100), random->Below(100)});
  for (const std::string& name : random->Some(RandomTables::Timelines())) {
    rows.timelines.push_back({name, static_cast<chunk::TimelineKind>(random->Below(3))});
    rows.times.emplace_back();
    for (uint32_t row = 0; row < num_rows; ++row) rows.times.back().push_back(random->Time());
  }
  for (const chunk::Descriptor& descriptor : random->Some(RandomTables::Descriptors())) {
    rows.components.push_back({descriptor, bits(), bits()});
    for (uint32_t row = 0; row < num_rows; ++row) {
      if (random->OneIn(2)) continue;
      LargeCell cell{static_cast<uint32_t>(rows.components.size() - 1), row, random->Below(1000), random->Below(10'000), {}};
      for (uint64_t n = random->Below(3); n > 0; --n) {
        cell.runs.push_back({random->Below(1'000'000) + (random->OneIn(2) ? CellRun::kInPatches : 0), random->Below(10'000)});
      }
      rows.large_cells.push_back(cell);
    }
  }
  for (uint64_t n = random->Below(30); n > 0; --n) rows.patches.push_back(static_cast<uint8_t>(random->Below(256)));
  if (random->OneIn(2)) rows.small_columns = arrow::Buffer::FromString("small columns");
  return rows;
}

std::vector<LayerRows> RandomLayers(uint64_t seed, int num_layers) {
  RandomTables random(seed);
  std::vector<LayerRows> layers;
  for (int i = 0; i < num_layers; ++i) {
    LayerRows& layer = layers.emplace_back(LayerRows{100 - i * 7, {}});
    for (uint64_t n = random.Below(6); n > 0; --n) {
      layer.chunks.push_back(random.OneIn(5) ? std::nullopt : std::optional(RandomRows(&random)));
    }
  }
  return layers;
}

void ExpectSame(const ChunkRows& a, const ChunkRows& b) {
  EXPECT_EQ(std::tie(a.row_ids_sorted, a.wire_ready, a.row_ids, a.timelines, a.times),
            std::tie(b.row_ids_sorted, b.wire_ready, b.row_ids, b.timelines, b.times));
  ASSERT_EQ(a.components.size(), b.components.size());
  for (size_t i = 0; i < a.components.size(); ++i) {
    const ComponentCells &x = a.components[i], &y = b.components[i];
    EXPECT_EQ(std::tie(x.descriptor, x.set, x.non_empty), std::tie(y.descriptor, y.set, y.non_empty));
  }
  EXPECT_EQ(a.patches, b.patches);
  ASSERT_EQ(a.small_columns == nullptr, b.small_columns == nullptr);
  if (a.small_columns != nullptr) {
    EXPECT_TRUE(a.small_columns->Equals(*b.small_columns));
  }
  ASSERT_EQ(a.large_cells.size(), b.large_cells.size());
  for (size_t i = 0; i < a.large_cells.size(); ++i) {
    const LargeCell &x = a.large_cells[i], &y = b.large_cells[i];
    EXPECT_EQ(std::tie(x.component, x.row, x.decoded_offset, x.length, x.runs),
              std::tie(y.component, y.row, y.decoded_offset, y.length, y.runs));
  }
}

void ExpectReads(const RowsPack& pack, const std::vector<LayerRows>& layers) {
  for (const LayerRows& layer : layers) {
    for (uint32_t i = 0; i < layer.chunks.size(); ++i) {
      const auto rows = pack.Read(layer.layer, i);
      if (!layer.chunks[i]) {
        EXPECT_EQ(base::CodeOf(rows.status()), base::Code::kNotFound);
        EXPECT_THAT(rows.status().message(), HasSubstr("damaged"));
        continue;
      }
      ASSERT_TRUE(rows.ok()) << rows.status().ToString();
      ExpectSame(*rows, *layer.chunks[i]);
    }
    EXPECT_EQ(base::CodeOf(pack.Read(layer.layer, static_cast<uint32_t>(layer.chunks.size())).status()), base::Code::kNotFound);
  }
}

TEST(RowsPack, GivesBackWhatWasWritten) {
  const TempDir dir;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<LayerRows> layers = RandomLayers(seed, static_cast<int>(seed) * 2);  // the first pack has none
    const PackInfo info = *WriteRowsPack(dir / "rows", layers);
    const auto pack = RowsPack::Open(dir / "rows", info);
    ASSERT_TRUE(pack.ok()) << pack.status().ToString();
    std::vector<LayerId> ids;
    for (const LayerRows& layer : layers) ids.push_back(layer.layer);
    EXPECT_EQ((*pack)->layers(), ids);
    ExpectReads(**pack, layers);
    EXPECT_EQ(base::CodeOf((*pack)->Read(12345, 0).status()), base::Code::kNotFound);
  }
}

TEST(RowsPack, ThreadsMayReadAtOnce) {
  const TempDir dir;
  const std::vector<LayerRows> layers = RandomLayers(1, 40);  // more than are kept parsed
  const auto pack = *RowsPack::Open(dir / "rows", *WriteRowsPack(dir / "rows", layers));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { ExpectReads(*pack, layers); });
  for (std::thread& thread : threads) thread.join();
}

void ExpectDataLoss(const arrow::Status& status, const std::string& path, const std::string& what) {
  EXPECT_EQ(base::CodeOf(status), base::Code::kDataLoss) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr(path));
  EXPECT_THAT(status.message(), HasSubstr(what));
}

TEST(RowsPack, OpenNoticesMissingShortAndForeignFiles) {
  const TempDir dir;
  const PackInfo info = *WriteRowsPack(dir / "rows", RandomLayers(1, 5));
  const std::string good = ReadFile(dir / "rows");
  ExpectDataLoss(RowsPack::Open(dir / "missing", info).status(), dir / "missing", "missing");
  ExpectDataLoss(RowsPack::Open(dir.Write("short", good.substr(1)), info).status(), dir / "short", "bytes, expected");
  ExpectDataLoss(RowsPack::Open(dir.Write("zeros", std::string(good.size(), '\0')), info).status(), dir / "zeros", "checksum");
  ExpectDataLoss(RowsPack::Open(dir.Write("empty", ""), {0, 0}).status(), dir / "empty", "");

  const PackInfo tables = *WriteLayerPack(dir / "tables", {});  // right size, but another format
  ExpectDataLoss(RowsPack::Open(dir / "tables", tables).status(), dir / "tables", "");
}

// Wherever one byte is wrong, what is still readable is what was written.
TEST(RowsPack, NoDamagedByteIsEverServed) {
  const TempDir dir;
  const std::vector<LayerRows> layers = RandomLayers(2, 4);
  const PackInfo info = *WriteRowsPack(dir / "rows", layers);
  const std::string good = ReadFile(dir / "rows");
  RandomTables random(3);
  size_t refused_layers = 0;
  size_t served_layers = 0;
  for (int i = 0; i < 150; ++i) {
    std::string bad = good;
    bad[random.Below(bad.size())] ^= 0x10;
    const auto pack = RowsPack::Open(dir.Write("bad", bad), info);
    if (!pack.ok()) {
      ExpectDataLoss(pack.status(), dir / "bad", "rebuilt");
      continue;
    }
    for (const LayerRows& layer : layers) {
      const auto first = (*pack)->Read(layer.layer, 0);
      if (base::CodeOf(first.status()) == base::Code::kDataLoss) {
        ++refused_layers;
        EXPECT_THAT(first.status().message(), HasSubstr("checksum"));
      } else {
        ++served_layers;
        ExpectReads(**pack, {layer});
      }
    }
  }
  EXPECT_GT(refused_layers, 0u);
  EXPECT_GT(served_layers, 0u);  // damage in one layer does not keep others from being read
}

}  // namespace
}  // namespace mutoscope::index
