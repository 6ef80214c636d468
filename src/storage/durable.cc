#include "storage/durable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/status.h"
#include "storage/errno_status.h"

namespace mutoscope::storage {
namespace {

namespace fs = std::filesystem;

// A directory entry survives a power cut only once its own parent is synced, so each level made here syncs the one above it.
arrow::Status MakeDirectories(const fs::path& directory) {
  if (directory.empty()) return arrow::Status::OK();
  if (mkdir(directory.c_str(), 0777) == 0)
    return SyncDirectory(directory.has_parent_path() ? directory.parent_path().string() : ".");
  if (errno == EEXIST) return arrow::Status::OK();
  if (errno != ENOENT || !directory.has_parent_path() || directory.parent_path() == directory) {
    return ErrnoStatus(errno, "make directory", directory.string());
  }
  ARROW_RETURN_NOT_OK(MakeDirectories(directory.parent_path()));
  if (mkdir(directory.c_str(), 0777) != 0 && errno != EEXIST) return ErrnoStatus(errno, "make directory", directory.string());
  return SyncDirectory(directory.parent_path().string());
}

arrow::Status WriteAll(int fd, const std::string& path, const arrow::Buffer& piece) {
  int64_t done = 0;
  while (done < piece.size()) {
    const ssize_t n = write(fd, piece.data() + done, static_cast<size_t>(piece.size() - done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "write", path);
    done += n;
  }
  return arrow::Status::OK();
}

arrow::Status WriteAndSync(int fd, const std::string& path, const std::vector<std::shared_ptr<arrow::Buffer>>& pieces) {
  for (const auto& piece : pieces) ARROW_RETURN_NOT_OK(WriteAll(fd, path, *piece));
  if (fsync(fd) != 0) return ErrnoStatus(errno, "sync", path);
  return arrow::Status::OK();
}

}  // namespace

arrow::Status SyncDirectory(const std::string& directory) {
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(errno, "open directory", directory);
  const int error = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  return error == 0 ? arrow::Status::OK() : ErrnoStatus(error, "sync directory", directory);
}

arrow::Status MakeDirectoriesDurably(const std::string& directory) { return MakeDirectories(directory); }

arrow::Status WriteDurably(const std::string& path, const std::vector<std::shared_ptr<arrow::Buffer>>& pieces) {
  const fs::path parent = fs::path(path).parent_path();
  ARROW_RETURN_NOT_OK(MakeDirectories(parent));
  const std::string temporary = path + ".tmp";
  unlink(temporary.c_str());  // left behind by a crash
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return ErrnoStatus(errno, "create", temporary);
  arrow::Status status = WriteAndSync(fd, path, pieces);
  if (close(fd) != 0 && status.ok()) status = ErrnoStatus(errno, "close", path);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) status = ErrnoStatus(errno, "rename to", path);
  if (!status.ok()) {
    unlink(temporary.c_str());
    return status;
  }
  return SyncDirectory(parent.empty() ? "." : parent.string());
}

}  // namespace mutoscope::storage
