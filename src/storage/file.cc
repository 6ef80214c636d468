#include "storage/file.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "arrow/memory_pool.h"
#include "base/status.h"
#include "storage/errno_status.h"

namespace mutoscope::storage {
namespace {

arrow::Result<FileIdentity> IdentityOf(const struct stat& info, const std::string& path) {
  if (!S_ISREG(info.st_mode)) {
    return base::InvalidArgument("'{}' is not a regular file but a {}: name one file", path,
                                 S_ISDIR(info.st_mode) ? "directory" : "device, pipe or socket");
  }
  return FileIdentity{static_cast<uint64_t>(info.st_size), int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

class MappedBuffer final : public arrow::Buffer {
 public:
  MappedBuffer(void* mapping, size_t mapping_bytes, size_t skip_bytes, int64_t length)
      : arrow::Buffer(static_cast<const uint8_t*>(mapping) + skip_bytes, length),
        mapping_(mapping),
        mapping_bytes_(mapping_bytes) {}
  ~MappedBuffer() override { munmap(mapping_, mapping_bytes_); }

 private:
  void* mapping_;
  size_t mapping_bytes_;
};

}  // namespace

arrow::Result<FileIdentity> Identify(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return ErrnoStatus(errno, "find", path);
  return IdentityOf(info, path);
}

arrow::Result<std::shared_ptr<File>> File::OpenWhole(const std::string& path) {
  // Non-blocking, so that a pipe somebody put there is refused instead of waited for.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return ErrnoStatus(errno, "open", path);
  struct stat info {};
  const int stat_error = fstat(fd, &info) == 0 ? 0 : errno;
  auto identity = stat_error == 0 ? IdentityOf(info, path) : ErrnoStatus(stat_error, "stat", path);
  if (!identity.ok()) {
    close(fd);
    return identity.status();
  }
  return std::shared_ptr<File>(new File(fd, path, *identity));
}

arrow::Result<std::shared_ptr<const File>> File::Open(const std::string& path) { return OpenWhole(path); }

arrow::Result<std::shared_ptr<const File>> File::OpenStart(const std::string& path, uint64_t size) {
  ARROW_ASSIGN_OR_RAISE(auto file, OpenWhole(path));
  if (file->size() < size) {
    return base::DataLoss("'{}' was cut: it had {} bytes and has {}", path, size, file->size());
  }
  file->identity_ = {size, FileIdentity::kGrows};
  return file;
}

File::File(int fd, std::string path, FileIdentity identity) : fd_(fd), path_(std::move(path)), identity_(identity) {}

File::~File() { close(fd_); }

arrow::Status File::ReadAt(uint64_t offset, std::span<uint8_t> out) const { return ReadPieces(offset, {&out, 1}); }

arrow::Status File::ReadPieces(uint64_t offset, std::span<const std::span<uint8_t>> pieces) const {
  std::vector<iovec> left;
  left.reserve(pieces.size());
  uint64_t wanted = 0;
  for (const auto& piece : pieces) {
    if (!piece.empty()) left.push_back({piece.data(), piece.size()});
    wanted += piece.size();
  }
  if (offset > size() || wanted > size() - offset) {
    return base::DataLoss("'{}' is too short: {} bytes wanted at offset {}, the file has {} bytes", path_, wanted, offset,
                          size());
  }
  uint64_t done = 0;
  for (auto next = left.begin(); next != left.end();) {
    const int count = static_cast<int>(std::min<ptrdiff_t>(left.end() - next, IOV_MAX));
    const ssize_t n = preadv(fd_, &*next, count, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return base::WithContext(ErrnoStatus(errno, "read", path_), fmt::format("at offset {}", offset + done));
    if (n == 0) {
      return base::DataLoss("'{}' was cut while it was open: {} bytes wanted at offset {}, {} are there; register it again",
                            path_, wanted, offset, done);
    }
    done += static_cast<uint64_t>(n);
    auto read = static_cast<size_t>(n);
    for (; next != left.end() && read >= next->iov_len; ++next) read -= next->iov_len;
    if (read > 0) *next = {static_cast<uint8_t*>(next->iov_base) + read, next->iov_len - read};
  }
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::Buffer>> File::Read(uint64_t offset, uint64_t length) const {
  if (offset > size() || length > size() - offset) {
    return base::DataLoss("'{}' is too short: {} bytes wanted at offset {}, the file has {} bytes", path_, length, offset,
                          size());
  }
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer, arrow::AllocateBuffer(static_cast<int64_t>(length)));
  ARROW_RETURN_NOT_OK(ReadAt(offset, {buffer->mutable_data(), static_cast<size_t>(length)}));
  return buffer;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> File::Map(uint64_t offset, uint64_t length) const {
  if (offset > size() || length > size() - offset) {
    return base::DataLoss("'{}' is too short: {} bytes wanted at offset {}, the file has {} bytes", path_, length, offset,
                          size());
  }
  if (length == 0) return std::make_shared<arrow::Buffer>(nullptr, 0);
  const uint64_t skip_bytes = offset % static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const size_t mapping_bytes = length + skip_bytes;
  void* mapping = mmap(nullptr, mapping_bytes, PROT_READ, MAP_PRIVATE, fd_, static_cast<off_t>(offset - skip_bytes));
  if (mapping == MAP_FAILED) return ErrnoStatus(errno, "map", path_);
  return std::make_shared<MappedBuffer>(mapping, mapping_bytes, skip_bytes, static_cast<int64_t>(length));
}

}  // namespace mutoscope::storage
