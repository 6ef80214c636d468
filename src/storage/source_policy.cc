#include "storage/source_policy.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "base/status.h"
#include "storage/errno_status.h"
#include "storage/uri.h"

namespace mutoscope::storage {
namespace {

namespace fs = std::filesystem;

arrow::Result<std::string> Canonical(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(path.c_str(), nullptr), &std::free);
  if (!resolved) return ErrnoStatus(errno, "find", path);
  return std::string(resolved.get());
}

bool LiesUnder(std::string_view path, std::string_view root) {
  if (root == "/" || path == root) return true;
  return path.size() > root.size() && path.starts_with(root) && path[root.size()] == '/';
}

// The canonical form of a path's longest part that exists, with the rest behind it.
std::string NearestExisting(const fs::path& path) {
  std::error_code error;
  auto nearest = fs::weakly_canonical(path, error);
  if (error) nearest = fs::weakly_canonical(path.parent_path(), error);  // the last part is a loop of links, or the like
  return error ? std::string() : nearest.string();
}

arrow::Status Denied(std::string_view what, const fs::path& path) {
  return base::PermissionDenied("'{}' lies outside the directories that this server may read: start it with --allow-path {}",
                                what, path.parent_path().string());
}

bool IsRecording(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.path().native().ends_with(".rrd") && !entry.is_directory(ignored);
}

}  // namespace

arrow::Result<SourcePolicy> SourcePolicy::Make(const std::vector<std::string>& roots) {
  SourcePolicy policy;
  for (const auto& root : roots) {
    ARROW_ASSIGN_OR_RAISE(auto canonical, Canonical(root));
    policy.roots_.push_back(std::move(canonical));
  }
  return policy;
}

arrow::Result<std::string> SourcePolicy::Resolve(const std::string& uri_or_path) const {
  ARROW_ASSIGN_OR_RAISE(const std::string path, PathOf(uri_or_path));
  std::error_code error;
  const std::string named = fs::absolute(path, error).lexically_normal().string();
  auto canonical = Canonical(path);
  if (!canonical.ok()) {
    // What does not exist must not be told apart from what does, outside the roots.
    return Allows(NearestExisting(named)) ? canonical.status() : Denied(named, named);
  }
  if (Allows(*canonical)) return canonical;
  return Allows(named) ? Denied(fmt::format("{}' leads to '{}", named, *canonical), *canonical) : Denied(named, named);
}

bool SourcePolicy::Allows(const std::string& path) const {
  return std::any_of(roots_.begin(), roots_.end(), [&](const auto& root) { return LiesUnder(path, root); });
}

arrow::Result<std::vector<std::string>> ListRecordings(const std::string& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) {
    return base::InvalidArgument("'{}' is not a directory{}", directory, error ? ": " + error.message() : std::string());
  }
  std::vector<std::string> recordings;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (IsRecording(*it)) recordings.push_back(it->path().native());
  }
  if (error) return ErrnoStatus(error.value(), "list all of", directory);
  std::sort(recordings.begin(), recordings.end());
  return recordings;
}

}  // namespace mutoscope::storage
