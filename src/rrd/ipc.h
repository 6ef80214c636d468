// Arrow IPC streams from files that nobody vouches for.
#pragma once

#include <memory>

#include "arrow/buffer.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/type.h"

namespace mutoscope::rrd {

// The first batch of an IPC stream, fully validated; its buffers are slices of `ipc`. DATA_LOSS if it does not parse or wants
// memory beyond `ipc` (compressed bodies: no writer of RRD makes them, and their declared sizes cannot be trusted).
arrow::Result<std::shared_ptr<arrow::RecordBatch>> ReadBatch(std::shared_ptr<arrow::Buffer> ipc);

// The schema at the head of an IPC stream.
arrow::Result<std::shared_ptr<arrow::Schema>> ReadSchema(std::shared_ptr<arrow::Buffer> ipc);

}  // namespace mutoscope::rrd
