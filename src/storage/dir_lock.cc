#include "storage/dir_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>

#include "base/status.h"
#include "storage/errno_status.h"

namespace mutoscope::storage {
namespace {

std::string OwnerOf(int fd) {
  std::array<char, 32> text{};
  const ssize_t n = pread(fd, text.data(), text.size(), 0);
  std::string owner(text.data(), n > 0 ? static_cast<size_t>(n) : 0);
  owner.erase(owner.find_last_not_of("\n ") + 1);
  return owner.empty() ? "unknown" : owner;
}

arrow::Status LockAndSign(int fd, const std::string& directory, const std::string& path) {
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoStatus(errno, "lock", path);
    return base::FailedPrecondition("data directory '{}' is in use by process {}: stop that server or name another directory",
                                    directory, OwnerOf(fd));
  }
  const std::string owner = fmt::format("{}\n", getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, owner.data(), owner.size(), 0) != static_cast<ssize_t>(owner.size())) {
    return ErrnoStatus(errno, "write", path);
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::unique_ptr<DirLock>> DirLock::Acquire(const std::string& directory) {
  const std::string path = directory + "/LOCK";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return ErrnoStatus(errno, "open", path);
  if (auto status = LockAndSign(fd, directory, path); !status.ok()) {
    close(fd);
    return status;
  }
  return std::unique_ptr<DirLock>(new DirLock(fd));
}

DirLock::DirLock(int fd) : fd_(fd) {}

DirLock::~DirLock() { close(fd_); }

}  // namespace mutoscope::storage
