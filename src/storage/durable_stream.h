// A new file that is written piece by piece and is there for good once it is committed.
#pragma once

#include <memory>
#include <string>

#include "arrow/io/interfaces.h"
#include "arrow/result.h"

namespace mutoscope::storage {

// Not thread-safe. The file has its final name from the start: readers must not know it before Commit().
class DurableStream final : public arrow::io::OutputStream {
 public:
  // Makes missing directories. ALREADY_EXISTS never happens to unique names; INVALID_ARGUMENT if the file is there.
  static arrow::Result<std::shared_ptr<DurableStream>> Create(const std::string& path);
  // Removes the file unless it was committed.
  ~DurableStream() override;

  using OutputStream::Write;
  arrow::Status Write(const void* data, int64_t bytes) override;  // RESOURCE_EXHAUSTED naming the path if the disk is full
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Close() override;
  bool closed() const override { return fd_ < 0; }

  // Syncs file and directory, closes the file. After OK it survives a power cut.
  arrow::Status Commit();

 private:
  DurableStream(int fd, std::string path);
  int fd_;
  const std::string path_;
  int64_t position_ = 0;
  bool committed_ = false;
};

}  // namespace mutoscope::storage
