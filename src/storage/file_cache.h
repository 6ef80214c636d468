// Recordings kept open between requests, least recently used closed first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "arrow/result.h"
#include "storage/file.h"

namespace mutoscope::storage {

// FAILED_PRECONDITION naming the file and what changed, if `found` is not `expected`, or shorter where that grows.
arrow::Status CheckUnchanged(const std::string& path, const FileIdentity& expected, const FileIdentity& found);

struct FileCacheStats {
  size_t open_files = 0;
  uint64_t hits = 0;    // requests for a file that was open
  uint64_t misses = 0;  // requests that opened it
};

// Thread-safe.
class FileCache {
 public:
  explicit FileCache(size_t open_files_max);
  ~FileCache();

  // The file as it was registered. FAILED_PRECONDITION naming the file and what changed if its size or modification time
  // differ from `expected` now (checked by stat on every call, so a replaced file is never served); NOT_FOUND if it is gone. Of a
  // file that grows: its first `expected.size` bytes.
  arrow::Result<std::shared_ptr<const File>> Open(const std::string& path, const FileIdentity& expected);

  FileCacheStats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mutoscope::storage
