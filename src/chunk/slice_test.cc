#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "chunk/chunk.h"
#include "chunk/testing/chunk_builder.h"

namespace mutoscope::chunk {
namespace {

using testing::ChunkMetadata;
using testing::Data;
using testing::FromJson;
using testing::Index;
using testing::IpcOf;
using testing::kFoo;
using testing::kScalars;
using testing::RowIds;

const auto kNumbers = arrow::list(arrow::field("item", arrow::float64(), true));
const auto kBlobs = arrow::list(arrow::field("item", arrow::list(arrow::field("item", arrow::uint8(), false)), true));
constexpr base::Tuid kNewId{1, 2};

Chunk FourRows(const std::vector<uint64_t>& row_ids = {1, 2, 3, 4}) {
  return DecodeChunk(IpcOf(ChunkMetadata(), {RowIds(row_ids), Index("frame", "[10, 20, 30, 40]"), Index("odd", "[4, 1, 2, 3]"),
                                             Data(kFoo, kBlobs, "[[[1, 2, 3]], null, [], [[4], null]]"),
                                             Data(kScalars, kNumbers, "[[1], [2], [3], [4]]")}))
      .ValueOrDie();
}

std::shared_ptr<arrow::Buffer> Encoded(const Chunk& chunk) {
  return arrow::ConcatenateBuffers(EncodeChunk(chunk).ValueOrDie()).ValueOrDie();
}

TEST(Slice, TakesRowsAndComponents) {
  const Chunk chunk = FourRows();
  const struct {
    std::vector<int64_t> rows;
    const char* frames;
    const char* blobs;
  } cases[] = {
      {{0, 1, 2, 3}, "[10, 20, 30, 40]", "[[[1, 2, 3]], null, [], [[4], null]]"},
      {{1, 2}, "[20, 30]", "[null, []]"},
      {{0, 3}, "[10, 40]", "[[[1, 2, 3]], [[4], null]]"},
      {{0, 2, 3}, "[10, 30, 40]", "[[[1, 2, 3]], [], [[4], null]]"},
      {{}, "[]", "[]"},
  };
  for (const auto& c : cases) {
    const auto slice = Slice(chunk, c.rows, {0}, kNewId);
    ASSERT_TRUE(slice.ok()) << slice.status();
    EXPECT_EQ(slice->id, kNewId);
    EXPECT_EQ(*slice->batch->schema()->metadata()->Get("rerun:id"), "chunk_" + kNewId.text());
    EXPECT_EQ(slice->entity_path, "/a");
    EXPECT_EQ(slice->components, std::vector<Descriptor>{kFoo});
    EXPECT_TRUE(slice->batch->column(slice->time_column(0))->Equals(FromJson(arrow::int64(), c.frames)));
    EXPECT_TRUE(slice->batch->column(slice->component_column(0))->Equals(FromJson(kBlobs, c.blobs)));
    EXPECT_TRUE(slice->batch->ValidateFull().ok());
    // What it says on the wire is what it is.
    const auto decoded = DecodeChunk(Encoded(*slice));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_TRUE(decoded->batch->Equals(*slice->batch, true)) << decoded->batch->schema()->ToString(true);
  }
}

TEST(Slice, SortFlagsFollowTheRows) {
  const Chunk chunk = FourRows();
  EXPECT_EQ(MetadataValue(*chunk.batch->schema()->field(2), "rerun:is_sorted"), "");
  const Chunk slice = Slice(chunk, {1, 2, 3}, {}, kNewId).ValueOrDie();
  EXPECT_EQ(MetadataValue(*slice.batch->schema()->field(2), "rerun:is_sorted"), "true");
  EXPECT_TRUE(slice.components.empty());
}

TEST(Slice, RefusesPositionsThatAreNotThere) {
  const Chunk chunk = FourRows();
  for (const std::vector<int64_t>& rows : {std::vector<int64_t>{4}, {-1}, {1, 1}, {2, 1}}) {
    EXPECT_EQ(base::CodeOf(Slice(chunk, rows, {0}, kNewId).status()), base::Code::kInvalidArgument);
  }
  EXPECT_EQ(base::CodeOf(Slice(chunk, {0}, {2}, kNewId).status()), base::Code::kInvalidArgument);
}

TEST(SortedByRowId, SortsRowsStably) {
  const Chunk chunk = FourRows({3, 1, 3, 2});
  EXPECT_EQ(MetadataValue(*chunk.batch->schema()->field(0), "rerun:is_sorted"), "");
  const Chunk sorted = SortedByRowId(chunk).ValueOrDie();
  EXPECT_TRUE(sorted.batch->column(1)->Equals(FromJson(arrow::int64(), "[20, 40, 10, 30]")));
  EXPECT_TRUE(sorted.batch->column(3)->Equals(FromJson(kBlobs, "[null, [[4], null], [[1, 2, 3]], []]")));
  EXPECT_EQ(MetadataValue(*sorted.batch->schema()->field(0), "rerun:is_sorted"), "true");
  EXPECT_EQ(MetadataValue(*sorted.batch->schema()->field(1), "rerun:is_sorted"), "");
  EXPECT_EQ(sorted.id, chunk.id);
}

TEST(SortedByRowId, LeavesSortedChunksAlone) {
  const Chunk chunk = FourRows({1, 2, 2, 3});
  EXPECT_EQ(SortedByRowId(chunk).ValueOrDie().batch, chunk.batch);
}

TEST(EncodeChunk, GivesTheStreamBack) {
  const Chunk chunk = FourRows();
  const Chunk decoded = DecodeChunk(Encoded(chunk)).ValueOrDie();
  EXPECT_TRUE(decoded.batch->Equals(*chunk.batch, true));
  EXPECT_TRUE(IsWireReady(*decoded.batch->schema()));
}

TEST(EncodeChunk, LargeBuffersAreReferences) {
  std::string json = "[[[1";
  for (int i = 0; i < 5000; ++i) json += ",7";
  const Chunk chunk = DecodeChunk(IpcOf(ChunkMetadata(), {RowIds({1}), Data(kFoo, kBlobs, json + "]]]")})).ValueOrDie();
  const uint8_t* bytes = chunk.batch->column(1)->data()->child_data[0]->child_data[0]->buffers[1]->data();
  const auto pieces = EncodeChunk(chunk).ValueOrDie();
  EXPECT_TRUE(std::any_of(pieces.begin(), pieces.end(), [&](const auto& piece) { return piece->data() == bytes; }));
  EXPECT_GT(pieces.size(), 2U);
}

}  // namespace
}  // namespace mutoscope::chunk
