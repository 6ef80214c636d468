// What IpcEncoder sends, IpcMessages reads, however it is cut on the way.
#include "native/ipc_stream.h"

#include <gtest/gtest.h>

#include <random>

#include "arrow/api.h"
#include "arrow/ipc/reader.h"
#include "arrow/json/from_string.h"
#include "arrow/table.h"
#include "base/status.h"
#include "mutoscope/v1/query.pb.h"
#include "native/ipc_slices.h"

namespace mutoscope::native {
namespace {

std::shared_ptr<arrow::RecordBatch> MakeBatch(int64_t rows) {
  arrow::Int64Builder numbers;
  auto blobs = std::make_shared<arrow::BinaryBuilder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), blobs);
  for (int64_t row = 0; row < rows; ++row) {
    (void)numbers.Append(row);
    (void)(row % 3 == 0 ? lists.AppendNull() : lists.Append());
    if (row % 3 == 1) (void)blobs->Append(std::string(static_cast<size_t>(row * 100), static_cast<char>(row)));
  }
  const arrow::ArrayVector columns = {numbers.Finish().ValueOrDie(), lists.Finish().ValueOrDie()};
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("n", columns[0]->type()), arrow::field("b", columns[1]->type())}),
                                  rows, columns);
}

// The message in pieces of up to 700 bytes, some of them empty.
Pieces Cut(const grpc::ByteBuffer& message, std::mt19937& random) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(message.Dump(&slices).ok());
  std::string bytes;
  for (const auto& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  Pieces pieces;
  for (size_t next = 0; next < bytes.size();) {
    const size_t length = std::min<size_t>(random() % 700, bytes.size() - next);
    pieces.push_back(arrow::Buffer::FromString(bytes.substr(next, length)));
    next += length;
  }
  return pieces;
}

arrow::Result<std::shared_ptr<arrow::Table>> Decode(const std::vector<Pieces>& messages) {
  size_t next = 0;
  auto source = std::make_unique<IpcMessages>([&]() -> arrow::Result<std::optional<IpcPart>> {
    if (next == messages.size()) return std::nullopt;
    ARROW_ASSIGN_OR_RAISE(auto part, ParseIpcPart(messages[next++], v1::QueryResponse::kIpcFieldNumber));
    return part;
  });
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::ipc::RecordBatchStreamReader::Open(std::move(source), ReceivedIpcOptions()));
  return reader->ToTable();
}

std::vector<Pieces> Encode(const arrow::RecordBatchVector& batches, int64_t message_bytes_max, std::mt19937& random) {
  const auto encoder = IpcEncoder::Make(MakeBatch(0)->schema(), message_bytes_max).ValueOrDie();
  std::vector<Pieces> cut;
  for (const auto& batch : batches) {
    for (const auto& message : encoder->Encode(*batch).ValueOrDie()) cut.push_back(Cut(message, random));
  }
  for (const auto& message : encoder->EncodeEnd().ValueOrDie()) cut.push_back(Cut(message, random));
  return cut;
}

TEST(IpcStreamTest, BatchesArriveHoweverTheyAreCut) {
  std::mt19937 random(3);
  const arrow::RecordBatchVector batches = {MakeBatch(50), MakeBatch(0), MakeBatch(1)->Slice(1), MakeBatch(120)->Slice(7, 90)};
  const auto expected = arrow::Table::FromRecordBatches(batches).ValueOrDie();
  for (const int64_t message_bytes_max : {int64_t{64}, int64_t{1000}, kMessageBytesMax}) {
    const auto messages = Encode(batches, message_bytes_max, random);
    if (message_bytes_max < 1000) {
      EXPECT_GT(messages.size(), 1000u);
    }
    const auto table = Decode(messages).ValueOrDie();
    EXPECT_TRUE(table->ValidateFull().ok());
    EXPECT_TRUE(table->Equals(*expected));
  }
}

TEST(IpcStreamTest, AnAnswerWithoutBatchesHasItsSchema) {
  std::mt19937 random(3);
  const auto table = Decode(Encode({}, kMessageBytesMax, random)).ValueOrDie();
  EXPECT_TRUE(table->schema()->Equals(*MakeBatch(0)->schema()));
  EXPECT_EQ(table->num_rows(), 0);
}

TEST(IpcStreamTest, TheMessageIsOneThatAnyProtobufReaderReads) {
  std::mt19937 random(3);
  for (const auto& pieces : Encode({MakeBatch(20)}, 256, random)) {
    v1::QueryResponse message;
    const auto joined = arrow::ConcatenateBuffers(pieces).ValueOrDie();
    ASSERT_TRUE(message.ParseFromArray(joined->data(), static_cast<int>(joined->size())));
    EXPECT_GT(message.ipc().size(), 0u);
  }
}

TEST(IpcStreamTest, LargeBuffersAreNotCopied) {
  const auto blob = arrow::AllocateBuffer(1 << 20).ValueOrDie();
  const std::shared_ptr<arrow::Buffer> shared(blob.get(), [](arrow::Buffer*) {});
  std::memset(blob->mutable_data(), 7, 1 << 20);
  const auto array = std::make_shared<arrow::UInt8Array>(1 << 20, shared);
  std::vector<grpc::Slice> slices;
  ASSERT_TRUE(EncodeCell(array).ValueOrDie().Dump(&slices).ok());
  EXPECT_TRUE(std::any_of(slices.begin(), slices.end(), [&](const grpc::Slice& slice) { return slice.begin() == blob->data(); }));
}

TEST(IpcStreamTest, MalformedAnswersAreTold) {
  std::mt19937 random(3);
  auto messages = Encode({MakeBatch(50), MakeBatch(50)}, kMessageBytesMax, random);
  ASSERT_EQ(messages.size(), 2u);
  const auto whole = arrow::ConcatenateBuffers(messages[1]).ValueOrDie()->ToString();
  for (const std::string& damaged :
       {whole.substr(0, whole.size() / 2), "\x12\x10" + whole.substr(0, 16), std::string("\xff\xff\xff"), std::string("\x13")}) {
    messages[1] = {arrow::Buffer::FromString(damaged)};
    EXPECT_FALSE(Decode(messages).ok());
  }
}

}  // namespace
}  // namespace mutoscope::native
