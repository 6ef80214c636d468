#include "storage/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/status.h"
#include "storage/durable.h"
#include "storage/errno_status.h"

namespace mutoscope::storage {
namespace {

constexpr int kCreateAttemptsMax = 8;
constexpr size_t kPiecesMax = 64;  // of one system call; far below what any system allows

std::string ParentOf(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

}  // namespace

AppendFile::AppendFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

AppendFile::~AppendFile() { close(fd_); }

arrow::Result<std::unique_ptr<AppendFile>> AppendFile::Create(const std::string& path) {
  for (int attempt = 1;; ++attempt) {
    ARROW_RETURN_NOT_OK(MakeDirectoriesDurably(ParentOf(path)));
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) return std::unique_ptr<AppendFile>(new AppendFile(fd, path));
    const bool directory_vanished = errno == ENOENT;  // somebody removed the last file in it
    if (!directory_vanished || attempt == kCreateAttemptsMax) return ErrnoStatus(errno, "create", path);
  }
}

arrow::Result<std::unique_ptr<AppendFile>> AppendFile::Resume(const std::string& path, uint64_t size) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(errno, "open", path);
  std::unique_ptr<AppendFile> file(new AppendFile(fd, path));
  const off_t end = lseek(fd, 0, SEEK_END);
  if (end < 0) return ErrnoStatus(errno, "find the end of", path);
  if (static_cast<uint64_t>(end) < size) return base::DataLoss("'{}' was cut: it had {} bytes and has {}", path, size, end);
  if (static_cast<uint64_t>(end) > size && ftruncate(fd, static_cast<off_t>(size)) != 0) return ErrnoStatus(errno, "cut", path);
  file->size_ = size;
  return file;
}

arrow::Status AppendFile::Broken() {
  std::lock_guard lock(broken_mutex_);
  return broken_;
}

void AppendFile::Break(const arrow::Status& status) {
  std::lock_guard lock(broken_mutex_);
  broken_ = status;
}

arrow::Status AppendFile::WriteAll(std::span<iovec> rest) {
  uint64_t position = size_;
  while (!rest.empty()) {
    const ssize_t n =
        pwritev(fd_, rest.data(), static_cast<int>(std::min(rest.size(), kPiecesMax)), static_cast<off_t>(position));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "write", path_);
    position += static_cast<uint64_t>(n);
    auto left = static_cast<size_t>(n);
    while (!rest.empty() && left >= rest.front().iov_len) {
      left -= rest.front().iov_len;
      rest = rest.subspan(1);
    }
    if (left == 0) continue;
    rest.front().iov_base = static_cast<uint8_t*>(rest.front().iov_base) + left;
    rest.front().iov_len -= left;
  }
  return arrow::Status::OK();
}

arrow::Status AppendFile::Append(std::span<const std::span<const uint8_t>> pieces) {
  ARROW_RETURN_NOT_OK(Broken());
  std::vector<iovec> rest;
  uint64_t bytes = 0;
  for (const auto& piece : pieces) {
    if (piece.empty()) continue;
    rest.push_back({const_cast<uint8_t*>(piece.data()), piece.size()});
    bytes += piece.size();
  }
  const arrow::Status status = WriteAll(rest);
  if (status.ok()) {
    size_ += bytes;
    return status;
  }
  if (ftruncate(fd_, static_cast<off_t>(size_)) != 0) Break(status);
  return status;
}

arrow::Status AppendFile::Sync() {
  ARROW_RETURN_NOT_OK(Broken());
  if (fdatasync(fd_) != 0) {
    const arrow::Status status = ErrnoStatus(errno, "sync", path_);
    Break(status);  // the kernel forgets what it could not write: asking again proves nothing
    return status;
  }
  if (name_synced_) return arrow::Status::OK();
  ARROW_RETURN_NOT_OK(SyncDirectory(ParentOf(path_)));
  name_synced_ = true;
  return arrow::Status::OK();
}

}  // namespace mutoscope::storage
