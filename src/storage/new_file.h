// A file in the making: bytes of unknown number, and a name only once all of them are on the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "arrow/result.h"

namespace mutoscope::storage {

// Used by one thread at a time. Destroyed without Publish(), the temporary file is removed.
class NewFile {
 public:
  // Makes `temporary`, which must not exist, in a directory that does and on the file system of the final name.
  static arrow::Result<std::unique_ptr<NewFile>> Create(const std::string& temporary);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  uint64_t size() const { return size_; }
  // RESOURCE_EXHAUSTED if the disk is full. What is written goes to the disk in the background, so that Publish() has little
  // left.
  arrow::Status Write(std::span<const uint8_t> bytes);
  // Appends all of an existing file, in the kernel and without copying where the file system can.
  arrow::Status AppendFile(const std::string& path);

  // The bytes are on the disk when this returns; no more can be written. Publish() does it where it was not called.
  arrow::Status Sync();

  enum class IfExists { kFail, kReplace };
  // Syncs the bytes, gives them the name `path`, syncs its directory (missing parents are made). kFail never replaces, however
  // many try at once: ALREADY_EXISTS, also if a parent of `path` is a file.
  arrow::Status Publish(const std::string& path, IfExists if_exists);

 private:
  NewFile(int fd, std::string temporary) : fd_(fd), temporary_(std::move(temporary)) {}
  arrow::Status CopyRest(int from, const std::string& path);

  int fd_;
  std::string temporary_;  // empty once it has its name
  uint64_t size_ = 0;
  uint64_t flushed_ = 0;
};

}  // namespace mutoscope::storage
