#include "rrd/window.h"

#include <algorithm>

#include "base/status.h"

namespace mutoscope::rrd {
namespace {

constexpr uint64_t kAheadBytesMin = 4096;
constexpr uint64_t kAheadBytesMax = 64 << 10;

}  // namespace

arrow::Status Window::Load(uint64_t offset, uint64_t length, Piece* piece) {
  if (piece->bytes.size() < length) piece->bytes.resize(length);
  piece->length = 0;  // nothing is held if the read fails
  ARROW_RETURN_NOT_OK(file_.ReadAt(offset, std::span(piece->bytes).first(length)));
  piece->begin = offset;
  piece->length = length;
  return arrow::Status::OK();
}

arrow::Status Window::LoadTail(uint64_t length) {
  length = std::min(length, file_.size());
  return Load(file_.size() - length, length, &tail_);
}

arrow::Result<std::span<const uint8_t>> Window::Get(uint64_t offset, uint64_t length) {
  if (offset > file_.size() || length > file_.size() - offset) {
    return base::DataLoss("'{}' is too short: {} bytes wanted at offset {}, the file has {} bytes", file_.path(), length, offset,
                          file_.size());
  }
  if (tail_.Holds(offset, length)) return std::span<const uint8_t>(tail_.bytes).subspan(offset - tail_.begin, length);
  if (!near_.Holds(offset, length)) {
    const bool walked_on = near_.length > 0 && offset >= near_.begin && offset < near_.begin + near_.length + kAheadBytesMax;
    ahead_bytes_ = walked_on ? std::min(2 * ahead_bytes_, kAheadBytesMax) : kAheadBytesMin;
    ARROW_RETURN_NOT_OK(Load(offset, std::min(std::max(length, ahead_bytes_), file_.size() - offset), &near_));
  }
  return std::span<const uint8_t>(near_.bytes).subspan(offset - near_.begin, length);
}

}  // namespace mutoscope::rrd
