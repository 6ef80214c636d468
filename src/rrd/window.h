// Many small reads of a file, few system calls.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arrow/result.h"
#include "storage/file.h"

namespace mutoscope::rrd {

// Keeps the bytes of the last read: 4 KiB at a place it was not near to, more and more when it is walked forwards. The tail of
// the file, once loaded, is kept besides. Not thread-safe; the file must outlive it.
class Window {
 public:
  explicit Window(const storage::File& file) : file_(file) {}

  // Bytes [offset, offset + length), valid until the next call. DATA_LOSS if the file has no such bytes.
  arrow::Result<std::span<const uint8_t>> Get(uint64_t offset, uint64_t length);
  // Reads the last `length` bytes of the file (or all of them) at once.
  arrow::Status LoadTail(uint64_t length);

  const storage::File& file() const { return file_; }

 private:
  struct Piece {
    std::vector<uint8_t> bytes;
    uint64_t begin = 0;
    uint64_t length = 0;  // of what is valid in `bytes`

    bool Holds(uint64_t offset, uint64_t wanted) const {
      return offset >= begin && offset - begin <= length && wanted <= length - (offset - begin);
    }
  };
  arrow::Status Load(uint64_t offset, uint64_t length, Piece* piece);

  const storage::File& file_;
  Piece tail_;
  Piece near_;
  uint64_t ahead_bytes_ = 0;
};

}  // namespace mutoscope::rrd
