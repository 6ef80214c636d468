#include "chunk/head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lz4.h>

#include "base/status.h"
#include "chunk/testing/chunk_builder.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::chunk {
namespace {

using testing::ChunkMetadata;
using testing::Column;
using testing::Data;
using testing::Index;
using testing::IpcOf;
using testing::kFoo;
using testing::Make;
using testing::Pairs;
using testing::RowIds;

const auto kBlobs = arrow::list(arrow::field("item", arrow::uint8(), true));

std::string Lz4Block(const std::string& plain) {
  std::string block(static_cast<size_t>(LZ4_compressBound(static_cast<int>(plain.size()))), '\0');
  block.resize(static_cast<size_t>(
      LZ4_compress_default(plain.data(), block.data(), static_cast<int>(plain.size()), static_cast<int>(block.size()))));
  return block;
}

// A file that holds nothing but one payload, or its first `file_bytes` bytes.
class PayloadFile {
 public:
  PayloadFile(const std::string& ipc, rrd::Compression compression, size_t file_bytes = std::string::npos) {
    const std::string stored = compression == rrd::Compression::kLz4 ? Lz4Block(ipc) : ipc;
    file_ = storage::File::Open(dir_.Write("payload", stored.substr(0, file_bytes))).ValueOrDie();
    head_.compression = compression;
    head_.uncompressed_size = ipc.size();
    head_.payload_size = stored.size();
  }
  arrow::Result<ChunkHead> Read() const { return ReadChunkHead(*file_, head_); }

 private:
  storage::testing::TempDir dir_;
  std::shared_ptr<const storage::File> file_;
  rrd::ArrowMsgHead head_;
};

std::string Numbers(int count) {
  std::string json = "[";
  for (int i = 0; i < count; ++i) json += (i > 0 ? "," : "") + std::to_string(i);
  return json + "]";
}

std::vector<uint64_t> Counters(int count) {
  std::vector<uint64_t> counters;
  counters.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) counters.push_back(static_cast<uint64_t>(i));
  return counters;
}

// Reading the head and decoding the whole chunk say the same.
TEST(ReadChunkHead, AgreesWithDecodeChunk) {
  std::string big = "[[1";
  for (int i = 0; i < 20000; ++i) big += "," + std::to_string(i * i % 256);
  big += "], null]";
  const auto tuid = arrow::struct_({arrow::field("t", arrow::uint64(), false), arrow::field("c", arrow::uint64(), false)});
  Pairs long_path = ChunkMetadata("/" + std::string(9000, 'x'));
  const struct {
    const char* what;
    Pairs metadata;
    std::vector<Column> columns;
  } cases[] = {
      {"image",
       ChunkMetadata(),
       {RowIds({1, 2}), Index("b", "[3, 1]"), Index("a", "[7, 8]", TimelineKind::kDuration), Data(kFoo, kBlobs, big)}},
      {"static", ChunkMetadata(), {RowIds({1, 2}), Data(kFoo, kBlobs, big)}},
      {"no rows", ChunkMetadata(), {RowIds({}), Index("t", "[]"), Data(kFoo, kBlobs, "[]")}},
      {"unsorted", ChunkMetadata(), {RowIds({2, 1}), Index("t", "[1, 2]"), Data(kFoo, kBlobs, big)}},
      {"many rows",
       ChunkMetadata(),
       {RowIds(Counters(3000)), Index("t", Numbers(3000)), Data(kFoo, arrow::int64(), Numbers(3000))}},
      {"long schema", long_path, {RowIds({1, 2}), Index("t", "[1, 2]"), Data(kFoo, kBlobs, big)}},
      {"0.1.1", ChunkMetadata("/a", "0.1.1"), {RowIds({1, 2}), Index("t", "[1, 2]"), Data(kFoo, kBlobs, big)}},
      {"0.23",
       {{"rerun.entity_path", "/a"}, {"rerun.id", testing::kChunkId.text()}},
       {Make("foo", kBlobs, big, {{"rerun.kind", "data"}}),
        Make("t", arrow::int64(), "[5, 6]", {{"rerun.kind", "index"}, {"rerun.index_name", "t"}}),
        Make("RowId", tuid, "[[1, 2], [1, 3]]", {{"rerun.kind", "control"}}, false)}},
  };
  for (const auto& c : cases) {
    const auto ipc = IpcOf(c.metadata, c.columns);
    const Chunk chunk = DecodeChunk(ipc).ValueOrDie();
    for (const rrd::Compression compression : {rrd::Compression::kNone, rrd::Compression::kLz4}) {
      const auto head = PayloadFile(ipc->ToString(), compression).Read();
      ASSERT_TRUE(head.ok()) << c.what << ": " << head.status();
      EXPECT_EQ(head->num_rows, chunk.num_rows()) << c.what;
      EXPECT_EQ(head->timelines, chunk.timelines) << c.what;
      const auto& ids = static_cast<const arrow::FixedSizeBinaryArray&>(*chunk.batch->column(0));
      ASSERT_EQ(head->row_ids.size(), static_cast<size_t>(chunk.num_rows()));
      for (int64_t row = 0; row < chunk.num_rows(); ++row) {
        EXPECT_EQ(head->row_ids[static_cast<size_t>(row)], base::Tuid::FromBytes(ids.GetValue(row)));
        for (size_t i = 0; i < chunk.timelines.size(); ++i) {
          const auto* times = chunk.batch->column(chunk.time_column(i))->data()->GetValues<int64_t>(1);
          EXPECT_EQ(head->times[i][static_cast<size_t>(row)], times[row]);
        }
      }
      EXPECT_EQ(head->row_ids_sorted, std::string(c.what) != "unsorted");
      EXPECT_TRUE(head->stored_schema->Equals(*testing::BatchOf(c.metadata, c.columns)->schema(), true)) << c.what;
    }
  }
}

TEST(ReadChunkHead, ReadsNothingBehindTheIndexColumns) {
  // A schema beyond the first guess, so that the rest is read to the byte; a file that ends where the component's values begin.
  const auto ipc = IpcOf(ChunkMetadata("/" + std::string(5000, 'x')),
                         {RowIds({1, 2}), Index("t", "[1, 2]"), Data(kFoo, kBlobs, "[" + Numbers(200) + ", null]")});
  const size_t values = ipc->ToString().rfind(std::string("\x00\x01\x02\x03\x04\x05\x06\x07", 8));
  ASSERT_NE(values, std::string::npos);
  const auto head = PayloadFile(ipc->ToString(), rrd::Compression::kNone, values).Read();
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->times, (std::vector<std::vector<int64_t>>{{1, 2}}));
}

TEST(ReadChunkHead, NamesFileAndOffsetOfDamage) {
  const Column nulls = Index("t", "[1, null]");
  for (const std::string& bytes : {IpcOf(ChunkMetadata(), {RowIds({1, 2}), nulls})->ToString(), std::string("no Arrow at all"),
                                   IpcOf(ChunkMetadata(), {RowIds({1}), Index("t", "[1]")})->ToString().substr(0, 300)}) {
    const auto head = PayloadFile(bytes, rrd::Compression::kNone).Read();
    ASSERT_FALSE(head.ok());
    EXPECT_EQ(base::CodeOf(head.status()), base::Code::kDataLoss);
    EXPECT_THAT(head.status().message(), ::testing::AllOf(::testing::HasSubstr("payload"), ::testing::HasSubstr("byte 0")));
  }
}

}  // namespace
}  // namespace mutoscope::chunk
