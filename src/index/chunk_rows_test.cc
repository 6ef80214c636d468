#include "index/chunk_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/limits.h"
#include "base/status.h"
#include "index/rows_view.h"
#include "rrd/testing/rrd_builder.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::index {
namespace {

using rrd::Compression;
using rrd::testing::ChunkSpec;
using storage::testing::TempDir;
using ::testing::HasSubstr;

constexpr size_t kLarge = 3 * base::kLargeCellBytesMin;

// One chunk in a recording file.
class ChunkFile {
 public:
  ChunkFile(const arrow::RecordBatch& batch, Compression compression) {
    rrd::testing::StreamBuilder stream;
    const std::string ipc = rrd::testing::IpcOf(batch)->ToString();
    rrd::testing::pb::ArrowMsg message;
    message.mutable_store_id()->set_recording_id("rec");
    message.set_compression(static_cast<rrd::testing::common::Compression>(compression));
    message.set_uncompressed_size(ipc.size());
    message.set_encoding(rrd::testing::pb::ENCODING_ARROW_IPC);
    message.set_payload(compression == Compression::kLz4 ? rrd::testing::Lz4Block(ipc) : ipc);
    const std::string encoded = message.SerializeAsString();
    place_ = {stream.Message(2, encoded), encoded.size(), ipc.size()};
    bytes_ = stream.FinishWithoutFooter();
    path_ = dir_.Write("test.rrd", bytes_);
    file_ = storage::File::Open(path_).ValueOrDie();
  }
  ChunkFile(const ChunkSpec& spec, Compression compression) : ChunkFile(*rrd::testing::MakeChunk(spec), compression) {}

  arrow::Result<ChunkRows> Rows() const { return BuildChunkRows(*file_, place_); }
  std::string Decoded() const {
    return rrd::ReadPayload(*file_, *rrd::ReadArrowMsgHead(*file_, place_)).ValueOrDie()->ToString();
  }
  // What the runs of a cell hold, read as the engine reads it.
  std::string ByRuns(const ChunkRows& rows, const LargeCell& cell) const {
    const RowsView view = ViewOf(std::make_shared<ChunkRows>(rows));
    const auto large = view.FindLargeCell(cell.component, cell.row);
    std::string bytes(cell.length, '\0');
    storage::ScatteredRead read(*file_);
    EXPECT_TRUE(large.has_value());
    EXPECT_TRUE(AddLargeCell(*large, view.patches, {reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()}, &read).ok());
    EXPECT_TRUE(read.Flush().ok());
    return bytes;
  }
  void Flip(size_t from_end) {
    bytes_[place_.message_offset + place_.message_size - from_end] ^= 0x55;
    file_ = storage::File::Open(dir_.Write("test.rrd", bytes_)).ValueOrDie();
  }
  const std::string& path() const { return path_; }
  const rrd::ChunkPlace& place() const { return place_; }

 private:
  TempDir dir_;
  std::string bytes_;
  std::string path_;
  rrd::ChunkPlace place_;
  std::shared_ptr<const storage::File> file_;
};

TEST(ChunkRows, HasRowIdsTimesAndComponents) {
  const ChunkSpec spec{.rows = 3, .first_frame = 7, .id = {5, 100}};
  const ChunkRows rows = *ChunkFile(spec, Compression::kLz4).Rows();
  EXPECT_EQ(rows.row_ids, (std::vector<base::Tuid>{{5, 100}, {5, 101}, {5, 102}}));
  EXPECT_EQ(rows.timelines, (std::vector<chunk::Timeline>{{"frame", chunk::TimelineKind::kSequence}}));
  EXPECT_EQ(rows.times, (std::vector<std::vector<int64_t>>{{7, 8, 9}}));
  ASSERT_EQ(rows.components.size(), 1u);
  EXPECT_EQ(rows.components[0].descriptor, (chunk::Descriptor{"rerun.archetypes.AnyBlob", "AnyBlob:value", ""}));
  EXPECT_TRUE(rows.components[0].set.empty());
  EXPECT_TRUE(rows.components[0].non_empty.empty());
  EXPECT_TRUE(rows.row_ids_sorted);
  EXPECT_TRUE(rows.wire_ready);
  EXPECT_TRUE(rows.large_cells.empty());
}

TEST(ChunkRows, StaticAndEmptyChunksHaveNoTimes) {
  const ChunkRows of_static = *ChunkFile(ChunkSpec{.is_static = true}, Compression::kLz4).Rows();
  EXPECT_TRUE(of_static.timelines.empty());
  EXPECT_EQ(of_static.row_ids.size(), 2u);
  const ChunkRows of_empty = *ChunkFile(ChunkSpec{.rows = 0}, Compression::kLz4).Rows();
  EXPECT_TRUE(of_empty.row_ids.empty());
  EXPECT_EQ(of_empty.times, (std::vector<std::vector<int64_t>>{{}}));
}

TEST(ChunkRows, FindsLargeCellsInTheDecodedChunkAndInTheFile) {
  struct Case {
    const char* name;
    Compression compression;
    bool noise;
    bool verbatim;
  };
  for (const Case& c :
       {Case{"incompressible", Compression::kLz4, true, true}, Case{"compressible", Compression::kLz4, false, false},
        Case{"stored plain", Compression::kNone, false, true}}) {
    SCOPED_TRACE(c.name);
    const ChunkSpec spec{.rows = 3, .cell_bytes = kLarge, .noise = c.noise};
    const auto batch = rrd::testing::MakeChunk(spec);
    const ChunkFile file(*batch, c.compression);
    const auto rows = file.Rows();
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    ASSERT_EQ(rows->large_cells.size(), 3u);
    const auto& cells = static_cast<const arrow::ListArray&>(*batch->columns().back());
    const auto& blobs = static_cast<const arrow::ListArray&>(*cells.values());
    for (uint32_t row = 0; row < 3; ++row) {
      const LargeCell& cell = rows->large_cells[row];
      EXPECT_EQ(std::tie(cell.component, cell.row, cell.length), std::tuple(0u, row, kLarge));
      const auto* bytes = reinterpret_cast<const char*>(blobs.values()->data()->GetValues<uint8_t>(1) + row * kLarge);
      const std::string expected(bytes, kLarge);
      EXPECT_EQ(file.Decoded().substr(cell.decoded_offset, cell.length), expected);
      if (c.verbatim) {
        EXPECT_EQ(file.ByRuns(*rows, cell), expected);
      } else {
        EXPECT_TRUE(cell.runs.empty());
      }
    }
  }
}

// Cells: one large instance, null, none, two large instances, one null instance, one small instance.
std::shared_ptr<arrow::RecordBatch> OddCells() {
  auto bytes = std::make_shared<arrow::UInt8Builder>();
  const auto blob_type = arrow::list(arrow::field("item", arrow::uint8(), false));
  auto blobs = std::make_shared<arrow::ListBuilder>(arrow::default_memory_pool(), bytes, blob_type);
  arrow::ListBuilder cells(arrow::default_memory_pool(), blobs, arrow::list(arrow::field("item", blob_type, true)));
  const auto blob = [&](size_t size) {
    EXPECT_TRUE(blobs->Append().ok());
    EXPECT_TRUE(bytes->AppendValues(std::vector<uint8_t>(size, 1)).ok());
  };
  EXPECT_TRUE(cells.Append().ok());
  blob(kLarge);
  EXPECT_TRUE(cells.AppendNull().ok());
  EXPECT_TRUE(cells.Append().ok());
  EXPECT_TRUE(cells.Append().ok());
  blob(kLarge);
  blob(kLarge);
  EXPECT_TRUE(cells.Append().ok());
  EXPECT_TRUE(blobs->AppendNull().ok());
  EXPECT_TRUE(cells.Append().ok());
  blob(base::kLargeCellBytesMin - 1);
  const auto batch = rrd::testing::MakeChunk({.rows = 6});
  return batch->SetColumn(2, batch->schema()->field(2), cells.Finish().ValueOrDie()).ValueOrDie();
}

TEST(ChunkRows, TellsNullFromEmptyAndOnlySingleLargeInstancesAreLargeCells) {
  const ChunkRows rows = *ChunkFile(*OddCells(), Compression::kNone).Rows();
  ASSERT_EQ(rows.components.size(), 1u);
  EXPECT_EQ(rows.components[0].set, (std::vector<uint8_t>{0b111101}));
  EXPECT_EQ(rows.components[0].non_empty, (std::vector<uint8_t>{0b111001}));
  ASSERT_EQ(rows.large_cells.size(), 1u);
  EXPECT_EQ(rows.large_cells[0].row, 0u);
}

TEST(ChunkRows, UnsortedRowIdsAreNotWireReady) {
  const auto batch = rrd::testing::MakeChunk({.rows = 2});
  const auto reversed = arrow::Concatenate({batch->column(0)->Slice(1, 1), batch->column(0)->Slice(0, 1)}).ValueOrDie();
  const ChunkRows rows =
      *ChunkFile(*batch->SetColumn(0, batch->schema()->field(0), reversed).ValueOrDie(), Compression::kLz4).Rows();
  EXPECT_FALSE(rows.row_ids_sorted);
  EXPECT_FALSE(rows.wire_ready);
}

TEST(ChunkRows, DamageIsDataLossNamingFileAndOffset) {
  ChunkFile file(ChunkSpec{}, Compression::kLz4);
  for (size_t from_end = 5; from_end <= 400; from_end += 5) file.Flip(from_end);
  const arrow::Status status = file.Rows().status();
  EXPECT_EQ(base::CodeOf(status), base::Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr(file.path()));
  EXPECT_THAT(status.message(), HasSubstr("chunk at offset"));
}

TEST(ChunkRows, WhatIsNoChunkIsDataLoss) {
  const auto batch = rrd::testing::MakeChunk({});
  const ChunkFile file(*batch->RemoveColumn(0).ValueOrDie(), Compression::kLz4);  // no row ids
  const arrow::Status status = file.Rows().status();
  EXPECT_EQ(base::CodeOf(status), base::Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("cannot be decoded"));
}

}  // namespace
}  // namespace mutoscope::index
