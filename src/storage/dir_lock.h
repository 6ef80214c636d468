// One server per data directory.
#pragma once

#include <memory>
#include <string>

#include "arrow/result.h"

namespace mutoscope::storage {

// Holds DIR/LOCK (flock) until destroyed; the file holds the owner's process id as text.
class DirLock {
 public:
  // FAILED_PRECONDITION naming the directory and the owner's process id if another process holds it.
  static arrow::Result<std::unique_ptr<DirLock>> Acquire(const std::string& directory);
  ~DirLock();
  DirLock(const DirLock&) = delete;
  DirLock& operator=(const DirLock&) = delete;

 private:
  explicit DirLock(int fd);
  int fd_;
};

}  // namespace mutoscope::storage
