// Record batches as Arrow IPC in gRPC messages, without copying their buffers.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <deque>
#include <memory>

#include "arrow/ipc/writer.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"

namespace mutoscope::native {

// A message may be this large; a larger Arrow message is split (protobuf readers stop at 2 GiB).
inline constexpr int64_t kMessageBytesMax = int64_t{1} << 30;

// Puts QueryResponse messages together by hand. Buffers of batches live until gRPC has sent them. Not thread-safe.
class IpcEncoder {
 public:
  static arrow::Result<std::unique_ptr<IpcEncoder>> Make(const std::shared_ptr<arrow::Schema>& schema,
                                                         int64_t message_bytes_max = kMessageBytesMax);

  // The messages of the next batch (mostly one); the first begins with the schema.
  arrow::Result<std::deque<grpc::ByteBuffer>> Encode(const arrow::RecordBatch& batch);
  // Of an answer without batches: the schema's message.
  arrow::Result<std::deque<grpc::ByteBuffer>> EncodeEnd();

 private:
  class Sink;
  IpcEncoder() = default;
  Sink* sink_ = nullptr;  // owned by the writer
  std::unique_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

// A CellResponse with that array.
arrow::Result<grpc::ByteBuffer> EncodeCell(const std::shared_ptr<arrow::Array>& cell);

}  // namespace mutoscope::native
