// What a manifest says is believed only if the file agrees: else all chunks are found by walking, and a finding says why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/status.h"
#include "rrd/recording.h"
#include "rrd/testing/open_bytes.h"
#include "rrd/testing/rrd_builder.h"

namespace mutoscope::rrd {
namespace {

using ::testing::HasSubstr;
using testing::ManifestRow;
using testing::Read;
using testing::RecordingStore;
using testing::StreamBuilder;

struct Case {
  const char* says;
  std::function<void(std::vector<ManifestRow>&, StreamBuilder&)> damage;
};

class Manifests : public ::testing::TestWithParam<Case> {};

TEST_P(Manifests, ThatDoNotHoldAreNotUsed) {
  StreamBuilder stream;
  stream.Announce(RecordingStore("rec"));
  for (int i = 0; i < 4; ++i) stream.Chunk(RecordingStore("rec"));
  GetParam().damage(stream.manifests["rec"].second, stream);
  const Recording recording = Read(stream.Finish()).ValueOrDie();
  EXPECT_TRUE(recording.scanned);
  EXPECT_EQ(recording.streams, 1u);
  ASSERT_EQ(recording.stores.size(), 1u);
  EXPECT_EQ(recording.stores[0].chunks.size(), 4u);
  EXPECT_FALSE(recording.stores[0].manifest.has_value());
  ASSERT_EQ(recording.findings.size(), 1u);
  EXPECT_THAT(recording.findings[0].what, HasSubstr("manifests are not used"));
  EXPECT_THAT(recording.findings[0].what, HasSubstr(GetParam().says));
}

using Rows = std::vector<ManifestRow>&;
INSTANTIATE_TEST_SUITE_P(
    All, Manifests,
    ::testing::Values(Case{"CRC check failed", [](Rows, StreamBuilder& stream) { stream.checksum_xor = 1; }},
                      Case{"the stream footer points at", [](Rows, StreamBuilder& stream) { stream.footer_offset_add = 3; }},
                      Case{"the stream footer points at",
                           [](Rows, StreamBuilder& stream) { stream.footer_offset_add = uint64_t{1} << 63; }},
                      Case{"where a message of kind", [](Rows rows, StreamBuilder&) { --rows[2].place.message_size; }},
                      Case{"overlaps", [](Rows rows, StreamBuilder&) { rows[1].place = rows[0].place; }},
                      Case{"overlaps", [](Rows rows, StreamBuilder&) { rows[0].place.message_offset = 0; }},
                      Case{"outside its stream", [](Rows rows, StreamBuilder&) { rows[3].place.message_size = UINT64_MAX; }},
                      Case{"outside its stream", [](Rows rows, StreamBuilder&) { rows[3].place.message_offset = UINT64_MAX; }},
                      Case{"no manifest lists", [](Rows rows, StreamBuilder&) { rows.erase(rows.begin() + 1); }},
                      Case{"no manifest lists", [](Rows rows, StreamBuilder&) { rows.pop_back(); }},
                      Case{"no manifest lists", [](Rows rows, StreamBuilder&) { rows[1].place.message_offset += 16; }},
                      Case{"not in file order", [](Rows rows, StreamBuilder&) { std::swap(rows[1], rows[2]); }}));

TEST(Manifests, OfFootersThatDoNotParseAreNotUsed) {
  struct BadFooter {
    const char* says;
    std::function<void(testing::pb::RrdManifest&)> damage;
  };
  namespace common = testing::common;
  for (const auto& [says, damage] : {
           BadFooter{"schema hash has 3 bytes", [](auto& manifest) { manifest.set_sorbet_schema_sha256("abc"); }},
           BadFooter{"no recording id", [](auto& manifest) { manifest.clear_store_id(); }},
           BadFooter{"Arrow IPC", [](auto& manifest) { manifest.mutable_sorbet_schema()->set_arrow_schema("garbage"); }},
           BadFooter{"Arrow IPC", [](auto& manifest) { manifest.clear_sorbet_schema(); }},
           BadFooter{"encoder version", [](auto& manifest) { manifest.mutable_data()->clear_encoder_version(); }},
           BadFooter{"compression is 7",
                     [](auto& manifest) { manifest.mutable_data()->set_compression(static_cast<common::Compression>(7)); }},
           BadFooter{"cannot hold the declared",
                     [](auto& manifest) { manifest.mutable_data()->set_uncompressed_size(uint64_t{1} << 40); }},
           BadFooter{"does not decode", [](auto& manifest) { manifest.mutable_data()->mutable_payload()->pop_back(); }},
           BadFooter{
               "does not decode",
               [](auto& manifest) { manifest.mutable_data()->set_uncompressed_size(manifest.data().uncompressed_size() + 1); }},
       }) {
    StreamBuilder good;
    good.Chunk(RecordingStore("rec"));
    StreamBuilder bad = good;
    const size_t end_begin = good.bytes().size() + 16;
    const std::string bytes = good.Finish();
    testing::pb::RrdFooter footer;
    ASSERT_TRUE(footer.ParseFromString(bytes.substr(end_begin, bytes.size() - end_begin - 32)));
    damage(*footer.mutable_manifests(0));
    const Recording recording = Read(bad.FinishWith(footer.SerializeAsString())).ValueOrDie();
    EXPECT_EQ(recording.stores.at(0).chunks.size(), 1u);
    EXPECT_FALSE(recording.stores[0].manifest.has_value()) << says;
    ASSERT_EQ(recording.findings.size(), 1u) << says;
    EXPECT_THAT(recording.findings[0].what, HasSubstr(says));
  }
}

TEST(Manifests, OfOneStreamDoNotSufferFromAnother) {
  StreamBuilder good, bad;
  good.Chunk(RecordingStore("good"));
  bad.Chunk(RecordingStore("bad"));
  bad.manifests["bad"].second[0].place.message_size += 1;
  const std::string good_bytes = good.Finish(), bad_bytes = bad.Finish();
  for (const std::string& bytes : {good_bytes + bad_bytes, bad_bytes + good_bytes}) {
    const Recording recording = Read(bytes).ValueOrDie();
    EXPECT_EQ(recording.streams, 2u);
    EXPECT_EQ(recording.findings.size(), 1u);
    ASSERT_EQ(recording.stores.size(), 2u);
    for (const auto& contents : recording.stores) {
      EXPECT_EQ(contents.chunks.size(), 1u);
      EXPECT_EQ(contents.manifest.has_value(), contents.store.recording_id == "good");
    }
  }
}

TEST(Scan, LeavesOutADamagedChunkAndNoOther) {
  StreamBuilder stream;
  stream.Chunk(RecordingStore("rec"));
  const uint64_t damaged = stream.Message(2, "this is no ArrowMsg at all");
  stream.Message(1, "nor this a SetStoreInfo");
  stream.Chunk(RecordingStore("rec"));
  const Recording recording = Read(stream.FinishWithoutFooter()).ValueOrDie();
  EXPECT_EQ(recording.stores.at(0).chunks.size(), 2u);
  ASSERT_EQ(recording.findings.size(), 2u);
  EXPECT_EQ(recording.findings[0].offset, damaged);
  EXPECT_THAT(recording.findings[0].what, HasSubstr("a chunk of 26 bytes is left out"));
  EXPECT_THAT(recording.findings[1].what, HasSubstr("SetStoreInfo"));
}

TEST(Scan, StopsAtBytesThatAreNoMessage) {
  struct Junk {
    uint64_t kind, size;
  };
  for (const auto& [kind, size] : {Junk{9, 4}, Junk{UINT64_MAX, 4}, Junk{2, UINT64_MAX}, Junk{2, (uint64_t{1} << 34) + 1}}) {
    StreamBuilder stream;
    stream.Chunk(RecordingStore("rec"));
    std::string bytes = stream.bytes();
    const size_t junk_begin = bytes.size();
    bytes.append(reinterpret_cast<const char*>(&kind), 8).append(reinterpret_cast<const char*>(&size), 8).append("junk");
    const Recording recording = Read(bytes).ValueOrDie();
    EXPECT_EQ(recording.stores.at(0).chunks.size(), 1u);
    ASSERT_EQ(recording.findings.size(), 1u);
    EXPECT_EQ(recording.findings[0].offset, junk_begin);
    EXPECT_THAT(recording.findings[0].what, HasSubstr("20 bytes that are no message"));
    EXPECT_THAT(recording.findings[0].what, HasSubstr("the 1 messages before them are served"));
  }
}

TEST(Scan, ReportsOnlyAsManyFindingsAsAPersonReads) {
  StreamBuilder stream;
  for (int i = 0; i < 250; ++i) stream.Message(2, "bad");
  const Recording recording = Read(stream.bytes()).ValueOrDie();
  ASSERT_EQ(recording.findings.size(), 100u);
  EXPECT_THAT(recording.findings.back().what, HasSubstr("150 more findings are left out"));
}

}  // namespace
}  // namespace mutoscope::rrd
