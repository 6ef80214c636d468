// Pieces of a file that lie close together, read into places that do not, in few system calls.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arrow/status.h"
#include "storage/file.h"

namespace mutoscope::storage {

// Not thread-safe. The file and the places outlive it. Nothing is read before Flush(), or before there is much to read.
class ScatteredRead {
 public:
  explicit ScatteredRead(const File& file) : file_(file) {}
  ScatteredRead(const ScatteredRead&) = delete;
  ScatteredRead& operator=(const ScatteredRead&) = delete;

  // Bytes [offset, offset + out.size()) of the file into `out`.
  arrow::Status Add(uint64_t offset, std::span<uint8_t> out);
  arrow::Status Flush();

  const File& file() const { return file_; }

 private:
  const File& file_;
  uint64_t begin_ = 0;  // in the file, of the first piece
  uint64_t end_ = 0;    // of the last
  std::vector<std::span<uint8_t>> pieces_;
  std::vector<uint8_t> gap_;  // where bytes between the pieces go
};

}  // namespace mutoscope::storage
