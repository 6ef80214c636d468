#include "chunk/ipc_read.h"

#include <cstring>
#include <span>

#include "arrow/ipc/dictionary.h"
#include "arrow/ipc/message.h"
#include "arrow/ipc/options.h"
#include "arrow/ipc/reader.h"
#include "base/status.h"

namespace mutoscope::chunk {
namespace {

constexpr uint64_t kBodyAlignmentBytes = 8;

std::span<const uint8_t> MetadataOf(const arrow::Buffer& stream, const MessageFrame& frame) {
  return {stream.data() + frame.metadata_offset, frame.metadata_length};
}

arrow::Status CheckInside(const arrow::Buffer& stream, uint64_t offset, uint64_t length, const char* what) {
  const auto size = static_cast<uint64_t>(stream.size());
  if (offset <= size && length <= size - offset) return arrow::Status::OK();
  return base::InvalidArgument("the Arrow IPC stream is cut short: {} of {} bytes at byte {} of {}", what, length, offset, size);
}

std::shared_ptr<arrow::Buffer> SliceOf(const std::shared_ptr<arrow::Buffer>& stream, uint64_t offset, uint64_t length) {
  return arrow::SliceBuffer(stream, static_cast<int64_t>(offset), static_cast<int64_t>(length));
}

// Arrow reads 64-bit values in place, so the body must be aligned in memory as it is in the stream.
arrow::Result<std::shared_ptr<arrow::Buffer>> AlignedBody(const std::shared_ptr<arrow::Buffer>& stream, uint64_t offset,
                                                          uint64_t length) {
  std::shared_ptr<arrow::Buffer> body = SliceOf(stream, offset, length);
  if (body->address() % kBodyAlignmentBytes == 0) return body;
  ARROW_ASSIGN_OR_RAISE(std::unique_ptr<arrow::Buffer> copy, arrow::AllocateBuffer(body->size()));
  std::memcpy(copy->mutable_data(), body->data(), length);
  return std::shared_ptr<arrow::Buffer>(std::move(copy));
}

arrow::Result<std::unique_ptr<arrow::ipc::Message>> OpenMessage(const std::shared_ptr<arrow::Buffer>& stream,
                                                                const MessageFrame& frame, std::shared_ptr<arrow::Buffer> body) {
  return arrow::ipc::Message::Open(SliceOf(stream, frame.metadata_offset, frame.metadata_length), std::move(body));
}

arrow::Status Damaged(const arrow::Status& status) {
  return base::InvalidArgument("damaged Arrow IPC stream: {}", status.message());
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::Schema>> ReadStoredSchema(const std::shared_ptr<arrow::Buffer>& stream,
                                                               const MessageFrame& frame) {
  ARROW_RETURN_NOT_OK(CheckInside(*stream, frame.metadata_offset, frame.metadata_length, "the schema"));
  ARROW_RETURN_NOT_OK(CheckSchemaMessage(MetadataOf(*stream, frame)));
  arrow::ipc::DictionaryMemo no_dictionaries;
  auto message = OpenMessage(stream, frame, nullptr);
  if (!message.ok()) return Damaged(message.status());
  auto schema = arrow::ipc::ReadSchema(**message, &no_dictionaries);
  if (!schema.ok()) return Damaged(schema.status());
  return schema;
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> ReadStoredBatch(const std::shared_ptr<arrow::Buffer>& stream) {
  const std::span<const uint8_t> bytes(stream->data(), static_cast<size_t>(stream->size()));
  ARROW_ASSIGN_OR_RAISE(const MessageFrame schema_frame, ReadFrame(bytes, 0));
  ARROW_ASSIGN_OR_RAISE(const std::shared_ptr<arrow::Schema> schema, ReadStoredSchema(stream, schema_frame));
  ARROW_ASSIGN_OR_RAISE(const MessageFrame frame, ReadFrame(bytes, schema_frame.metadata_end()));
  ARROW_RETURN_NOT_OK(CheckInside(*stream, frame.metadata_offset, frame.metadata_length, "the record batch header"));
  ARROW_ASSIGN_OR_RAISE(const BatchLayout layout, ReadBatchLayout(MetadataOf(*stream, frame)));
  ARROW_RETURN_NOT_OK(CheckInside(*stream, frame.metadata_end(), layout.body_length, "the record batch"));
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> body, AlignedBody(stream, frame.metadata_end(), layout.body_length));
  auto message = OpenMessage(stream, frame, std::move(body));
  if (!message.ok()) return Damaged(message.status());
  arrow::ipc::DictionaryMemo no_dictionaries;
  arrow::ipc::IpcReadOptions options;
  options.use_threads = false;
  options.max_recursion_depth = kFieldDepthMax + 1;
  auto batch = arrow::ipc::ReadRecordBatch(**message, schema, &no_dictionaries, options);
  if (!batch.ok()) return Damaged(batch.status());
  if (const arrow::Status valid = (*batch)->ValidateFull(); !valid.ok()) return Damaged(valid);
  return batch;
}

}  // namespace mutoscope::chunk
