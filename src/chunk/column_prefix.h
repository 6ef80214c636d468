// One column of a chunk, decoded from the shortest prefix of the payload that holds it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "arrow/array.h"
#include "arrow/result.h"
#include "chunk/schema_memo.h"
#include "rrd/recording.h"
#include "storage/file.h"

namespace mutoscope::chunk {

struct ColumnPrefix {
  std::shared_ptr<arrow::Array> cells;  // lists; a row each, from the first row on
  uint64_t bytes_decoded = 0;
};

// Rows [0, num_rows) of the component column of that name (fewer bytes are decoded for fewer rows of large cells). Only for
// chunks whose stored form is wire-ready (IsWireReady). Absent where the column's type or layout needs the whole chunk: then
// DecodeChunk. DATA_LOSS if the payload is damaged.
arrow::Result<std::optional<ColumnPrefix>> ReadColumnPrefix(const storage::File& file, const rrd::ArrowMsgHead& head,
                                                            std::string_view component, int64_t num_rows,
                                                            SchemaMemo* schemas = nullptr);  // may be null

}  // namespace mutoscope::chunk
