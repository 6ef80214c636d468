#include "storage/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include "storage/durable.h"
#include "storage/errno_status.h"

namespace mutoscope::storage {
namespace {

constexpr uint64_t kFlushBytes = 16 << 20;
constexpr size_t kCopyBytes = 1 << 30;
constexpr size_t kBlockBytes = 1 << 20;

bool IsNotSupported(int error) { return error == EINVAL || error == ENOSYS || error == EXDEV || error == EOPNOTSUPP; }

arrow::Status Exists(const std::string& path) { return base::AlreadyExists("'{}' exists", path); }

// In one step, so that of many only one can succeed.
arrow::Status RenameToNewName(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return arrow::Status::OK();
  if (errno == EEXIST) return Exists(to);
  if (errno != EINVAL && errno != ENOSYS) return ErrnoStatus(errno, "rename to", to);
  // A file system without that flag: a second name has the same promise.
  if (link(from.c_str(), to.c_str()) != 0) return errno == EEXIST ? Exists(to) : ErrnoStatus(errno, "rename to", to);
  unlink(from.c_str());
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::unique_ptr<NewFile>> NewFile::Create(const std::string& temporary) {
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return ErrnoStatus(errno, "create", temporary);
  return std::unique_ptr<NewFile>(new NewFile(fd, temporary));
}

NewFile::~NewFile() {
  if (fd_ >= 0) close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

arrow::Status NewFile::Write(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoStatus(errno, "write", temporary_);
    bytes = bytes.subspan(static_cast<size_t>(written));
    size_ += static_cast<uint64_t>(written);
  }
  if (size_ - flushed_ >= kFlushBytes) {
    sync_file_range(fd_, static_cast<off_t>(flushed_), static_cast<off_t>(size_ - flushed_), SYNC_FILE_RANGE_WRITE);
    flushed_ = size_;
  }
  return arrow::Status::OK();
}

arrow::Status NewFile::AppendFile(const std::string& path) {
  const int from = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) return ErrnoStatus(errno, "open", path);
  arrow::Status status;
  ssize_t copied = 1;
  while (status.ok() && copied > 0) {
    copied = copy_file_range(from, nullptr, fd_, nullptr, kCopyBytes, 0);
    if (copied > 0) size_ += static_cast<uint64_t>(copied);
    if (copied < 0 && errno == EINTR) {
      copied = 1;
    } else if (copied < 0 && IsNotSupported(errno)) {
      status = CopyRest(from, path);
    } else if (copied < 0) {
      status = ErrnoStatus(errno, "write", temporary_);
    }
  }
  close(from);
  return status;
}

arrow::Status NewFile::CopyRest(int from, const std::string& path) {
  std::vector<uint8_t> block(kBlockBytes);
  while (true) {
    const ssize_t count = read(from, block.data(), block.size());
    if (count == 0) return arrow::Status::OK();
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, "read", path);
    ARROW_RETURN_NOT_OK(Write(std::span(block.data(), static_cast<size_t>(count))));
  }
}

arrow::Status NewFile::Sync() {
  if (fd_ < 0) return arrow::Status::OK();
  if (fsync(fd_) != 0) return ErrnoStatus(errno, "sync", temporary_);
  if (close(std::exchange(fd_, -1)) != 0) return ErrnoStatus(errno, "close", temporary_);
  return arrow::Status::OK();
}

arrow::Status NewFile::Publish(const std::string& path, IfExists if_exists) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  ARROW_RETURN_NOT_OK(Sync());
  const arrow::Status made = MakeDirectoriesDurably(directory);
  struct stat found = {};
  const bool is_file = made.ok() ? stat(directory.c_str(), &found) == 0 && !S_ISDIR(found.st_mode)
                                 : base::CodeOf(made) == base::Code::kNotFound;  // ENOTDIR
  if (is_file) return base::AlreadyExists("'{}' cannot be a directory: there is a file of that name, or above it", directory);
  ARROW_RETURN_NOT_OK(made);
  if (if_exists == IfExists::kFail) {
    ARROW_RETURN_NOT_OK(RenameToNewName(temporary_, path));
  } else if (rename(temporary_.c_str(), path.c_str()) != 0) {
    return ErrnoStatus(errno, "rename to", path);
  }
  temporary_.clear();
  return SyncDirectory(directory);
}

}  // namespace mutoscope::storage
