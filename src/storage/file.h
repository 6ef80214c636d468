// Files that are only read: recordings and index files.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>

#include "arrow/buffer.h"
#include "arrow/result.h"

namespace mutoscope::storage {

// What must not change behind our back: a source whose identity differs from the registered one is refused. A recording that we
// write ourselves may grow at its end while it is served: `size` is then how much of it is meant, and its time says nothing.
struct FileIdentity {
  static constexpr int64_t kGrows = std::numeric_limits<int64_t>::min();  // as mtime_ns

  uint64_t size = 0;
  int64_t mtime_ns = 0;
  bool grows() const { return mtime_ns == kGrows; }
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

// stat(path). NOT_FOUND if there is no such file, INVALID_ARGUMENT if it is not a regular file.
arrow::Result<FileIdentity> Identify(const std::string& path);

// An open file. Immutable, thread-safe. All offsets and sizes are bytes from the start of the file.
class File {
 public:
  static arrow::Result<std::shared_ptr<const File>> Open(const std::string& path);
  // The first `size` bytes of a file that grows, as if they were all of it; its identity says so. DATA_LOSS if it has fewer.
  static arrow::Result<std::shared_ptr<const File>> OpenStart(const std::string& path, uint64_t size);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const std::string& path() const { return path_; }
  const FileIdentity& identity() const { return identity_; }  // as it was when opened
  uint64_t size() const { return identity_.size; }

  // Reads exactly out.size() bytes; DATA_LOSS naming file and offset if the file is shorter.
  arrow::Status ReadAt(uint64_t offset, std::span<uint8_t> out) const;
  // Reads bytes from `offset` on into the pieces, one after the other.
  arrow::Status ReadPieces(uint64_t offset, std::span<const std::span<uint8_t>> pieces) const;
  // The same into a new buffer. The range is checked against size() before anything is allocated.
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(uint64_t offset, uint64_t length) const;
  // A private read-only mapping of that range, unmapped with the buffer's last owner. Touching it after somebody truncated
  // the file is a SIGBUS: hand it to the kernel (sockets), never read it in this process.
  arrow::Result<std::shared_ptr<arrow::Buffer>> Map(uint64_t offset, uint64_t length) const;

 private:
  File(int fd, std::string path, FileIdentity identity);
  static arrow::Result<std::shared_ptr<File>> OpenWhole(const std::string& path);
  int fd_;
  std::string path_;
  FileIdentity identity_;
};

}  // namespace mutoscope::storage
