#include "storage/file_cache.h"

#include <sys/stat.h>

#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/status.h"
#include "storage/errno_status.h"

namespace mutoscope::storage {
namespace {

// Tells a file from one that was renamed over it with the same size and time (cp -p, rsync -t).
struct Inode {
  dev_t device = 0;
  ino_t number = 0;
  friend bool operator==(const Inode&, const Inode&) = default;
};

arrow::Result<Inode> InodeOf(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return ErrnoStatus(errno, "find", path);
  return Inode{info.st_dev, info.st_ino};
}

}  // namespace

arrow::Status CheckUnchanged(const std::string& path, const FileIdentity& expected, const FileIdentity& found) {
  if (found == expected || (expected.grows() && found.size >= expected.size)) return arrow::Status::OK();
  const std::string change =
      found.size != expected.size
          ? fmt::format("its size was {} bytes and is {} bytes", expected.size, found.size)
          : fmt::format("its modification time was {} ns and is {} ns since the epoch", expected.mtime_ns, found.mtime_ns);
  return base::FailedPrecondition("'{}' changed since it was registered: {}; register it again", path, change);
}

struct FileCache::State {
  struct Entry {
    std::string path;
    Inode inode;
    std::shared_ptr<const File> file;
  };
  size_t open_files_max = 0;
  std::mutex mutex;
  std::list<Entry> entries;  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_path;
  uint64_t hits = 0;
  uint64_t misses = 0;

  std::shared_ptr<const File> Find(const std::string& path, Inode inode, const FileIdentity& expected) {
    std::lock_guard lock(mutex);
    const auto found = by_path.find(path);
    if (found == by_path.end()) return nullptr;
    const Entry& entry = *found->second;
    if (entry.inode != inode || entry.file->identity() != expected) return nullptr;
    entries.splice(entries.begin(), entries, found->second);
    ++hits;
    return entry.file;
  }

  void Remove(const std::string& path) {
    if (const auto found = by_path.find(path); found != by_path.end()) {
      entries.erase(found->second);
      by_path.erase(found);
    }
  }

  void Insert(const std::string& path, Inode inode, std::shared_ptr<const File> file) {
    std::lock_guard lock(mutex);
    ++misses;
    Remove(path);
    if (open_files_max == 0) return;
    while (entries.size() >= open_files_max) Remove(std::string(entries.back().path));
    entries.push_front({path, inode, std::move(file)});
    by_path[path] = entries.begin();
  }
};

FileCache::FileCache(size_t open_files_max) : state_(std::make_unique<State>()) { state_->open_files_max = open_files_max; }

FileCache::~FileCache() = default;

arrow::Result<std::shared_ptr<const File>> FileCache::Open(const std::string& path, const FileIdentity& expected) {
  ARROW_ASSIGN_OR_RAISE(const FileIdentity now, Identify(path));
  ARROW_RETURN_NOT_OK(CheckUnchanged(path, expected, now));
  ARROW_ASSIGN_OR_RAISE(const Inode inode, InodeOf(path));
  if (auto file = state_->Find(path, inode, expected)) return file;
  // Opened without the lock: a slow network file system must not hold up requests for other files.
  ARROW_ASSIGN_OR_RAISE(auto file, expected.grows() ? File::OpenStart(path, expected.size) : File::Open(path));
  ARROW_RETURN_NOT_OK(CheckUnchanged(path, expected, file->identity()));
  state_->Insert(path, inode, file);
  return file;
}

FileCacheStats FileCache::stats() const {
  std::lock_guard lock(state_->mutex);
  return {state_->entries.size(), state_->hits, state_->misses};
}

}  // namespace mutoscope::storage
