// ArrowMsg without its payload, and the payload (rrd.md §1.5).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "arrow/buffer.h"
#include "arrow/result.h"
#include "rerun/v1alpha1/log_msg.pb.h"
#include "rrd/recording.h"
#include "rrd/window.h"

namespace mutoscope::rrd {

// Parses the message [offset, offset + size) field by field; the payload is stepped over, wherever among the fields it lies.
// DATA_LOSS saying what does not hold. The application id is empty where the message has none.
arrow::Result<ArrowMsgHead> ParseArrowMsgHead(Window& window, uint64_t offset, uint64_t size);

// What must hold before anything is allocated for the payload: sizes within limits and within what LZ4 can expand to.
arrow::Status CheckPayloadSizes(const ArrowMsgHead& head);

// The decoded bytes of an LZ4 block; `size` is what it declares, checked before. DATA_LOSS if it is damaged.
arrow::Result<std::shared_ptr<arrow::Buffer>> DecodeLz4(std::span<const uint8_t> block, uint64_t size);

// The Arrow IPC stream of a message in memory, copied out of it. DATA_LOSS saying what does not hold.
arrow::Result<std::shared_ptr<arrow::Buffer>> DecodePayload(const rerun::log_msg::v1alpha1::ArrowMsg& message);

}  // namespace mutoscope::rrd
