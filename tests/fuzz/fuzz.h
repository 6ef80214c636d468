// What the fuzz targets share.
#pragma once

#include <fcntl.h>
#include <google/protobuf/stubs/logging.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>

#include "arrow/status.h"
#include "storage/file.h"

namespace mutoscope::fuzz {

// A promise of the code under test; breaking it is a crash that libFuzzer reports and saves.
inline void Require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

inline void RequireOk(const arrow::Status& status, const char* promise) {
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  Require(status.ok(), promise);
}

// Bytes as an open file, without a disk: the code that runs is the code that reads real files.
class MemoryFile {
 public:
  explicit MemoryFile(std::span<const uint8_t> bytes) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    Require(fd_ >= 0 && write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
            "a memory file can be made");
    file_ = storage::File::Open("/proc/self/fd/" + std::to_string(fd_)).ValueOrDie();
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  const storage::File& operator*() const { return *file_; }

 private:
  int fd_;
  std::shared_ptr<const storage::File> file_;
};

}  // namespace mutoscope::fuzz

// Bad UTF-8 in a message is no news here.
extern "C" inline int SilenceProtobuf() {
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}
