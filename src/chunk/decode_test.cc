#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "base/status.h"
#include "chunk/chunk.h"
#include "chunk/ipc_layout.h"
#include "chunk/testing/chunk_builder.h"

namespace mutoscope::chunk {
namespace {

using testing::BatchOf;
using testing::ChunkMetadata;
using testing::Column;
using testing::Data;
using ::testing::HasSubstr;
using testing::Index;
using testing::IpcOf;
using testing::kFoo;
using testing::kScalars;
using testing::kText;
using testing::Make;
using testing::Pairs;
using testing::RowIds;

const auto kNumbers = arrow::list(arrow::field("item", arrow::float64(), true));
const auto kStrings = arrow::list(arrow::field("item", arrow::utf8(), true));

std::vector<Column> TwoRows() {
  return {RowIds({1, 2}),
          Index("frame", "[10, 20]"),
          Index("at", "[5, 4]", TimelineKind::kTimestamp),
          Data(kText, kStrings, R"([["a", "b"], null])"),
          Data(kScalars, kNumbers, "[[1.5], []]"),
          Data(kFoo, kNumbers, "[null, null]")};
}

TEST(DecodeChunk, GivesCanonicalColumns) {
  const auto chunk = DecodeChunk(IpcOf(ChunkMetadata("a//b"), TwoRows()));
  ASSERT_TRUE(chunk.ok()) << chunk.status();
  EXPECT_EQ(chunk->id, testing::kChunkId);
  EXPECT_EQ(chunk->entity_path, "/a/b");
  EXPECT_EQ(chunk->num_rows(), 2);
  EXPECT_FALSE(chunk->is_static());
  EXPECT_EQ(chunk->timelines, (std::vector<Timeline>{{"at", TimelineKind::kTimestamp}, {"frame", TimelineKind::kSequence}}));
  EXPECT_EQ(chunk->components, (std::vector<Descriptor>{kFoo, kScalars, kText}));
  const arrow::Schema& schema = *chunk->batch->schema();
  EXPECT_EQ(schema.field_names(),
            (std::vector<std::string>{"rerun.controls.RowId", "at", "frame", "foo", "Scalars:scalars", "TextLog:text"}));
  EXPECT_EQ(MetadataValue(*schema.field(0), "ARROW:extension:name"), "rerun.datatypes.TUID");
  EXPECT_EQ(MetadataValue(*schema.field(0), "rerun:is_sorted"), "true");
  EXPECT_EQ(MetadataValue(*schema.field(1), "rerun:is_sorted"), "");  // 5, 4
  EXPECT_EQ(MetadataValue(*schema.field(2), "rerun:is_sorted"), "true");
  EXPECT_EQ(*schema.metadata()->Get("rerun:entity_path"), "/a/b");
  EXPECT_EQ(*schema.metadata()->Get("rerun:id"), "chunk_" + testing::kChunkId.text());
  EXPECT_EQ(*schema.metadata()->Get("sorbet:version"), "0.1.3");
  EXPECT_TRUE(chunk->batch->column(chunk->component_column(1))->Equals(testing::FromJson(kNumbers, "[[1.5], []]")));
  EXPECT_TRUE(chunk->batch->column(chunk->time_column(1))->Equals(testing::FromJson(arrow::int64(), "[10, 20]")));
  EXPECT_TRUE(chunk->batch->ValidateFull().ok());
}

TEST(DecodeChunk, FalseSortFlagsAreCorrected) {
  Column ids = RowIds({2, 1}, {{"rerun:kind", "control"}, {"rerun:is_sorted", "true"}});
  const auto chunk = DecodeChunk(IpcOf(ChunkMetadata(), {ids}));
  ASSERT_TRUE(chunk.ok()) << chunk.status();
  EXPECT_EQ(MetadataValue(*chunk->batch->schema()->field(0), "rerun:is_sorted"), "");
}

TEST(DecodeChunk, BuffersAreSlicesOfTheInput) {
  const auto ipc = IpcOf(ChunkMetadata(), TwoRows());
  const auto chunk = DecodeChunk(ipc).ValueOrDie();
  for (const auto& column : chunk.batch->columns()) {
    for (const auto& buffer : column->data()->buffers) {
      if (buffer == nullptr || buffer->size() == 0) continue;
      EXPECT_GE(buffer->data(), ipc->data());
      EXPECT_LE(buffer->data() + buffer->size(), ipc->data() + ipc->size());
    }
  }
}

TEST(DecodeChunk, AcceptsWhatReadersForgive) {
  Pairs no_prefix = ChunkMetadata();
  no_prefix[1].second = testing::kChunkId.text();
  const struct {
    const char* what;
    Pairs metadata;
    std::vector<Column> columns;
  } cases[] = {
      {"no rows", ChunkMetadata(), {RowIds({}), Index("t", "[]"), Data(kFoo, kNumbers, "[]")}},
      {"static", ChunkMetadata(), {RowIds({1}), Data(kFoo, kNumbers, "[[1]]")}},
      {"no component columns", ChunkMetadata(), {RowIds({1}), Index("t", "[1]")}},
      {"id without prefix", no_prefix, {RowIds({1})}},
      {"other kind names",
       ChunkMetadata(),
       {RowIds({1}, {{"rerun:kind", "row_id"}}), Make("t", arrow::int64(), "[1]", {{"rerun:kind", "time"}})}},
      {"no kind", ChunkMetadata(), {RowIds({1}), Make("foo", kNumbers, "[[1]]", {})}},
      {"newer version", ChunkMetadata("/a", "9.1.0"), {RowIds({1})}},
      {"timezone",
       ChunkMetadata(),
       {RowIds({1}), Make("t", arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), "[1]", {{"rerun:kind", "index"}})}},
  };
  for (const auto& c : cases) {
    const auto chunk = DecodeChunk(IpcOf(c.metadata, c.columns));
    EXPECT_TRUE(chunk.ok()) << c.what << ": " << chunk.status();
  }
  EXPECT_TRUE(DecodeChunk(IpcOf(ChunkMetadata(), cases[7].columns))
                  ->batch->column(1)
                  ->type()
                  ->Equals(arrow::timestamp(arrow::TimeUnit::NANO)));
  EXPECT_EQ(*DecodeChunk(IpcOf(cases[6].metadata, cases[6].columns))->batch->schema()->metadata()->Get("sorbet:version"),
            "9.1.0");
}

TEST(DecodeChunk, WrapsColumnsThatAreNoLists) {
  const auto other_list = arrow::list(arrow::field("element", arrow::int64(), false));
  const auto items = [](const std::shared_ptr<arrow::DataType>& type) { return arrow::list(arrow::field("item", type, true)); };
  const struct {
    std::shared_ptr<arrow::DataType> stored;
    const char* json;
    std::shared_ptr<arrow::DataType> type;
    const char* cells;
  } cases[] = {
      {arrow::int64(), "[1, null, 3]", items(arrow::int64()), "[[1], null, [3]]"},
      {arrow::null(), "[null, null, null]", items(arrow::null()), "[null, null, null]"},
      {arrow::large_list(arrow::int64()), "[[1, 2], null, []]", items(arrow::large_list(arrow::int64())),
       "[[[1, 2]], null, [[]]]"},
      {other_list, "[[1, 2], null, []]", items(arrow::int64()), "[[1, 2], null, []]"},
  };
  for (const auto& c : cases) {
    const auto chunk = DecodeChunk(IpcOf(ChunkMetadata(), {RowIds({1, 2, 3}), Data(kFoo, c.stored, c.json)}));
    ASSERT_TRUE(chunk.ok()) << chunk.status();
    EXPECT_TRUE(chunk->batch->column(1)->type()->Equals(c.type)) << chunk->batch->column(1)->type()->ToString();
    EXPECT_TRUE(chunk->batch->column(1)->Equals(testing::FromJson(c.type, c.cells))) << chunk->batch->column(1)->ToString();
    EXPECT_TRUE(chunk->batch->ValidateFull().ok());
  }
}

TEST(DecodeChunk, RefusesWhatIsNoChunk) {
  Pairs no_id = ChunkMetadata();
  no_id.erase(no_id.begin() + 1);
  Pairs no_path = ChunkMetadata();
  no_path.erase(no_path.begin());
  Pairs bad_id = ChunkMetadata();
  bad_id[1].second = "row_" + testing::kChunkId.text();
  const Column ids = RowIds({1});
  const struct {
    const char* message;
    Pairs metadata;
    std::vector<Column> columns;
  } cases[] = {
      {"rerun:id", no_id, {ids}},
      {"rerun:entity_path", no_path, {ids}},
      {"32 hex digits", bad_id, {ids}},
      {"first column", ChunkMetadata(), {Index("t", "[1]"), ids}},
      {"first column", ChunkMetadata(), {}},
      {"second row-id column", ChunkMetadata(), {ids, ids}},
      {"'t' comes after a component", ChunkMetadata(), {ids, Data(kFoo, kNumbers, "[[1]]"), Index("t", "[1]")}},
      {"fixed_size_binary[16]", ChunkMetadata(), {Make("id", arrow::int64(), "[1]", {{"rerun:kind", "control"}})}},
      {"row-id column holds 1 nulls",
       ChunkMetadata(),
       {Make("id", arrow::fixed_size_binary(16), "[null]", {{"rerun:kind", "control"}})}},
      {"index column 't' holds 1 nulls", ChunkMetadata(), {ids, Index("t", "[null]")}},
      {"index column 't'", ChunkMetadata(), {ids, Make("t", arrow::float32(), "[1]", {{"rerun:kind", "index"}})}},
      {"no name", ChunkMetadata(), {ids, Index("", "[1]")}},
      {"two index columns 't'", ChunkMetadata(), {ids, Index("t", "[1]"), Index("t", "[2]")}},
      {"two columns of component 'foo'",
       ChunkMetadata(),
       {ids, Data(kFoo, kNumbers, "[[1]]"), Data({"x", "foo", ""}, kNumbers, "[[1]]")}},
      {"unknown rerun:kind 'blob'", ChunkMetadata(), {ids, Make("x", kNumbers, "[[1]]", {{"rerun:kind", "blob"}})}},
      {"dictionary", ChunkMetadata(), {ids, Make("x", arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["a"])", {})}},
  };
  for (const auto& c : cases) {
    const auto chunk = DecodeChunk(IpcOf(c.metadata, c.columns));
    ASSERT_FALSE(chunk.ok()) << c.message;
    EXPECT_EQ(base::CodeOf(chunk.status()), base::Code::kInvalidArgument);
    EXPECT_THAT(chunk.status().message(), HasSubstr(c.message));
  }
}

TEST(DecodeChunk, RefusesCompressedBodies) {
  arrow::ipc::IpcWriteOptions options;
  options.codec = arrow::util::Codec::Create(arrow::Compression::LZ4_FRAME).ValueOrDie();
  const auto chunk = DecodeChunk(IpcOf(*BatchOf(ChunkMetadata(), TwoRows()), options));
  ASSERT_FALSE(chunk.ok());
  EXPECT_THAT(chunk.status().message(), HasSubstr("compression"));
}

TEST(DecodeChunk, RefusesDeepNesting) {
  std::shared_ptr<arrow::DataType> type = arrow::int8();
  for (int i = 0; i <= kFieldDepthMax; ++i) type = arrow::list(type);
  const auto chunk = DecodeChunk(IpcOf(ChunkMetadata(), {RowIds({}), Make("x", type, "[]", {})}));
  ASSERT_FALSE(chunk.ok());
  EXPECT_THAT(chunk.status().message(), HasSubstr("nested"));
}

// Whatever the damage: an answer that holds, or an error, and no byte beyond the buffer (with the address sanitizer).
TEST(DecodeChunk, SurvivesDamage) {
  const auto ipc = IpcOf(ChunkMetadata(), TwoRows());
  for (int64_t length = 0; length < ipc->size() - 8; ++length) {
    const std::string cut = ipc->ToString().substr(0, static_cast<size_t>(length));
    const auto chunk = DecodeChunk(arrow::Buffer::FromString(cut));
    EXPECT_TRUE(!chunk.ok() || chunk->batch->ValidateFull().ok()) << length;
  }
  std::mt19937 random(3);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = ipc->ToString();
    for (int change = 0; change < 3; ++change) bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto chunk = DecodeChunk(arrow::Buffer::FromString(bytes));
    if (chunk.ok()) {
      EXPECT_TRUE(chunk->batch->ValidateFull().ok());
      EXPECT_TRUE(EncodeChunk(*chunk).ok());
    } else {
      EXPECT_EQ(base::CodeOf(chunk.status()), base::Code::kInvalidArgument) << chunk.status();
    }
  }
}

}  // namespace
}  // namespace mutoscope::chunk
