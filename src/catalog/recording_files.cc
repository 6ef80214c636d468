#include "catalog/recording_files.h"

#include <filesystem>

#include "catalog/recording_paths.h"

namespace mutoscope::catalog {
namespace {

// The condition of the index layers_of_recordings: SQLite uses it for queries that repeat it only.
constexpr const char* kLayersWithPath = "SELECT COUNT(*) FROM layers WHERE path = :path AND path GLOB '*/recordings/*'";

std::vector<std::string> TakeDropped(soci::session& sql) {
  std::vector<std::string> paths;
  std::string path;
  soci::statement list = (sql.prepare << "SELECT path FROM dropped_recordings", soci::into(path));
  list.execute();
  while (list.fetch()) paths.push_back(path);
  if (!paths.empty()) sql << "DELETE FROM dropped_recordings";
  return paths;
}

// Leaves those that no layer refers to.
void EraseReferred(soci::session& sql, std::vector<std::string>* paths) {
  std::string path;
  int layers = 0;
  soci::statement count = (sql.prepare << kLayersWithPath, soci::use(path), soci::into(layers));
  std::erase_if(*paths, [&](const std::string& candidate) {
    path = candidate;
    count.execute(true);
    return layers > 0;
  });
}

void Remove(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    RemoveFile(path);
    std::error_code ignored;
    std::filesystem::remove(std::filesystem::path(path).parent_path(), ignored);  // if it was the last
  }
}

}  // namespace

// The table and the trigger are temporary: what is noted matters to this process only, since every start looks at all files.
arrow::Status WatchDroppedRecordings(Database& database) {
  return database.Write([](soci::session& sql) {
    sql << "CREATE TEMP TABLE dropped_recordings (path TEXT PRIMARY KEY) WITHOUT ROWID";
    sql << "CREATE TEMP TRIGGER note_dropped_recordings AFTER DELETE ON main.layers WHEN old.path GLOB '*/recordings/*' "
           "BEGIN INSERT OR IGNORE INTO dropped_recordings VALUES (old.path); END";
    return arrow::Status::OK();
  });
}

void RemoveDroppedRecordings(CatalogState& state) {
  const auto dropped = state.database->Write([&](soci::session& sql) -> arrow::Result<std::vector<std::string>> {
    std::vector<std::string> paths = TakeDropped(sql);
    std::erase_if(paths, [&](const std::string& path) { return !RecordingNumberOf(state.recordings_directory, path); });
    EraseReferred(sql, &paths);
    return paths;
  });
  if (dropped.ok()) Remove(*dropped);
}

arrow::Status RemoveLeftRecordings(CatalogState& state, const std::unordered_set<std::string>& being_recorded) {
  std::vector<std::string> paths = ListOwnRecordings(state.recordings_directory, state.first_pack_of_this_run);
  std::erase_if(paths, [&](const std::string& path) { return being_recorded.contains(path); });
  if (paths.empty()) return arrow::Status::OK();
  ARROW_RETURN_NOT_OK(state.database->Read([&](soci::session& sql) {
    EraseReferred(sql, &paths);
    return arrow::Status::OK();
  }));
  Remove(paths);
  return arrow::Status::OK();
}

}  // namespace mutoscope::catalog
