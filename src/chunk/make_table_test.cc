// Chunk tables of whole files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "chunk/chunk_table.h"
#include "rrd/testing/open_bytes.h"
#include "rrd/testing/rrd_builder.h"

namespace mutoscope::chunk {
namespace {

using rrd::testing::FileOfBytes;
using rrd::testing::StreamBuilder;
using ::testing::HasSubstr;

struct File {
  StreamBuilder stream;
  std::vector<rrd::ChunkPlace> places;
};

// Two temporal chunks of one entity and a static one.
File ThreeChunks() {
  File file;
  const rrd::Store store = rrd::testing::RecordingStore("rec");
  file.stream.Announce(store);
  file.places.push_back(file.stream.Chunk(store, {.entity = "/cam", .rows = 3, .first_frame = 10}, rrd::Compression::kNone));
  file.places.push_back(file.stream.Chunk(store, {.entity = "/cam", .rows = 2, .first_frame = 0}));
  file.places.push_back(file.stream.Chunk(store, {.entity = "/b", .rows = 1, .is_static = true}, rrd::Compression::kNone));
  return file;
}

void ExpectAllChunks(const ChunkTable& table, const std::vector<rrd::ChunkPlace>& places) {
  EXPECT_EQ(table.entities, (std::vector<std::string>{"/cam", "/b"}));
  ASSERT_EQ(table.chunks.size(), 3U);
  for (size_t i = 0; i < places.size(); ++i) EXPECT_EQ(table.chunks[i].place.message_offset, places[i].message_offset);
  EXPECT_EQ(table.chunks[0].times[0].range, (TimeRange{10, 12}));
  EXPECT_TRUE(table.chunks[2].is_static);
  EXPECT_EQ(table.schema->field_names(),
            (std::vector<std::string>{"rerun.controls.RowId", "frame", "/b:AnyBlob:value", "/cam:AnyBlob:value"}));
}

TEST(MakeChunkTable, ReadsAllChunksWithoutAFooter) {
  const File file = ThreeChunks();
  const FileOfBytes bytes(file.stream.bytes());
  const rrd::Recording recording = rrd::ReadRecording(*bytes).ValueOrDie();
  std::vector<rrd::Finding> findings;
  const auto table = MakeChunkTable(*bytes, recording.stores.at(0), &findings);
  ASSERT_TRUE(table.ok()) << table.status();
  ExpectAllChunks(*table, file.places);
  EXPECT_TRUE(findings.empty());
}

TEST(MakeChunkTable, ReadsAllChunksWhereTheManifestDoesNotHold) {
  File file = ThreeChunks();
  const FileOfBytes bytes(file.stream.Finish());
  rrd::StoreContents contents = rrd::ReadRecording(*bytes).ValueOrDie().stores.at(0);
  ASSERT_TRUE(contents.manifest.has_value());
  const auto& chunks = contents.manifest->chunks;
  contents.manifest->chunks = chunks->RemoveColumn(chunks->schema()->GetFieldIndex("frame:end")).ValueOrDie();
  std::vector<rrd::Finding> findings;
  const auto table = MakeChunkTable(*bytes, contents, &findings);
  ASSERT_TRUE(table.ok()) << table.status();
  ExpectAllChunks(*table, file.places);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_THAT(findings[0].what, HasSubstr("':end'"));
}

TEST(TableFromChunks, LeavesDamagedChunksOut) {
  const File file = ThreeChunks();
  std::string damaged = file.stream.bytes();
  const size_t arrow_marker = damaged.find("\xFF\xFF\xFF\xFF");  // of the first chunk, which is stored uncompressed
  ASSERT_NE(arrow_marker, std::string::npos);
  damaged[arrow_marker] = 0;
  const FileOfBytes bytes(damaged);
  const rrd::Recording recording = rrd::ReadRecording(*bytes).ValueOrDie();
  std::vector<rrd::Finding> findings;
  const auto table = TableFromChunks(*bytes, recording.stores.at(0), &findings);
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->chunks.size(), 2U);
  EXPECT_EQ(table->chunks[0].times[0].range, (TimeRange{0, 1}));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].offset, file.places[0].message_offset);
  EXPECT_THAT(findings[0].what, HasSubstr("left out"));
}

}  // namespace
}  // namespace mutoscope::chunk
