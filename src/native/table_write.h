// Rows for a table as messages of WriteTable.
#pragma once

#include "arrow/record_batch.h"
#include "mutoscope/table.h"
#include "native/transport.h"

namespace mutoscope::native {

// About that many bytes of rows make a message: small batches are joined, large ones cut (a single row is never cut).
inline constexpr int64_t kWriteTableMessageBytes = 8 << 20;

// `rows` is read as the messages are asked for. At least one message, of no rows if there are none: it says what to do.
NextRequest WriteTableRequests(arrow::RecordBatchReader& rows, TableWrite how);

}  // namespace mutoscope::native
