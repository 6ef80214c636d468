#include "live/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/status.h"
#include "live/reader.h"
#include "rrd/stream_writer.h"
#include "rrd/testing/rrd_builder.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::live {
namespace {

namespace pb = rerun::log_msg::v1alpha1;
namespace common = rerun::common::v1alpha1;
using ::testing::HasSubstr;

pb::LogMsg Announcement(const std::string& recording) {
  pb::LogMsg log;
  *log.mutable_set_store_info() = rrd::AnnouncementOf(rrd::testing::RecordingStore(recording));
  return log;
}

pb::LogMsg Chunk(const std::string& recording, const rrd::testing::ChunkSpec& spec) {
  const auto ipc = rrd::testing::IpcOf(*rrd::testing::MakeChunk(spec));
  pb::LogMsg log;
  auto& message = *log.mutable_arrow_msg();
  *message.mutable_store_id() = rrd::ToProto(rrd::testing::RecordingStore(recording));
  message.set_compression(common::COMPRESSION_NONE);
  message.set_uncompressed_size(static_cast<uint64_t>(ipc->size()));
  message.set_encoding(pb::ENCODING_ARROW_IPC);
  message.set_payload(ipc->ToString());
  return log;
}

class RecorderTest : public ::testing::Test {
 protected:
  RecorderTest() { Open(); }
  ~RecorderTest() override { Close(); }

  void Open() {
    catalog_ = catalog::Catalog::Open({dir_ / "data", {}, 1, false}).ValueOrDie();
    EXPECT_TRUE(RecoverRecordings(*catalog_).ok());
    recorder_ = Recorder::Open(*catalog_, "live").ValueOrDie();
  }
  void Close() {
    recorder_.reset();
    catalog_.reset();
  }
  std::shared_ptr<const catalog::DatasetSnapshot> Snapshot() const {
    return catalog_->Snapshot(catalog_->DatasetIdByName("live").ValueOrDie()).ValueOrDie();
  }

  const storage::testing::TempDir dir_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<Recorder> recorder_;
};

TEST_F(RecorderTest, WhoReadsAnEarlierStateReadsOn) {
  Recorder::Stream stream(*recorder_);
  ASSERT_TRUE(stream.Take(Announcement("r")).ok());
  ASSERT_TRUE(stream.Take(Chunk("r", {})).ok());
  ASSERT_TRUE(stream.Settle().ok());
  const auto before = Snapshot();
  ASSERT_EQ(before->layers.size(), 1u);
  const auto ref = before->index->Find(before->layers[0]->id, 0).ValueOrDie();
  const auto chunk = before->index->Info(ref);

  ASSERT_TRUE(stream.Take(Chunk("r", {.first_frame = 2})).ok());
  ASSERT_TRUE(stream.Settle().ok());
  const auto after = Snapshot();
  ASSERT_EQ(after->layers.size(), 1u);
  EXPECT_EQ(after->layers[0]->id, before->layers[0]->id);
  EXPECT_EQ(after->layers[0]->num_chunks, 2u);
  EXPECT_EQ(after->layers[0]->registered_at_ns, before->layers[0]->registered_at_ns);
  const auto same = after->index->Info(after->index->Find(chunk.layer, 0).ValueOrDie());
  EXPECT_EQ(same.id, chunk.id);
  EXPECT_EQ(same.place.message_offset, chunk.place.message_offset);

  EXPECT_EQ(before->index->num_chunks(), 1u);
  const auto file = catalog_->OpenLayer(*before->layers[0]).ValueOrDie();
  EXPECT_EQ(file->size(), before->layers[0]->identity.size) << "the earlier state of the file, not the whole of it";
  EXPECT_LT(file->size(), after->layers[0]->identity.size);
}

TEST_F(RecorderTest, ARecordingThatRestedGoesOnInItsFile) {
  for (int64_t run = 0; run < 3; ++run) {
    {
      Recorder::Stream stream(*recorder_);
      ASSERT_TRUE(stream.Take(Announcement("r")).ok());
      ASSERT_TRUE(stream.Take(Chunk("r", {.first_frame = 2 * run})).ok());
      ASSERT_TRUE(stream.Settle().ok());
    }
    Close();
    Open();
  }
  const auto snapshot = Snapshot();
  ASSERT_EQ(snapshot->layers.size(), 1u);
  EXPECT_EQ(snapshot->layers[0]->num_chunks, 3u);
  EXPECT_TRUE(catalog_->growing().Unfinished().ValueOrDie().empty());
}

TEST_F(RecorderTest, ChunksOfAnotherTypeAreRefusedAndTheRestGoesOn) {
  Recorder::Stream stream(*recorder_);
  ASSERT_TRUE(stream.Take(Chunk("r", {})).ok());
  auto bad = Chunk("r", {});
  bad.mutable_arrow_msg()->set_payload("garbage");
  const auto status = stream.Take(bad);
  EXPECT_EQ(base::CodeOf(status), base::Code::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("'r'"));
  ASSERT_TRUE(stream.Take(Chunk("r", {})).ok());
  ASSERT_TRUE(stream.Settle().ok());
  EXPECT_EQ(Snapshot()->layers[0]->num_chunks, 2u);
}

TEST_F(RecorderTest, ReadersGetHistoryThenNewsEachOnItsOwn) {
  Recorder::Stream stream(*recorder_);
  std::vector<pb::LogMsg> sent = {Announcement("a"), Chunk("a", {}),
                                  Chunk("a", {.rows = 5, .cell_bytes = 300'000, .noise = true})};
  for (const auto& log : sent) ASSERT_TRUE(stream.Take(log).ok());
  int woken = 0;
  Reader reader(*recorder_, [&] { ++woken; });
  const auto expect = [&](Reader* from, size_t first) {
    for (size_t i = first; i < sent.size(); ++i) {
      pb::LogMsg got;
      ASSERT_TRUE(from->Next(&got).ValueOrDie());
      EXPECT_EQ(got.SerializeAsString(), sent[i].SerializeAsString()) << i;
    }
    pb::LogMsg got;
    EXPECT_FALSE(from->Next(&got).ValueOrDie());
  };
  expect(&reader, 0);
  sent.push_back(Chunk("a", {.first_frame = 9}));
  ASSERT_TRUE(stream.Take(sent.back()).ok());
  EXPECT_GE(woken, 1);
  expect(&reader, sent.size() - 1);
  Reader late(*recorder_, [] {});
  expect(&late, 0);
}

TEST_F(RecorderTest, AnUnregisteredSegmentBeginsAnew) {
  Recorder::Stream stream(*recorder_);
  Reader reader(*recorder_, [] {});
  const auto announcement = Announcement("r");
  ASSERT_TRUE(stream.Take(announcement).ok());
  ASSERT_TRUE(stream.Take(Chunk("r", {})).ok());
  ASSERT_TRUE(stream.Settle().ok());
  const auto dataset = catalog_->DatasetIdByName("live").ValueOrDie();
  ASSERT_EQ(catalog_->Unregister(dataset, {"r"}, {}).ValueOrDie(), 1u);
  const auto next = Chunk("r", {.first_frame = 7});
  ASSERT_TRUE(stream.Take(next).ok());
  ASSERT_TRUE(stream.Settle().ok());
  EXPECT_EQ(Snapshot()->layers[0]->num_chunks, 1u);
  pb::LogMsg got;
  ASSERT_TRUE(reader.Next(&got).ValueOrDie());
  EXPECT_EQ(got.SerializeAsString(), announcement.SerializeAsString()) << "the new file is announced too";
  ASSERT_TRUE(reader.Next(&got).ValueOrDie());
  EXPECT_EQ(got.SerializeAsString(), next.SerializeAsString());
}

}  // namespace
}  // namespace mutoscope::live
