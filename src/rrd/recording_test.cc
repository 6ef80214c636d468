#include "rrd/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/status.h"
#include "rrd/testing/open_bytes.h"
#include "rrd/testing/rrd_builder.h"

namespace mutoscope::rrd {
namespace {

using testing::FileOfBytes;
using ::testing::HasSubstr;
using testing::Read;
using testing::RecordingStore;
using testing::StreamBuilder;

const Store kBlueprint = {StoreKind::kBlueprint, "rec_blue", "app"};

std::string OneStream(const std::string& recording_id, int chunks) {
  StreamBuilder stream;
  stream.Announce(RecordingStore(recording_id));
  stream.Announce(RecordingStore(recording_id));  // as SDKs do
  for (int i = 0; i < chunks; ++i)
    stream.Chunk(RecordingStore(recording_id), {.first_frame = int64_t{10} * i, .is_static = i == 0});
  return stream.Finish();
}

// Every place holds the chunk it says, decodes, and has the manifest's row if there is one.
void ExpectChunksReadable(const storage::File& file, const StoreContents& contents) {
  if (contents.manifest) {
    ASSERT_EQ(static_cast<size_t>(contents.manifest->chunks->num_rows()), contents.chunks.size());
  }
  for (size_t i = 0; i < contents.chunks.size(); ++i) {
    const auto head = ReadArrowMsgHead(file, contents.chunks[i]);
    ASSERT_TRUE(head.ok()) << head.status();
    EXPECT_EQ(head->store.recording_id, contents.store.recording_id);
    EXPECT_EQ(head->uncompressed_size, contents.chunks[i].uncompressed_size);
    EXPECT_EQ((*ReadPayload(file, *head))->size(), static_cast<int64_t>(head->uncompressed_size));
    if (!contents.manifest) continue;
    const auto ids = contents.manifest->chunks->GetColumnByName("chunk_id");
    EXPECT_EQ(static_cast<const arrow::FixedSizeBinaryArray&>(*ids).GetString(static_cast<int64_t>(i)),
              std::string(reinterpret_cast<const char*>(head->chunk_id->bytes().data()), 16));
  }
}

TEST(ReadRecording, ReadsStoresAndManifestsFromTheFooter) {
  StreamBuilder stream({0, 36, 3, 0});
  stream.Announce(kBlueprint);
  stream.Chunk(kBlueprint, {.entity = "/viewport"});
  stream.Message(3, "");  // a blueprint activation
  stream.Announce(RecordingStore("empty"));
  stream.Announce(RecordingStore("rec/ä"));
  for (int i = 0; i < 5; ++i)
    stream.Chunk(RecordingStore("rec/ä"), {.is_static = i == 0}, i % 2 ? Compression::kLz4 : Compression::kNone);
  stream.Announce(RecordingStore("last"));
  const FileOfBytes file(stream.Finish());
  const Recording recording = ReadRecording(*file).ValueOrDie();
  EXPECT_EQ(recording.writer_version, (std::array<uint8_t, 4>{0, 36, 3, 0}));
  EXPECT_EQ(recording.streams, 1u);
  EXPECT_FALSE(recording.scanned);
  EXPECT_TRUE(recording.findings.empty());
  struct Expected {
    StoreKind kind;
    const char* id;
    size_t chunks;
  };
  const std::vector<Expected> expected = {{StoreKind::kBlueprint, "rec_blue", 1},
                                          {StoreKind::kRecording, "empty", 0},
                                          {StoreKind::kRecording, "rec/ä", 5},
                                          {StoreKind::kRecording, "last", 0}};
  ASSERT_EQ(recording.stores.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const StoreContents& contents = recording.stores[i];
    EXPECT_EQ(contents.store.kind, expected[i].kind);
    EXPECT_EQ(contents.store.recording_id, expected[i].id);
    EXPECT_EQ(contents.store.application_id, "app");
    EXPECT_EQ(contents.chunks.size(), expected[i].chunks);
    EXPECT_EQ(contents.manifest.has_value(), expected[i].chunks > 0);
    ExpectChunksReadable(*file, contents);
  }
  EXPECT_EQ(recording.stores[2].manifest->schema->field_names(), std::vector<std::string>{"frame"});
  EXPECT_EQ(recording.stores[2].manifest->schema_sha256[31], 's');
}

TEST(ReadRecording, ReadsPlainManifests) {
  StreamBuilder stream;
  stream.manifest_compression = Compression::kNone;
  stream.Chunk(RecordingStore("rec"));
  const Recording recording = Read(stream.Finish()).ValueOrDie();
  ASSERT_EQ(recording.stores.size(), 1u);
  EXPECT_TRUE(recording.stores[0].manifest.has_value());
}

TEST(ReadRecording, ReadsStreamsWithoutFooter) {
  StreamBuilder dead;  // its writer died
  dead.Announce(RecordingStore("rec"));
  for (int i = 0; i < 3; ++i) dead.Chunk(RecordingStore("rec"));
  StreamBuilder old({0, 26, 2, 0});
  old.Announce(RecordingStore("rec"));
  for (int i = 0; i < 3; ++i) old.Chunk(RecordingStore("rec"));
  for (const std::string& bytes : {dead.bytes(), old.FinishWithoutFooter()}) {
    const FileOfBytes file(bytes);
    const Recording recording = ReadRecording(*file).ValueOrDie();
    EXPECT_TRUE(recording.scanned);
    EXPECT_TRUE(recording.findings.empty());
    ASSERT_EQ(recording.stores.size(), 1u);
    EXPECT_EQ(recording.stores[0].chunks.size(), 3u);
    EXPECT_FALSE(recording.stores[0].manifest.has_value());
    ExpectChunksReadable(*file, recording.stores[0]);
  }
}

TEST(ReadRecording, TakesTheApplicationOfOldFilesFromTheAnnouncement) {
  StreamBuilder old({0, 24, 1, 0});
  old.Announce(RecordingStore("rec", "the app"), true);
  old.Chunk(RecordingStore("rec"), {}, Compression::kLz4, true);
  old.Chunk(RecordingStore("nameless"), {}, Compression::kLz4, true);
  const Recording recording = Read(old.FinishWithoutFooter()).ValueOrDie();
  ASSERT_EQ(recording.stores.size(), 2u);
  EXPECT_EQ(recording.stores[0].store.application_id, "the app");
  EXPECT_EQ(recording.stores[0].chunks.size(), 1u);
  EXPECT_EQ(recording.stores[1].store.application_id, "");
  EXPECT_EQ(recording.stores[1].chunks.size(), 1u) << "served all the same";
  ASSERT_EQ(recording.findings.size(), 1u);
  EXPECT_THAT(recording.findings[0].what, HasSubstr("application of recording 'nameless'"));
}

TEST(ReadRecording, AttributesChunksThatComeBeforeTheAnnouncement) {
  StreamBuilder old({0, 24, 1, 0});
  old.Chunk(RecordingStore("rec"), {}, Compression::kLz4, true);
  old.Announce(RecordingStore("rec", "the app"), true);
  old.Chunk(RecordingStore("rec"), {}, Compression::kLz4, true);
  const Recording recording = Read(old.FinishWithoutFooter()).ValueOrDie();
  ASSERT_EQ(recording.stores.size(), 1u);
  EXPECT_EQ(recording.stores[0].store.application_id, "the app");
  EXPECT_EQ(recording.stores[0].chunks.size(), 2u);
}

struct Joined {
  const char* name;
  std::string bytes;
  std::vector<size_t> chunks;  // of each store
  size_t streams;
  bool scanned;
  size_t manifests;
};

TEST(ReadRecording, ReadsConcatenatedStreams) {
  StreamBuilder old({0, 26, 2, 0});
  old.Chunk(RecordingStore("old"));
  const std::string legacy = old.FinishWithoutFooter();
  StreamBuilder dead_builder;
  dead_builder.Chunk(RecordingStore("dead"));
  const std::string dead = dead_builder.bytes();
  const std::string header_only = StreamBuilder().bytes();
  const std::string a = OneStream("a", 2), b = OneStream("b", 3);
  for (const auto& [name, bytes, chunks, streams, scanned, manifests] : {
           Joined{"two", a + b, {2, 3}, 2, false, 2},
           Joined{"the same store twice", a + a, {4}, 2, false, 0},
           Joined{"three", a + b + OneStream("c", 1), {2, 3, 1}, 3, false, 3},
           Joined{"no footer first", legacy + b, {1, 3}, 2, true, 1},
           Joined{"no footer last", b + legacy, {3, 1}, 2, true, 1},
           Joined{"no footer in the middle", a + legacy + b, {2, 1, 3}, 3, true, 2},
           Joined{"no footer twice", legacy + legacy, {2}, 2, true, 0},
           Joined{"no End first", dead + a, {1, 2}, 2, true, 1},
           Joined{"no End twice", dead + dead + legacy, {2, 1}, 3, true, 0},
           Joined{"an empty stream", a + header_only, {2}, 2, true, 1},
       }) {
    const FileOfBytes file(bytes);
    const Recording recording = ReadRecording(*file).ValueOrDie();
    EXPECT_EQ(recording.streams, streams) << name;
    EXPECT_EQ(recording.scanned, scanned) << name;
    EXPECT_TRUE(recording.findings.empty()) << name << ": " << recording.findings[0].what;
    std::vector<size_t> found;
    size_t found_manifests = 0;
    for (const auto& contents : recording.stores) {
      found.push_back(contents.chunks.size());
      found_manifests += contents.manifest.has_value();
      ExpectChunksReadable(*file, contents);
    }
    EXPECT_EQ(found, chunks) << name;
    EXPECT_EQ(found_manifests, manifests) << name;
  }
}

TEST(ReadRecording, OfAFileCutAnywhereServesAllWholeMessages) {
  StreamBuilder stream;
  stream.Announce(RecordingStore("rec"));
  std::vector<uint64_t> ends;
  for (int i = 0; i < 3; ++i) {
    const ChunkPlace place = stream.Chunk(RecordingStore("rec"), {.rows = 1, .cell_bytes = 4});
    ends.push_back(place.message_offset + place.message_size);
  }
  const std::string whole = stream.Finish();
  const uint64_t end_payload_begin = ends.back() + 16;
  const storage::testing::TempDir dir;
  const std::string path = dir.Write("cut.rrd", whole);
  for (size_t size = whole.size() - 1; size >= 12; --size) {
    std::filesystem::resize_file(path, size);
    const auto file = storage::File::Open(path).ValueOrDie();
    const auto recording = ReadRecording(*file);
    ASSERT_TRUE(recording.ok()) << size << recording.status();
    EXPECT_TRUE(recording->scanned);
    const auto expected = static_cast<size_t>(std::count_if(ends.begin(), ends.end(), [&](uint64_t end) { return end <= size; }));
    const size_t found = recording->stores.empty() ? 0 : recording->stores[0].chunks.size();
    ASSERT_EQ(found, expected) << "cut at " << size;
    EXPECT_LE(recording->findings.size(), 1u) << "cut at " << size;
    if (size > ends.back() && size < end_payload_begin) {
      ASSERT_EQ(recording->findings.size(), 1u);
      EXPECT_THAT(recording->findings[0].what, HasSubstr("cut in the middle of a message header"));
    }
    if (size == ends[1] + 100) {
      ASSERT_EQ(recording->findings.size(), 1u);
      EXPECT_EQ(recording->findings[0].offset, ends[1]);
      EXPECT_THAT(recording->findings[0].what,
                  HasSubstr("cut in the middle of a message: 84 of " + std::to_string(ends[2] - ends[1] - 16) +
                            " bytes are there; the 3 messages before it are served"));
    }
  }
}

TEST(ReadRecording, ServesWhatLiesBeforeGarbage) {
  const std::string stream = OneStream("rec", 3);
  for (const std::string& garbage : {std::string("x"), std::string(11, '\0'), std::string(500, 'g'), std::string(40, '\0')}) {
    const FileOfBytes file(stream + garbage);
    const Recording recording = ReadRecording(*file).ValueOrDie();
    ASSERT_EQ(recording.stores.size(), 1u);
    EXPECT_EQ(recording.stores[0].chunks.size(), 3u);
    EXPECT_TRUE(recording.stores[0].manifest.has_value()) << "the manifest holds: every message was seen";
    EXPECT_TRUE(recording.scanned);
    ASSERT_EQ(recording.findings.size(), 1u);
    EXPECT_EQ(recording.findings[0].offset, stream.size());
    EXPECT_THAT(recording.findings[0].what, HasSubstr(std::to_string(garbage.size()) + " bytes that are no RRD stream"));
    ExpectChunksReadable(*file, recording.stores[0]);
  }
}

TEST(ReadRecording, RefusesWhatIsNoRecording) {
  struct Case {
    std::string bytes;
    const char* says;
  };
  for (const auto& [bytes, says] : {
           Case{"", "too small to be an RRD: 0 bytes"},
           Case{"RRF2\x29", "too small to be an RRD: 5 bytes"},
           Case{"RRF1 and more text", "old, unsupported RRD"},
           Case{"MCAP and more text", "not an RRD"},
           Case{StreamBuilder({0, 22, 1, 0}).bytes(), "written by Rerun 0.22.1"},
       }) {
    const auto status = Read(bytes).status();
    EXPECT_EQ(base::CodeOf(status), base::Code::kInvalidArgument) << says;
    EXPECT_THAT(status.message(), HasSubstr(says));
    EXPECT_THAT(status.message(), HasSubstr("test.rrd'"));
  }
}

TEST(ReadRecording, AcceptsAHeaderAndNothingMore) {
  const Recording recording = Read(StreamBuilder().bytes()).ValueOrDie();
  EXPECT_TRUE(recording.stores.empty());
  EXPECT_TRUE(recording.findings.empty());
  EXPECT_EQ(recording.streams, 1u);
}

}  // namespace
}  // namespace mutoscope::rrd
