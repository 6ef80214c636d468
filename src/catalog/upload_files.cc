#include "catalog/upload_files.h"

#include <fmt/format.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>

#include "base/status.h"
#include "storage/durable.h"
#include "storage/errno_status.h"

namespace mutoscope::catalog {
namespace {

namespace fs = std::filesystem;

constexpr size_t kExpiryDigits = 16;
constexpr size_t kRandomDigits = 32;
constexpr std::string_view kObjectSuffix = ".put";
constexpr std::string_view kPartSuffix = ".tmp";

std::string RandomName() {
  std::array<unsigned char, kRandomDigits / 2> bytes = {};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

template <typename Visit>
void ForEachEntry(const std::string& directory, Visit visit) {
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) visit(*it);
}

bool IsUploadId(const std::string& name) {
  return name.size() == kExpiryDigits + kRandomDigits && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// "00017-<etag>"
std::optional<PartFile> PartOf(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  const size_t dash = name.find('-');
  struct stat found = {};
  PartFile part;
  if (dash == std::string::npos || stat(entry.path().c_str(), &found) != 0) return std::nullopt;
  if (std::from_chars(name.data(), name.data() + dash, part.number).ptr != name.data() + dash) return std::nullopt;
  part.etag = name.substr(dash + 1);
  part.bytes = static_cast<uint64_t>(found.st_size);
  part.mtime_ns = int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec;
  part.path = entry.path().string();
  return part;
}

}  // namespace

arrow::Result<UploadFiles> UploadFiles::Of(const std::string& data_directory) {
  std::error_code error;
  const auto canonical = fs::canonical(data_directory, error);
  if (error) return storage::ErrnoStatus(error.value(), "find", data_directory);
  UploadFiles files;
  files.root_ = canonical.string() + "/uploads";
  return files;
}

arrow::Status UploadFiles::CheckFree(const std::string& key) const {
  struct stat found = {};
  if (stat(ObjectPath(key).c_str(), &found) == 0) {
    if (!S_ISDIR(found.st_mode))
      return base::AlreadyExists("an object with the key '{}' exists already: choose another key", key);
    return base::AlreadyExists("the key '{0}' is a folder of others ('{0}/...'): choose another key", key);
  }
  if (errno == ENOENT) return arrow::Status::OK();
  if (errno == ENOTDIR) return base::AlreadyExists("the key '{}' lies below another object: choose another key", key);
  return storage::ErrnoStatus(errno, "look for", ObjectPath(key));
}

arrow::Result<std::string> UploadFiles::NewObjectTemporary() const {
  ARROW_RETURN_NOT_OK(storage::MakeDirectoriesDurably(Pending()));
  return fmt::format("{}/{}{}", Pending(), RandomName(), kObjectSuffix);
}

arrow::Result<std::string> UploadFiles::MakeUpload(int64_t expires_at_ns) const {
  const std::string id = fmt::format("{:016x}{}", static_cast<uint64_t>(expires_at_ns), RandomName());
  ARROW_RETURN_NOT_OK(storage::MakeDirectoriesDurably(Pending() + "/" + id));
  return id;
}

bool UploadFiles::HasUpload(const std::string& id) const {
  std::error_code error;
  return IsUploadId(id) && fs::is_directory(Pending() + "/" + id, error);
}

std::string UploadFiles::NewPartTemporary(const std::string& id) const {
  return fmt::format("{}/{}/{}{}", Pending(), id, RandomName(), kPartSuffix);
}

std::string UploadFiles::PartPath(const std::string& id, uint32_t number, const std::string& etag) const {
  return fmt::format("{}/{}/{:05}-{}", Pending(), id, number, etag);
}

std::vector<PartFile> UploadFiles::ListParts(const std::string& id) const {
  std::vector<PartFile> parts;
  ForEachEntry(Pending() + "/" + id, [&](const fs::directory_entry& entry) {
    if (auto part = PartOf(entry)) parts.push_back(std::move(*part));
  });
  std::sort(parts.begin(), parts.end(), [](const PartFile& a, const PartFile& b) {
    return a.number != b.number ? a.number < b.number : a.mtime_ns < b.mtime_ns;
  });
  return parts;
}

void UploadFiles::RemoveUpload(const std::string& id) const {
  std::error_code ignored;  // what stays is found again at the next look
  if (IsUploadId(id)) fs::remove_all(Pending() + "/" + id, ignored);
}

std::vector<std::string> UploadFiles::ListUploads() const {
  std::vector<std::string> ids;
  ForEachEntry(Pending(), [&](const fs::directory_entry& entry) {
    if (const auto name = entry.path().filename().string(); IsUploadId(name)) ids.push_back(name);
  });
  return ids;
}

int64_t UploadFiles::ExpiryOf(const std::string& id) {
  uint64_t expires_at_ns = 0;
  std::from_chars(id.data(), id.data() + std::min(id.size(), kExpiryDigits), expires_at_ns, 16);
  return static_cast<int64_t>(expires_at_ns);
}

void UploadFiles::RemoveTorn() const {
  std::error_code ignored;
  const auto remove = [&](const std::string& directory, std::string_view suffix) {
    ForEachEntry(directory, [&](const fs::directory_entry& entry) {
      if (entry.path().native().ends_with(suffix)) fs::remove(entry.path(), ignored);
    });
  };
  remove(Pending(), kObjectSuffix);
  for (const std::string& id : ListUploads()) remove(Pending() + "/" + id, kPartSuffix);
}

}  // namespace mutoscope::catalog
