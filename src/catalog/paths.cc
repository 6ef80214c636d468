#include "catalog/paths.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <optional>

namespace mutoscope::catalog {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPackDigits = 16;

// The id of "<16 hex digits>.tables", "….rows" or the temporary file of one.
std::optional<PackId> PackIdOf(const std::string& file_name) {
  uint64_t id = 0;
  if (file_name.size() <= kPackDigits || file_name[kPackDigits] != '.') return std::nullopt;
  const auto [end, error] = std::from_chars(file_name.data(), file_name.data() + kPackDigits, id, 16);
  if (error != std::errc() || end != file_name.data() + kPackDigits) return std::nullopt;
  return static_cast<PackId>(id);
}

}  // namespace

std::string DatabasePath(const std::string& data_directory) { return data_directory + "/catalog.db"; }
std::string IndexDirectory(const std::string& data_directory) { return data_directory + "/index"; }
std::string DatasetIndexDirectory(const std::string& data_directory, const EntryId& dataset) {
  return IndexDirectory(data_directory) + "/" + dataset.text();
}

std::string PackPath(const std::string& data_directory, const EntryId& dataset, PackId pack, PackKind kind) {
  return fmt::format("{}/{:016x}.{}", DatasetIndexDirectory(data_directory, dataset), static_cast<uint64_t>(pack),
                     kind == PackKind::kTables ? "tables" : "rows");
}

void RemoveFile(const std::string& path) {
  std::error_code ignored;  // what stays is an orphan of the next run, and removed then
  fs::remove(path, ignored);
}

void RemoveDatasetIndex(const std::string& data_directory, const EntryId& dataset) {
  std::error_code ignored;
  fs::remove_all(DatasetIndexDirectory(data_directory, dataset), ignored);
}

size_t RemoveOrphanPacks(const std::string& data_directory, const EntryId& dataset, const std::unordered_set<PackId>& live,
                         PackId first_of_this_run) {
  size_t removed = 0;
  std::error_code error;
  for (fs::directory_iterator it(DatasetIndexDirectory(data_directory, dataset), error), end; !error && it != end;
       it.increment(error)) {
    const auto id = PackIdOf(it->path().filename().string());
    if (!id || *id >= first_of_this_run) continue;
    if (live.contains(*id) && it->path().extension() != ".tmp") continue;
    RemoveFile(it->path().string());
    ++removed;
  }
  return removed;
}

size_t RemoveOrphanIndexDirectories(const std::string& data_directory, const std::unordered_set<EntryId>& datasets) {
  size_t removed = 0;
  std::error_code error;
  for (fs::directory_iterator it(IndexDirectory(data_directory), error), end; !error && it != end; it.increment(error)) {
    const auto id = EntryId::Parse(it->path().filename().string());
    if (!id.ok() || datasets.contains(*id)) continue;
    RemoveDatasetIndex(data_directory, *id);
    ++removed;
  }
  return removed;
}

}  // namespace mutoscope::catalog
