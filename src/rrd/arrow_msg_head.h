// ArrowMsg without its payload (rrd.md §1.5).
#pragma once

#include <cstdint>

#include "arrow/result.h"
#include "rrd/recording.h"
#include "rrd/window.h"

namespace mutoscope::rrd {

// Parses the message [offset, offset + size) field by field; the payload is stepped over, wherever among the fields it lies.
// DATA_LOSS saying what does not hold. The application id is empty where the message has none.
arrow::Result<ArrowMsgHead> ParseArrowMsgHead(Window& window, uint64_t offset, uint64_t size);

// What must hold before anything is allocated for the payload: sizes within limits and within what LZ4 can expand to.
arrow::Status CheckPayloadSizes(const ArrowMsgHead& head);

}  // namespace mutoscope::rrd
