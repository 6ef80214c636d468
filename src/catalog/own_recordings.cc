#include "catalog/own_recordings.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/time.h"
#include "catalog/recording_paths.h"

namespace mutoscope::catalog {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRecentNs = std::chrono::nanoseconds(std::chrono::hours(1)).count();

// Files of earlier runs that were written before that time.
std::vector<std::string> OldFiles(const CatalogState& state, const std::string& root, const std::string& directory,
                                  int64_t before_ns) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const auto number = RecordingNumberOf(root, it->path().string());
    if (!number || *number >= state.first_pack_of_this_run) continue;
    const auto identity = storage::Identify(it->path().string());
    if (identity.ok() && identity->mtime_ns < before_ns) paths.push_back(it->path().string());
  }
  return paths;
}

// By layers, and those that are being written or were when the server died.
arrow::Result<std::unordered_set<std::string>> ReferredPaths(CatalogState& state) {
  return state.database->Read([](soci::session& sql) -> arrow::Result<std::unordered_set<std::string>> {
    std::unordered_set<std::string> paths;
    std::string path;
    soci::statement list = (sql.prepare << "SELECT path FROM layers UNION SELECT path FROM growing_files", soci::into(path));
    list.execute();
    while (list.fetch()) paths.insert(path);
    return paths;
  });
}

}  // namespace

arrow::Status DropOwnRecordings(CatalogState& state, const EntryId& dataset, const MaintenanceOptions& options,
                                std::vector<std::string>* report) {
  const int64_t now = base::NowNs();
  int64_t before = options.cleanup_before_ns.value_or(now - kRecentNs);
  if (!options.unsafe_allow_recent_cleanup) before = std::min(before, now - kRecentNs);
  std::error_code error;
  const fs::path root = fs::canonical(fs::path(state.options.data_directory) / "recordings", error);  // as layers name them
  if (error) {
    report->push_back("recordings of this server: there are none");
    return arrow::Status::OK();
  }
  const auto candidates = OldFiles(state, root.string(), (root / dataset.text()).string(), before);
  // No registration begins before the files are gone.
  std::lock_guard no_registrations(state.rows_signal.mutex);
  if (state.rows_signal.registrations > 0) {
    report->push_back("recordings of this server: left alone, since a registration is running; try again");
    return arrow::Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(const auto referred, ReferredPaths(state));
  size_t removed = 0;
  uint64_t bytes = 0;
  for (const std::string& path : candidates) {
    if (referred.contains(path)) continue;
    const auto size = fs::file_size(path, error);
    if (!fs::remove(path, error)) continue;
    ++removed;
    bytes += size;
  }
  report->push_back(fmt::format("recordings of this server that nothing refers to: {} removed, {} bytes", removed, bytes));
  return arrow::Status::OK();
}

}  // namespace mutoscope::catalog
