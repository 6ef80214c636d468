#include "chunk/recording_writer.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "arrow/ipc/writer.h"
#include "base/status.h"
#include "chunk/chunk_table.h"
#include "chunk/copy_recording.h"
#include "chunk/testing/chunk_builder.h"
#include "rrd/stream_header.h"
#include "rrd/testing/rrd_builder.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::chunk {
namespace {

using testing::ChunkMetadata;
using testing::Data;
using ::testing::HasSubstr;
using testing::Index;
using testing::IpcOf;
using testing::kFoo;
using testing::kScalars;
using testing::kText;
using testing::RowIds;
namespace pb = rerun::log_msg::v1alpha1;
namespace common = rerun::common::v1alpha1;

pb::SetStoreInfo Announcement(const std::string& recording) {
  return rrd::AnnouncementOf(rrd::testing::RecordingStore(recording));
}

// Metadata of the chunk with that number.
testing::Pairs Numbered(uint64_t number, const std::string& entity) {
  return {{"rerun:entity_path", entity}, {"rerun:id", "chunk_" + base::Tuid{1, number}.text()}, {"sorbet:version", "0.1.3"}};
}

pb::ArrowMsg MessageOf(const std::string& recording, const arrow::Buffer& ipc, base::Tuid id, bool compress = true) {
  pb::ArrowMsg message;
  *message.mutable_store_id() = rrd::ToProto(rrd::testing::RecordingStore(recording));
  message.set_compression(compress ? common::COMPRESSION_LZ4 : common::COMPRESSION_NONE);
  message.set_uncompressed_size(static_cast<uint64_t>(ipc.size()));
  message.set_encoding(pb::ENCODING_ARROW_IPC);
  message.set_payload(compress ? rrd::testing::Lz4Block(ipc.ToString()) : ipc.ToString());
  message.mutable_chunk_id()->set_time_ns(id.time_ns);
  message.mutable_chunk_id()->set_inc(id.inc);
  return message;
}

pb::ArrowMsg MessageOf(const std::string& recording, const rrd::testing::ChunkSpec& spec) {
  return MessageOf(recording, *rrd::testing::IpcOf(*rrd::testing::MakeChunk(spec)), spec.id, spec.rows % 2 == 0);
}

// Timelines and components come in another order than that of their names, sparse, empty, static and per chunk different.
std::vector<std::shared_ptr<arrow::Buffer>> VariedChunks() {
  const auto text = arrow::list(arrow::field("item", arrow::utf8(), true));
  const auto numbers = arrow::list(arrow::field("item", arrow::float64(), true));
  return {
      IpcOf(Numbered(1, "/z"), {RowIds({1, 2, 3}), Index("tick", "[7, 5, 9]"), Data(kText, text, R"([["a"], null, []])")}),
      IpcOf(Numbered(2, "/a"), {RowIds({4}), Index("frame", "[1]"), Index("tick", "[2]"), Data(kScalars, numbers, "[[0.5]]")}),
      IpcOf(Numbered(3, "/a"), {RowIds({5}), Data(kFoo, numbers, "[[1.0]]"), Data(kText, text, R"([["static"]])")}),
      IpcOf(Numbered(4, "/a"), {RowIds({}), Index("frame", "[]"), Data(kScalars, numbers, "[]")}),
      IpcOf(Numbered(5, "/z"), {RowIds({6, 7}), Index("tick", "[1, 2]"), Data(kText, text, "[null, null]")}),
  };
}

class RecordingWriterTest : public ::testing::Test {
 protected:
  storage::testing::TempDir dir_;
  const std::string path_ = dir_.path() + "/new/directory/made.rrd";

  std::unique_ptr<RecordingWriter> Create() { return RecordingWriter::Create(path_).ValueOrDie(); }
  rrd::Recording Read() { return rrd::ReadRecording(*storage::File::Open(path_).ValueOrDie()).ValueOrDie(); }
  std::string Bytes() {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(RecordingWriterTest, ItsManifestIsTrustedAndSaysWhatReadingEveryChunkSays) {
  auto writer = Create();
  ASSERT_TRUE(writer->Append(Announcement("one")).ok());
  uint64_t id = 0;
  for (const auto& ipc : VariedChunks()) {
    ASSERT_TRUE(writer->Append(MessageOf("one", *ipc, {1, ++id}, id % 2 == 0)).ok());
    ASSERT_TRUE(writer->Append(MessageOf("two", {.entity = "/cam", .rows = static_cast<int64_t>(id)})).ok());
  }
  ASSERT_TRUE(writer->Finish().ok());

  const rrd::Recording recording = Read();
  EXPECT_THAT(recording.findings, ::testing::IsEmpty());
  EXPECT_FALSE(recording.scanned);
  ASSERT_EQ(recording.stores.size(), 2u);
  const auto file = storage::File::Open(path_).ValueOrDie();
  for (const auto& store : recording.stores) {
    ASSERT_TRUE(store.manifest.has_value());
    const ChunkTable fast = TableFromManifest(store).ValueOrDie();
    std::vector<rrd::Finding> findings;
    const ChunkTable slow = TableFromChunks(*file, store, &findings).ValueOrDie();
    EXPECT_THAT(findings, ::testing::IsEmpty());
    EXPECT_TRUE(fast.schema->Equals(*slow.schema, true)) << fast.schema->ToString(true) << slow.schema->ToString(true);
    EXPECT_EQ(fast.schema_sha256, slow.schema_sha256);
    const auto of_fast = ManifestFromTable(fast).ValueOrDie();
    const auto of_slow = ManifestFromTable(slow).ValueOrDie();
    EXPECT_TRUE(of_fast->Equals(*of_slow, true)) << of_fast->ToString() << of_slow->ToString();
  }
  if (const char* keep = std::getenv("MUTOSCOPE_KEEP_RRD")) std::filesystem::copy_file(path_, keep);
}

TEST_F(RecordingWriterTest, MessagesAreWrittenAsTheyCame) {
  auto writer = Create();
  pb::LogMsg message;
  *message.mutable_arrow_msg() = MessageOf("one", {.entity = "/cam"});
  ASSERT_TRUE(writer->Append(message).ok());
  message.mutable_blueprint_activation_command()->set_make_active(true);
  ASSERT_TRUE(writer->Append(message).ok());
  *message.mutable_arrow_msg() = MessageOf("one", {.entity = "/other"});
  const std::string encoded = message.arrow_msg().SerializeAsString();
  ASSERT_TRUE(writer->Append(message).ok());
  EXPECT_TRUE(Bytes().ends_with(encoded));
  EXPECT_EQ(writer->size(), Bytes().size());
  EXPECT_EQ(writer->num_chunks(), 2u);
}

TEST_F(RecordingWriterTest, CutAnywhereTheWholeMessagesAreRead) {
  auto writer = Create();
  ASSERT_TRUE(writer->Append(Announcement("one")).ok());
  std::vector<uint64_t> ends;
  for (int64_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(writer->Append(MessageOf("one", {.rows = 1 + i, .first_frame = i})).ok());
    ends.push_back(writer->size());
  }
  ASSERT_TRUE(writer->Finish().ok());
  for (uint64_t length = writer->size() + 1; length-- > rrd::kStreamHeaderBytes;) {
    std::filesystem::resize_file(path_, length);
    const rrd::Recording recording = Read();
    const auto expected =
        static_cast<size_t>(std::count_if(ends.begin(), ends.end(), [&](uint64_t end) { return end <= length; }));
    ASSERT_EQ(recording.stores.empty() ? 0 : recording.stores[0].chunks.size(), expected) << length;
  }
}

TEST_F(RecordingWriterTest, WhatReadersCouldNotUseIsRefusedAndLeavesNothing) {
  const auto numbers = arrow::list(arrow::field("item", arrow::float64(), true));
  const auto text = arrow::list(arrow::field("item", arrow::utf8(), true));
  auto writer = Create();
  ASSERT_TRUE(writer
                  ->Append(MessageOf(
                      "one", *IpcOf(ChunkMetadata("/a"), {RowIds({1}), Index("t", "[1]"), Data(kFoo, numbers, "[[1]]")}), {1, 1}))
                  .ok());
  const std::string before = Bytes();

  const auto refused = [&](const pb::ArrowMsg& message, const std::string& why) {
    const arrow::Status status = writer->Append(message);
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(status.message(), HasSubstr(why));
    EXPECT_EQ(Bytes(), before);
  };
  refused(MessageOf("one", *IpcOf(ChunkMetadata("/a"), {RowIds({1}), Index("t", "[1]"), Data(kFoo, text, R"([["x"]])")}), {1, 2}),
          "column '/a:foo' is");
  refused(MessageOf("one", *IpcOf(ChunkMetadata("/a"), {RowIds({1}), Index("t", "[1]", TimelineKind::kDuration)}), {1, 2}),
          "timeline 't'");
  refused(MessageOf("one", *IpcOf({}, {RowIds({1})}), {1, 2}), "rerun:id");
  pb::ArrowMsg message = MessageOf("one", {});
  message.set_uncompressed_size(message.uncompressed_size() + 1);
  refused(message, "LZ4");
  message = MessageOf("one", {});
  message.set_encoding(pb::ENCODING_UNSPECIFIED);
  refused(message, "encoding");
  message = MessageOf("one", {});
  message.mutable_store_id()->clear_recording_id();
  refused(message, "recording id");
  EXPECT_FALSE(writer->Append(pb::LogMsg()).ok());
  EXPECT_EQ(Bytes(), before);

  ASSERT_TRUE(writer->Append(MessageOf("one", {})).ok());
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(Read().stores[0].chunks.size(), 2u);
  EXPECT_FALSE(writer->Append(MessageOf("one", {})).ok());
  EXPECT_FALSE(writer->Finish().ok());
}

TEST_F(RecordingWriterTest, ARecordingWithoutFooterIsCopiedIntoOneWithIt) {
  auto writer = Create();
  ASSERT_TRUE(writer->Append(Announcement("one")).ok());
  uint64_t id = 0;
  for (const auto& ipc : VariedChunks()) ASSERT_TRUE(writer->Append(MessageOf("one", *ipc, {1, ++id})).ok());
  const uint64_t whole = writer->size();
  ASSERT_TRUE(writer->Append(MessageOf("one", {})).ok());
  std::filesystem::resize_file(path_, writer->size() - 1);

  const auto cut = storage::File::Open(path_).ValueOrDie();
  EXPECT_FALSE(HasFooter(*cut).ValueOrDie());
  const std::string copy_path = dir_.path() + "/copy.rrd";
  auto copy = RecordingWriter::Create(copy_path).ValueOrDie();
  ASSERT_TRUE(CopyMessages(*cut, copy.get()).ok());
  EXPECT_EQ(copy->size(), whole);
  ASSERT_TRUE(copy->Finish().ok());

  const auto copied = storage::File::Open(copy_path).ValueOrDie();
  EXPECT_TRUE(HasFooter(*copied).ValueOrDie());
  const auto recording = rrd::ReadRecording(*copied).ValueOrDie();
  ASSERT_EQ(recording.stores.size(), 1u);
  EXPECT_TRUE(recording.stores[0].manifest.has_value());
  EXPECT_EQ(recording.stores[0].chunks.size(), VariedChunks().size());
}

TEST_F(RecordingWriterTest, ADamagedRecordingIsNotCopied) {
  auto writer = Create();
  ASSERT_TRUE(writer->Append(Announcement("one")).ok());
  const uint64_t begin = writer->size();
  ASSERT_TRUE(writer->Append(MessageOf("one", {})).ok());
  {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(begin + (writer->size() - begin) / 2));
    file.write("damage", 6);
  }
  auto copy = RecordingWriter::Create(dir_.path() + "/copy.rrd").ValueOrDie();
  const arrow::Status status = CopyMessages(*storage::File::Open(path_).ValueOrDie(), copy.get());
  EXPECT_EQ(base::CodeOf(status), base::Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr(path_));
}

TEST_F(RecordingWriterTest, ANameIsTakenOnce) {
  const auto writer = Create();
  const auto again = RecordingWriter::Create(path_);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(base::CodeOf(again.status()), base::Code::kInvalidArgument);
}

}  // namespace
}  // namespace mutoscope::chunk
