// The start of a decoded payload, as far as it was needed.
#pragma once

#include <memory>
#include <span>

#include "arrow/buffer.h"
#include "arrow/result.h"
#include "rrd/recording.h"
#include "storage/file.h"

namespace mutoscope::chunk {

inline constexpr uint64_t kFirstPrefixBytes = 4096;  // holds the head of most chunks

// Not thread-safe; file and head outlive it.
class PayloadPrefix {
 public:
  PayloadPrefix(const storage::File& file, const rrd::ArrowMsgHead& head) : file_(file), head_(head) {}

  // Makes at least `length` bytes available; false if the stream has not that many.
  arrow::Result<bool> Grow(uint64_t length) {
    if (length <= bytes().size()) return true;
    if (length > head_.uncompressed_size) return false;
    ARROW_ASSIGN_OR_RAISE(buffer_, rrd::ReadPayloadPrefix(file_, head_, length));
    return length <= bytes().size();
  }
  const std::shared_ptr<arrow::Buffer>& buffer() const { return buffer_; }
  std::span<const uint8_t> bytes() const {
    if (buffer_ == nullptr) return {};
    return {buffer_->data(), static_cast<size_t>(buffer_->size())};
  }

 private:
  const storage::File& file_;
  const rrd::ArrowMsgHead& head_;
  std::shared_ptr<arrow::Buffer> buffer_;
};

}  // namespace mutoscope::chunk
