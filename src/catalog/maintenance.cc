#include "catalog/maintenance.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/status.h"
#include "base/time.h"
#include "catalog/catalog_state.h"
#include "catalog/index_upkeep.h"
#include "catalog/own_recordings.h"
#include "catalog/task_rows.h"

namespace mutoscope::catalog {
namespace {

using Report = std::vector<std::string>;

constexpr size_t kFilesNamedMax = 5;
constexpr double kFreePagesWorthVacuum = 0.1;  // of all pages

struct NamedCount {
  size_t count = 0;
  std::string names;
  void Add(const std::string& name) {
    if (count++ < kFilesNamedMax) names += (names.empty() ? "" : ", ") + name;
  }
  std::string text() const {
    return fmt::format("{}{}{}", count, count > 0 ? ": " + names : "", count > kFilesNamedMax ? ", …" : "");
  }
};

// Looks at every recording of the dataset.
arrow::Status CheckSources(const IndexUpkeep& upkeep, Report* report) {
  ARROW_ASSIGN_OR_RAISE(const auto files, upkeep.state.database->Read([&](soci::session& sql) {
    return arrow::Result<std::unordered_map<std::string, storage::FileIdentity>>(ListLayerFiles(sql, upkeep.dataset.key));
  }));
  std::vector<std::string> paths;
  for (const auto& [path, identity] : files) paths.push_back(path);
  std::ranges::sort(paths);
  NamedCount missing, changed;
  for (const std::string& path : paths) {
    if (upkeep.stopping()) return base::Cancelled("the maintenance was cancelled");
    const auto identity = storage::Identify(path);
    if (!identity.ok()) {
      missing.Add(path);
    } else if (!storage::CheckUnchanged(path, files.at(path), *identity).ok()) {
      changed.Add(path);
    }
  }
  report->push_back(fmt::format("recordings: {} looked at", paths.size()));
  if (missing.count > 0) report->push_back("recordings missing: " + missing.text());
  if (changed.count > 0) report->push_back("recordings changed since they were registered: " + changed.text());
  return arrow::Status::OK();
}

arrow::Status MaintainDataset(const IndexUpkeep& upkeep, const MaintenanceOptions& options, Report* report) {
  ARROW_RETURN_NOT_OK(CheckSources(upkeep, report));
  ARROW_RETURN_NOT_OK(DropOrphanedIndexes(upkeep, report));
  ARROW_RETURN_NOT_OK(CheckIndexes(upkeep, report));
  if (options.retrain_indexes) ARROW_RETURN_NOT_OK(RemakeIndexes(upkeep, report));
  if (options.optimize_indexes || options.compact_fragments) ARROW_RETURN_NOT_OK(MergeIndexes(upkeep, report));
  if (options.gc_object_store || options.cleanup_before_ns)
    ARROW_RETURN_NOT_OK(DropOwnRecordings(upkeep.state, upkeep.dataset.id, options, report));
  return arrow::Status::OK();
}

std::function<bool()> StoppingOf(const CatalogState& state, const std::function<bool()>& cancelled) {
  return [&state, cancelled] { return state.stopping || cancelled(); };
}

arrow::Status DropOrphanedIndexDirectories(CatalogState& state, Report* report) {
  // Inside the database's lock: a dataset that is made meanwhile has no directory yet.
  ARROW_ASSIGN_OR_RAISE(const size_t removed, state.database->Read([&](soci::session& sql) {
    const EntryFilter all{.id = std::nullopt,
                          .name = std::nullopt,
                          .kinds = {EntryKind::kDataset, EntryKind::kBlueprintDataset, EntryKind::kAssetDataset}};
    std::unordered_set<EntryId> datasets;
    for (const Entry& entry : ListEntryRows(sql, all)) datasets.insert(entry.id);
    return arrow::Result<size_t>(RemoveOrphanIndexDirectories(state.options.data_directory, datasets));
  }));
  report->push_back(fmt::format("index directories of deleted datasets: {} removed", removed));
  return arrow::Status::OK();
}

arrow::Status TidyDatabase(CatalogState& state, Report* report) {
  ARROW_ASSIGN_OR_RAISE(const int64_t tasks, state.database->Write([&](soci::session& sql) {
    return arrow::Result<int64_t>(DeleteTaskRowsBefore(sql, base::NowNs() - kTaskLifeNs));
  }));
  report->push_back(fmt::format("tasks older than 7 days: {} removed", tasks));
  return state.database->Read([&](soci::session& sql) {  // no transaction: VACUUM has its own
    long long pages = 0, free = 0;
    sql << "PRAGMA page_count", soci::into(pages);
    sql << "PRAGMA freelist_count", soci::into(free);
    const bool vacuum = static_cast<double>(free) > kFreePagesWorthVacuum * static_cast<double>(pages);
    if (vacuum) sql << "VACUUM";
    sql << "PRAGMA optimize";
    sql << "PRAGMA wal_checkpoint(TRUNCATE)";
    report->push_back(fmt::format("catalog.db: {} of {} pages were free, {}; its log was written back", free, pages,
                                  vacuum ? "vacuumed" : "not worth a vacuum"));
    return arrow::Status::OK();
  });
}

}  // namespace

arrow::Result<std::vector<std::string>> Catalog::Maintain(const EntryId& id, const MaintenanceOptions& options) {
  const std::shared_ptr<State> state = state_;
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*state, id));
  Report report;
  ARROW_RETURN_NOT_OK(MaintainDataset({*state, *dataset, StoppingOf(*state, options.cancelled)}, options, &report));
  return report;
}

arrow::Result<std::vector<std::string>> Catalog::MaintainAll(const std::function<bool()>& cancelled) {
  const std::shared_ptr<State> state = state_;
  ARROW_ASSIGN_OR_RAISE(const auto entries,
                        FindEntries({.id = std::nullopt,
                                     .name = std::nullopt,
                                     .kinds = {EntryKind::kDataset, EntryKind::kBlueprintDataset, EntryKind::kAssetDataset}}));
  Report report;
  for (const Entry& entry : entries) {
    const auto dataset = FindDataset(*state, entry.id);
    if (base::CodeOf(dataset.status()) == base::Code::kNotFound) continue;  // deleted meanwhile
    ARROW_RETURN_NOT_OK(dataset.status());
    Report lines;
    const arrow::Status status = MaintainDataset({*state, **dataset, StoppingOf(*state, cancelled)}, {}, &lines);
    if (base::CodeOf(status) == base::Code::kNotFound) continue;
    for (const std::string& line : lines) report.push_back("dataset '" + entry.name + "': " + line);
    ARROW_RETURN_NOT_OK(status);
  }
  ARROW_RETURN_NOT_OK(DropOrphanedIndexDirectories(*state, &report));
  ARROW_RETURN_NOT_OK(TidyDatabase(*state, &report));
  return report;
}

}  // namespace mutoscope::catalog
