// A new file that grows at its end: recordings in the making.
#pragma once

#include <sys/uio.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "arrow/result.h"

namespace mutoscope::storage {

// Not thread-safe, but that Sync() may run beside Append(). Destroyed, it is closed and stays as it is.
class AppendFile {
 public:
  // Makes a file; missing parent directories are made durably. INVALID_ARGUMENT if there is one already.
  static arrow::Result<std::unique_ptr<AppendFile>> Create(const std::string& path);
  // Goes on with a file that is there: its first `size` bytes, the rest of it is cut off. DATA_LOSS if it has fewer.
  static arrow::Result<std::unique_ptr<AppendFile>> Resume(const std::string& path, uint64_t size);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  // Appends all of the pieces, or none: after an error (RESOURCE_EXHAUSTED naming the path if the disk is full) the file is as
  // long as before. Should even that fail, every later call does.
  arrow::Status Append(std::span<const std::span<const uint8_t>> pieces);
  // After OK, what was appended before the call and the file's name survive a power cut.
  arrow::Status Sync();

  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }

 private:
  AppendFile(int fd, std::string path);
  arrow::Status WriteAll(std::span<iovec> rest);
  arrow::Status Broken();
  void Break(const arrow::Status& status);

  int fd_;
  std::string path_;
  uint64_t size_ = 0;
  std::atomic<bool> name_synced_ = false;
  std::mutex broken_mutex_;
  arrow::Status broken_;
};

}  // namespace mutoscope::storage
