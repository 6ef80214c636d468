#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/status.h"
#include "rrd/recording.h"
#include "rrd/testing/open_bytes.h"
#include "rrd/testing/rrd_builder.h"

namespace mutoscope::rrd {
namespace {

using ::testing::AllOf;
using testing::ChunkSpec;
using testing::FileOfBytes;
using ::testing::HasSubstr;
using testing::RecordingStore;
using testing::StreamBuilder;

// A file with one message, and its place.
struct OneMessage {
  explicit OneMessage(const std::string& message) {
    StreamBuilder stream;
    place = {stream.Message(2, message), message.size(), 0};
    file = std::make_unique<FileOfBytes>(stream.bytes());
  }
  std::unique_ptr<FileOfBytes> file;
  ChunkPlace place;
};

testing::pb::ArrowMsg GoodMessage() {
  testing::pb::ArrowMsg message;
  message.mutable_store_id()->set_recording_id("rec");
  message.set_compression(testing::common::COMPRESSION_NONE);
  message.set_uncompressed_size(5);
  message.set_encoding(testing::pb::ENCODING_ARROW_IPC);
  message.set_payload("12345");
  return message;
}

// Fields 100 to 103: a varint, bytes, fixed64, fixed32.
const std::string kUnknownFields(
    "\xA0\x06\x01"
    "\xAA\x06\x03"
    "abc"
    "\xB1\x06"
    "12345678"
    "\xBD\x06"
    "1234");

TEST(ReadArrowMsgHead, ReadsAllFieldsWithoutThePayload) {
  StreamBuilder stream;
  const ChunkSpec spec{.rows = 3, .is_static = true, .cell_bytes = 9000, .noise = true};
  const ChunkPlace lz4 = stream.Chunk({StoreKind::kBlueprint, "rec", "my app"}, spec);
  const ChunkPlace plain = stream.Chunk(RecordingStore("r2"), spec, Compression::kNone);
  const FileOfBytes file(stream.Finish());
  const ArrowMsgHead head = ReadArrowMsgHead(*file, lz4).ValueOrDie();
  EXPECT_EQ(head.store.kind, StoreKind::kBlueprint);
  EXPECT_EQ(head.store.recording_id, "rec");
  EXPECT_EQ(head.store.application_id, "my app");
  EXPECT_EQ(head.compression, Compression::kLz4);
  EXPECT_EQ(head.uncompressed_size, lz4.uncompressed_size);
  EXPECT_EQ(head.chunk_id, spec.id);
  EXPECT_EQ(head.is_static, true);
  const std::string ipc = testing::IpcOf(*testing::MakeChunk(spec))->ToString();
  EXPECT_EQ((*ReadPayload(*file, head))->ToString(), ipc);
  const ArrowMsgHead plain_head = ReadArrowMsgHead(*file, plain).ValueOrDie();
  EXPECT_EQ(plain_head.compression, Compression::kNone);
  EXPECT_EQ((*ReadPayload(*file, plain_head))->ToString(), ipc);
}

TEST(ReadArrowMsgHead, ReadsFieldsInAnyOrderAndOfAnySize) {
  const std::string payload(100'000, 'p');
  auto first = GoodMessage();
  first.set_payload(payload);
  first.mutable_store_id()->set_recording_id(std::string(3000, 'r'));
  testing::pb::ArrowMsg last;
  last.mutable_chunk_id()->set_time_ns(7);
  last.set_is_static(false);
  for (const std::string& bytes :
       {first.SerializeAsString() + last.SerializeAsString(), last.SerializeAsString() + first.SerializeAsString(),
        kUnknownFields + first.SerializeAsString() + kUnknownFields + last.SerializeAsString() + kUnknownFields}) {
    const OneMessage message(bytes);
    const ArrowMsgHead head = ReadArrowMsgHead(**message.file, message.place).ValueOrDie();
    EXPECT_EQ(head.store.recording_id.size(), 3000u);
    EXPECT_EQ(head.chunk_id, (base::Tuid{7, 0}));
    EXPECT_EQ(head.is_static, false);
    EXPECT_EQ(head.uncompressed_size, payload.size()) << "plain bytes are as many as they are";
    EXPECT_EQ((*ReadPayload(**message.file, head))->ToString(), payload);
  }
}

TEST(ReadArrowMsgHead, RefusesWhatDoesNotHold) {
  struct Case {
    const char* says;
    std::string bytes;
  };
  const auto with = [](auto change) {
    auto message = GoodMessage();
    change(message);
    return message.SerializeAsString();
  };
  const std::string good = GoodMessage().SerializeAsString();
  for (const auto& [says, bytes] : {
           Case{"no store id", with([](auto& m) { m.clear_store_id(); })},
           Case{"no recording id", with([](auto& m) { m.mutable_store_id()->clear_recording_id(); })},
           Case{"store id does not parse", with([](auto& m) { m.clear_store_id(); }) + "\x0A\x02\x12\x09"},
           Case{"no payload", with([](auto& m) { m.clear_payload(); })},
           Case{"encoding is 0", with([](auto& m) { m.clear_encoding(); })},
           Case{"compression is 9", with([](auto& m) { m.set_compression(static_cast<testing::common::Compression>(9)); })},
           Case{"expands at most 255", with([](auto& m) {
                  m.set_compression(testing::common::COMPRESSION_LZ4);
                  m.set_uncompressed_size(5 * 255 + 1);
                })},
           Case{"larger than LZ4 allows", with([](auto& m) {
                  m.set_compression(testing::common::COMPRESSION_LZ4);
                  m.set_uncompressed_size(uint64_t{1} << 32);
                })},
           Case{"at most 17179869184", with([](auto& m) {
                  m.set_compression(testing::common::COMPRESSION_LZ4);
                  m.set_uncompressed_size(UINT64_MAX);
                })},
           Case{"an id of 70000 bytes", with([](auto& m) { m.mutable_store_id()->set_recording_id(std::string(69'996, 'r')); })},
           Case{"does not parse", good + "\xFF"},
           Case{"does not parse", good + "\x80"},
           Case{"does not parse", std::string("\x0B", 1) + good},  // a group
           Case{"needs 127 bytes, the message has 1 left", good + "\xAA\x06\x7F"
                                                                  "a"},
       }) {
    const OneMessage message(bytes);
    const auto status = ReadArrowMsgHead(**message.file, message.place).status();
    EXPECT_EQ(base::CodeOf(status), base::Code::kDataLoss) << says;
    EXPECT_THAT(status.message(), AllOf(HasSubstr(says), HasSubstr("test.rrd'"), HasSubstr("chunk at offset 28")));
  }
}

TEST(ReadArrowMsgHead, OfEveryTruncationIsAnErrorOrWhole) {
  const std::string good = GoodMessage().SerializeAsString();
  for (size_t size = 0; size < good.size(); ++size) {
    const OneMessage message(good.substr(0, size));
    EXPECT_FALSE(ReadArrowMsgHead(**message.file, message.place).ok()) << size;
  }
}

TEST(ReadArrowMsgHead, RefusesPlacesOutsideTheFile) {
  const OneMessage message(GoodMessage().SerializeAsString());
  const uint64_t size = (**message.file).size();
  for (const auto& place :
       {ChunkPlace{size - 3, 4, 0}, ChunkPlace{size + 1, 0, 0}, ChunkPlace{28, UINT64_MAX, 0}, ChunkPlace{UINT64_MAX, 9, 0}}) {
    const auto status = ReadArrowMsgHead(**message.file, place).status();
    EXPECT_EQ(base::CodeOf(status), base::Code::kDataLoss);
    EXPECT_THAT(status.message(), HasSubstr("inside the file"));
  }
}

TEST(ReadPayload, RefusesADamagedBlock) {
  StreamBuilder stream;
  const ChunkPlace place = stream.Chunk(RecordingStore("rec"), {.rows = 50, .cell_bytes = 100});
  const FileOfBytes file(stream.bytes());
  const ArrowMsgHead head = ReadArrowMsgHead(*file, place).ValueOrDie();
  struct Case {
    const char* name;
    ArrowMsgHead head;
  };
  ArrowMsgHead shorter = head, longer = head, elsewhere = head, outside = head, huge = head;
  shorter.payload_size /= 2;
  longer.uncompressed_size += 1;
  elsewhere.payload_offset += 5;
  outside.payload_offset = (*file).size() - 1;
  huge.uncompressed_size = UINT64_MAX;
  for (const auto& [name, bad] : {Case{"shorter", shorter}, Case{"longer", longer}, Case{"elsewhere", elsewhere},
                                  Case{"outside", outside}, Case{"huge", huge}}) {
    const auto status = ReadPayload(*file, bad).status();
    EXPECT_EQ(base::CodeOf(status), base::Code::kDataLoss) << name;
    EXPECT_THAT(status.message(), HasSubstr("test.rrd'"));
    EXPECT_EQ(base::CodeOf(ReadPayloadPrefix(*file, bad, UINT64_MAX).status()), base::Code::kDataLoss) << name;
  }
}

TEST(ReadPayloadPrefix, IsTheStartOfThePayloadForEveryLength) {
  struct Case {
    const char* name;
    ChunkSpec spec;
    Compression compression;
  };
  for (const auto& [name, spec, compression] :
       {Case{"compressible", {.rows = 40, .cell_bytes = 3000}, Compression::kLz4},
        Case{"noise", {.rows = 20, .cell_bytes = 5000, .noise = true}, Compression::kLz4},
        Case{"plain", {.rows = 5, .cell_bytes = 900}, Compression::kNone}, Case{"tiny", {.rows = 0}, Compression::kLz4}}) {
    StreamBuilder stream;
    const ChunkPlace place = stream.Chunk(RecordingStore("rec"), spec, compression);
    const FileOfBytes file(stream.bytes());
    const ArrowMsgHead head = ReadArrowMsgHead(*file, place).ValueOrDie();
    const std::string whole = (*ReadPayload(*file, head))->ToString();
    for (uint64_t length = 0; length < whole.size() + 700; length += 1 + length / 50) {
      const auto prefix = ReadPayloadPrefix(*file, head, length);
      ASSERT_TRUE(prefix.ok()) << name << length << prefix.status();
      ASSERT_EQ((*prefix)->ToString(), whole.substr(0, length)) << name << " " << length;
    }
  }
}

// liblz4 accepts a match at distance 0, and in a partial output leaves its bytes as they were.
TEST(ReadPayloadPrefix, OfADamagedBlockHoldsNoOldMemory) {
  const std::string block(
      "\x4F"
      "abcd"
      "\x00\x00"
      "\xFF\xFF\x00"
      "\x50"
      "vwxyz",
      16);
  testing::pb::ArrowMsg damaged = GoodMessage();
  damaged.set_compression(testing::common::COMPRESSION_LZ4);
  damaged.set_payload(block);
  damaged.set_uncompressed_size(4 + 19 + 510 + 5);
  const OneMessage message(damaged.SerializeAsString());
  const ArrowMsgHead head = ReadArrowMsgHead(**message.file, message.place).ValueOrDie();
  for (int i = 0; i < 100; ++i) {  // freed memory that the next buffer of that size may be
    const auto secret = arrow::AllocateBuffer(400).ValueOrDie();
    std::memset(secret->mutable_data(), 's', 400);
  }
  const auto prefix = ReadPayloadPrefix(**message.file, head, 400);
  ASSERT_TRUE(prefix.ok()) << prefix.status();
  const std::string text = (*prefix)->ToString();
  EXPECT_EQ(text.substr(0, 4), "abcd");
  EXPECT_EQ(text.find('s'), std::string::npos);
}

TEST(ReadPayloadPrefix, DoesNotNeedTheRestOfTheBlock) {
  StreamBuilder stream;
  const ChunkPlace place = stream.Chunk(RecordingStore("rec"), {.rows = 20, .cell_bytes = 20'000, .noise = true});
  std::string bytes = stream.bytes();
  const std::string whole =
      (*ReadPayload(*FileOfBytes(bytes), ReadArrowMsgHead(*FileOfBytes(bytes), place).ValueOrDie()))->ToString();
  std::fill(bytes.begin() + static_cast<int64_t>(place.message_offset + 20'000), bytes.end() - 100, '\xFF');
  const FileOfBytes damaged(bytes);
  const ArrowMsgHead head = ReadArrowMsgHead(*damaged, place).ValueOrDie();
  const auto all = ReadPayload(*damaged, head);
  EXPECT_TRUE(!all.ok() || (*all)->ToString() != whole) << "the damage is behind the prefix";
  EXPECT_EQ((*ReadPayloadPrefix(*damaged, head, 3000))->ToString(), whole.substr(0, 3000));
}

}  // namespace
}  // namespace mutoscope::rrd
