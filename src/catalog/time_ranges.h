// Time ranges of a layer as a compact blob of the layer row: u32 count, then per timeline u8 kind, u32 name length, name, i64
// min, i64 max; all little-endian.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow/result.h"
#include "chunk/chunk_table.h"

namespace mutoscope::catalog {

using TimeRanges = std::vector<std::pair<chunk::Timeline, chunk::TimeRange>>;

std::string EncodeTimeRanges(const TimeRanges& ranges);
// DATA_LOSS if the bytes are not what EncodeTimeRanges writes.
arrow::Result<TimeRanges> DecodeTimeRanges(std::string_view bytes);

}  // namespace mutoscope::catalog
