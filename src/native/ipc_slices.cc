#include "native/ipc_slices.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/slice.h>

#include <string>
#include <utility>
#include <vector>

#include "arrow/array.h"
#include "arrow/buffer.h"
#include "arrow/ipc/dictionary.h"
#include "base/bytes.h"
#include "mutoscope/v1/query.pb.h"

namespace mutoscope::native {
namespace {

using google::protobuf::internal::WireFormatLite;

constexpr int64_t kAlignmentBytes = 8;
constexpr int64_t kCopiedBytesMax = 1024;  // smaller buffers are copied: a slice costs more

int64_t Padding(int64_t bytes) { return (kAlignmentBytes - bytes % kAlignmentBytes) % kAlignmentBytes; }

// A slice of an Arrow buffer that keeps it alive.
grpc::Slice SliceOf(const std::shared_ptr<arrow::Buffer>& buffer, int64_t offset, int64_t length) {
  auto* owner = new std::shared_ptr<arrow::Buffer>(buffer);
  return grpc::Slice(
      const_cast<uint8_t*>((*owner)->data()) + offset, static_cast<size_t>(length),
      [](void* data) { delete static_cast<std::shared_ptr<arrow::Buffer>*>(data); }, owner);
}

// Fields before the bytes field, whose payload of `length` bytes follows.
std::string MessagePrefix(bool continues, int field, uint64_t length) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream out(&stream);
  if (continues) {
    out.WriteTag(WireFormatLite::MakeTag(v1::QueryResponse::kContinuesFieldNumber, WireFormatLite::WIRETYPE_VARINT));
    out.WriteVarint32(1);
  }
  out.WriteTag(WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  out.WriteVarint64(length);
  out.Trim();
  return bytes;
}

// Bytes to send: small pieces gathered, large ones referenced.
class Outgoing {
 public:
  void AddCopy(const void* data, int64_t length) {
    gathered_.append(static_cast<const char*>(data), static_cast<size_t>(length));
    bytes_ += length;
  }
  void AddZeros(int64_t count) {
    gathered_.append(static_cast<size_t>(count), '\0');
    bytes_ += count;
  }
  void Add(const std::shared_ptr<arrow::Buffer>& buffer) {
    if (buffer->size() <= kCopiedBytesMax) return AddCopy(buffer->data(), buffer->size());
    Flush();
    pieces_.push_back({buffer, buffer->size()});
    bytes_ += buffer->size();
  }
  int64_t bytes() const { return bytes_; }

  // Messages of at most `message_bytes_max` bytes of payload.
  void AppendMessages(int field, int64_t message_bytes_max, std::deque<grpc::ByteBuffer>* messages) {
    Flush();
    size_t next = 0;
    int64_t offset = 0, left = bytes_;
    do {
      int64_t room = std::min(left, message_bytes_max);
      left -= room;
      std::vector<grpc::Slice> slices;
      slices.emplace_back(MessagePrefix(left > 0, field, static_cast<uint64_t>(room)));
      while (room > 0) {
        const auto& [buffer, size] = pieces_[next];
        const int64_t length = std::min(room, size - offset);
        slices.push_back(SliceOf(buffer, offset, length));
        offset += length;
        room -= length;
        if (offset < size) continue;
        offset = 0;
        ++next;
      }
      messages->emplace_back(slices.data(), slices.size());
    } while (left > 0);
    pieces_.clear();
    bytes_ = 0;
  }

 private:
  struct Piece {
    std::shared_ptr<arrow::Buffer> buffer;
    int64_t size = 0;
  };

  void Flush() {
    if (gathered_.empty()) return;
    auto buffer = arrow::Buffer::FromString(std::exchange(gathered_, {}));
    const int64_t size = buffer->size();
    pieces_.push_back({std::move(buffer), size});
  }

  std::string gathered_;
  std::vector<Piece> pieces_;
  int64_t bytes_ = 0;
};

// One encapsulated message: marker, length, metadata, body; every part padded to 8 bytes.
void AddPayload(const arrow::ipc::IpcPayload& payload, Outgoing* pieces) {
  const int64_t metadata_padding = Padding(payload.metadata->size());
  uint8_t prefix[8];
  base::StoreLittle(prefix, uint32_t{0xFFFFFFFF});
  base::StoreLittle(prefix + 4, static_cast<uint32_t>(payload.metadata->size() + metadata_padding));
  pieces->AddCopy(prefix, sizeof(prefix));
  pieces->Add(payload.metadata);
  pieces->AddZeros(metadata_padding);
  int64_t body = 0;
  for (const auto& buffer : payload.body_buffers) {
    if (buffer == nullptr || buffer->size() == 0) continue;
    pieces->Add(buffer);
    pieces->AddZeros(Padding(buffer->size()));
    body += buffer->size() + Padding(buffer->size());
  }
  pieces->AddZeros(payload.body_length - body);
}

arrow::ipc::IpcWriteOptions WriteOptions() {
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.alignment = kAlignmentBytes;
  options.use_threads = false;
  return options;
}

}  // namespace

class IpcEncoder::Sink final : public arrow::ipc::internal::IpcPayloadWriter {
 public:
  explicit Sink(int64_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  arrow::Status WritePayload(const arrow::ipc::IpcPayload& payload) override {
    AddPayload(payload, &pieces_);
    return arrow::Status::OK();
  }
  arrow::Status Close() override { return arrow::Status::OK(); }

  // All payloads since the last call, in as few messages as can be.
  std::deque<grpc::ByteBuffer> Take() {
    std::deque<grpc::ByteBuffer> messages;
    if (pieces_.bytes() > 0) pieces_.AppendMessages(v1::QueryResponse::kIpcFieldNumber, message_bytes_max_, &messages);
    return messages;
  }

 private:
  const int64_t message_bytes_max_;
  Outgoing pieces_;
};

arrow::Result<std::unique_ptr<IpcEncoder>> IpcEncoder::Make(const std::shared_ptr<arrow::Schema>& schema,
                                                            int64_t message_bytes_max) {
  std::unique_ptr<IpcEncoder> encoder(new IpcEncoder());
  auto sink = std::make_unique<Sink>(message_bytes_max);
  encoder->sink_ = sink.get();
  ARROW_ASSIGN_OR_RAISE(encoder->writer_, arrow::ipc::internal::OpenRecordBatchWriter(std::move(sink), schema, WriteOptions()));
  return encoder;
}

arrow::Result<std::deque<grpc::ByteBuffer>> IpcEncoder::Encode(const arrow::RecordBatch& batch) {
  ARROW_RETURN_NOT_OK(writer_->WriteRecordBatch(batch));
  return sink_->Take();
}

arrow::Result<std::deque<grpc::ByteBuffer>> IpcEncoder::EncodeEnd() {
  ARROW_RETURN_NOT_OK(writer_->Close());
  return sink_->Take();
}

arrow::Result<grpc::ByteBuffer> EncodeCell(const std::shared_ptr<arrow::Array>& cell) {
  const auto schema = arrow::schema({arrow::field("cell", cell->type())});
  const auto batch = arrow::RecordBatch::Make(schema, cell->length(), {cell});
  arrow::ipc::DictionaryFieldMapper mapper(*schema);
  arrow::ipc::IpcPayload schema_payload, batch_payload;
  ARROW_RETURN_NOT_OK(arrow::ipc::GetSchemaPayload(*schema, WriteOptions(), mapper, &schema_payload));
  ARROW_RETURN_NOT_OK(arrow::ipc::GetRecordBatchPayload(*batch, WriteOptions(), &batch_payload));
  Outgoing pieces;
  AddPayload(schema_payload, &pieces);
  AddPayload(batch_payload, &pieces);
  std::deque<grpc::ByteBuffer> messages;
  pieces.AppendMessages(v1::CellResponse::kIpcFieldNumber, INT64_MAX, &messages);
  return std::move(messages.front());
}

}  // namespace mutoscope::native
