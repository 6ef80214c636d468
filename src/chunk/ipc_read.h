// Arrow IPC streams of untrusted bytes.
#pragma once

#include <memory>

#include "arrow/buffer.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "chunk/ipc_layout.h"

namespace mutoscope::chunk {

// The schema of a stream whose schema message lies at `frame`, inside `stream`. INVALID_ARGUMENT.
arrow::Result<std::shared_ptr<arrow::Schema>> ReadStoredSchema(const std::shared_ptr<arrow::Buffer>& stream,
                                                               const MessageFrame& frame);

// Schema and first batch of a stream, fully validated. Buffers are slices of `stream`; nothing is allocated for what the stream
// merely claims to hold. INVALID_ARGUMENT saying what is wrong.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> ReadStoredBatch(const std::shared_ptr<arrow::Buffer>& stream);

}  // namespace mutoscope::chunk
