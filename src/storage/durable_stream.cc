#include "storage/durable_stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "storage/durable.h"
#include "storage/errno_status.h"

namespace mutoscope::storage {

arrow::Result<std::shared_ptr<DurableStream>> DurableStream::Create(const std::string& path) {
  ARROW_RETURN_NOT_OK(MakeDirectoriesDurably(std::filesystem::path(path).parent_path().string()));
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return ErrnoStatus(errno, "create", path);
  return std::shared_ptr<DurableStream>(new DurableStream(fd, path));
}

DurableStream::DurableStream(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

DurableStream::~DurableStream() {
  if (fd_ >= 0) close(fd_);
  if (!committed_) unlink(path_.c_str());
}

arrow::Status DurableStream::Write(const void* data, int64_t bytes) {
  if (fd_ < 0) return base::Internal("'{}' is closed", path_);
  const auto* next = static_cast<const uint8_t*>(data);
  while (bytes > 0) {
    const ssize_t n = write(fd_, next, static_cast<size_t>(bytes));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "write", path_);
    next += n;
    bytes -= n;
    position_ += n;
  }
  return arrow::Status::OK();
}

arrow::Status DurableStream::Close() {
  if (fd_ < 0) return arrow::Status::OK();
  const int error = close(fd_) == 0 ? 0 : errno;
  fd_ = -1;
  return error == 0 ? arrow::Status::OK() : ErrnoStatus(error, "close", path_);
}

arrow::Status DurableStream::Commit() {
  if (fd_ < 0) return base::Internal("'{}' is closed", path_);
  if (fsync(fd_) != 0) return ErrnoStatus(errno, "sync", path_);
  ARROW_RETURN_NOT_OK(Close());
  ARROW_RETURN_NOT_OK(SyncDirectory(std::filesystem::path(path_).parent_path().string()));
  committed_ = true;
  return arrow::Status::OK();
}

}  // namespace mutoscope::storage
