// Entries and datasets of catalog.h.
#include "base/status.h"
#include "base/time.h"
#include "catalog/catalog.h"
#include "catalog/catalog_state.h"
#include "catalog/names.h"
#include "catalog/recording_files.h"

namespace mutoscope::catalog {
namespace {

arrow::Result<DatasetKey> InsertHidden(soci::session& sql, const std::string& name, EntryKind kind, DatasetKey owner,
                                       int64_t now_ns) {
  ARROW_ASSIGN_OR_RAISE(const DatasetKey key, InsertEntryRow(sql, {EntryId::New(), name, kind, now_ns, now_ns}, owner));
  InsertDatasetRow(sql, key, std::nullopt, std::nullopt);
  return key;
}

// The key of a dataset that details refer to.
arrow::Result<std::optional<DatasetKey>> ReferredDataset(soci::session& sql, const std::optional<EntryId>& id, EntryKind kind,
                                                         const char* role) {
  if (!id) return std::nullopt;
  const auto found = FindEntryRow(sql, *id);
  if (!found) return base::InvalidArgument("the {} {} does not exist", role, id->text());
  if (found->second.kind != kind)
    return base::InvalidArgument("'{}' ({}) cannot be the {}: wrong kind", found->second.name, id->text(), role);
  return found->first;
}

arrow::Result<std::pair<DatasetKey, Entry>> RequireUserEntry(soci::session& sql, const EntryId& id, const char* what) {
  const auto found = FindEntryRow(sql, id);
  if (!found) return base::NotFound("no entry has the id {}", id.text());
  if (found->second.name == kEntriesTableName && found->second.kind == EntryKind::kTable) {
    return base::FailedPrecondition("the system table '{}' cannot be {}", kEntriesTableName, what);
  }
  return *found;
}

// Runs a change of one dataset so that its next snapshot shows it.
template <typename Function>
auto ChangeDataset(CatalogState& state, const EntryId& id, Function&& function) {
  const auto dataset = FindOpenDataset(state, id);
  std::unique_lock<std::mutex> change;
  if (dataset != nullptr) change = std::unique_lock(dataset->change_mutex);
  auto result = state.database->Write(function);
  if (dataset != nullptr && result.ok()) MarkStale(*dataset);
  return result;
}

}  // namespace

arrow::Result<Dataset> Catalog::CreateDataset(const std::string& name, std::optional<EntryId> id) {
  ARROW_RETURN_NOT_OK(CheckEntryName(name));
  const EntryId new_id = id.value_or(EntryId::New());
  if (new_id.is_zero()) return base::InvalidArgument("the id of dataset '{}' is zero", name);
  const auto create = [&](soci::session& sql) -> arrow::Result<Dataset> {
    const int64_t now = base::NowNs();
    ARROW_ASSIGN_OR_RAISE(const DatasetKey key, InsertEntryRow(sql, {new_id, name, EntryKind::kDataset, now, now}, std::nullopt));
    ARROW_ASSIGN_OR_RAISE(const DatasetKey blueprint,
                          InsertHidden(sql, BlueprintDatasetName(new_id), EntryKind::kBlueprintDataset, key, now));
    ARROW_ASSIGN_OR_RAISE(const DatasetKey assets,
                          InsertHidden(sql, AssetDatasetName(new_id), EntryKind::kAssetDataset, key, now));
    InsertDatasetRow(sql, key, blueprint, assets);
    ARROW_ASSIGN_OR_RAISE(const DatasetRow row, ReadDatasetRow(sql, new_id));
    return row.dataset;
  };
  return state_->database->Write(create, [&](const auto&) { state_->events.Publish(EventKind::kEntryCreated, new_id); });
}

arrow::Result<std::vector<Entry>> Catalog::FindEntries(const EntryFilter& filter) const {
  if (filter.name) ARROW_RETURN_NOT_OK(CheckEntryName(*filter.name));
  return state_->database->Read(
      [&](soci::session& sql) -> arrow::Result<std::vector<Entry>> { return ListEntryRows(sql, filter); });
}

arrow::Result<Dataset> Catalog::ReadDataset(const EntryId& id) const {
  return state_->database->Read([&](soci::session& sql) -> arrow::Result<Dataset> {
    ARROW_ASSIGN_OR_RAISE(const DatasetRow row, ReadDatasetRow(sql, id));
    return row.dataset;
  });
}

arrow::Result<EntryId> Catalog::DatasetIdByName(const std::string& name) const {
  const EntryFilter filter{
      .id = std::nullopt, .name = name, .kinds = {EntryKind::kDataset, EntryKind::kBlueprintDataset, EntryKind::kAssetDataset}};
  ARROW_ASSIGN_OR_RAISE(const auto entries, FindEntries(filter));
  if (entries.empty()) return base::NotFound("no dataset is named '{}'", name);
  return entries.front().id;
}

arrow::Result<Entry> Catalog::RenameEntry(const EntryId& id, const std::string& name) {
  ARROW_RETURN_NOT_OK(CheckEntryName(name));
  return ChangeDataset(*state_, id, [&](soci::session& sql) -> arrow::Result<Entry> {
    ARROW_ASSIGN_OR_RAISE(const auto found, RequireUserEntry(sql, id, "renamed"));
    ARROW_RETURN_NOT_OK(RenameEntryRow(sql, found.first, name, base::NowNs()));
    return FindEntryRow(sql, id)->second;
  });
}

arrow::Result<Dataset> Catalog::UpdateDatasetDetails(const EntryId& id, const DatasetDetails& details) {
  return ChangeDataset(*state_, id, [&](soci::session& sql) -> arrow::Result<Dataset> {
    ARROW_ASSIGN_OR_RAISE(const DatasetRow old, ReadDatasetRow(sql, id));
    const Entry& entry = old.dataset.entry;
    if (entry.kind != EntryKind::kDataset) {
      if (details.empty()) return old.dataset;  // as the peer's
      return base::InvalidArgument("'{}' is a hidden dataset: it has no details to update", entry.name);
    }
    if (!details.blueprint_dataset && (details.default_blueprint_segment || details.default_segment_table_blueprint_segment)) {
      return base::InvalidArgument("dataset '{}': a default blueprint segment needs a blueprint dataset", entry.name);
    }
    ARROW_ASSIGN_OR_RAISE(const auto blueprint,
                          ReferredDataset(sql, details.blueprint_dataset, EntryKind::kBlueprintDataset, "blueprint dataset"));
    const auto asset_id = details.asset_dataset ? details.asset_dataset : old.dataset.details.asset_dataset;
    ARROW_ASSIGN_OR_RAISE(auto assets, ReferredDataset(sql, asset_id, EntryKind::kAssetDataset, "asset dataset"));
    const int64_t now = base::NowNs();
    if (!assets) {
      ARROW_ASSIGN_OR_RAISE(assets, InsertHidden(sql, AssetDatasetName(id), EntryKind::kAssetDataset, old.key, now));
    }
    UpdateDetailsRow(sql, old.key, blueprint, assets, details, now);
    ARROW_ASSIGN_OR_RAISE(const DatasetRow row, ReadDatasetRow(sql, id));
    return row.dataset;
  });
}

arrow::Result<Entry> Catalog::DeleteEntry(const EntryId& id) {
  std::vector<EntryId> datasets;
  const auto erase = [&](soci::session& sql) -> arrow::Result<Entry> {
    ARROW_ASSIGN_OR_RAISE(const auto found, RequireUserEntry(sql, id, "deleted"));
    datasets = OwnedDatasets(sql, found.first);
    DeleteEntryRow(sql, found.first);
    return found.second;
  };
  ARROW_ASSIGN_OR_RAISE(const Entry entry, state_->database->Write(erase, [&](const auto&) {
    state_->events.Publish(EventKind::kEntryDeleted, id);
  }));
  if (entry.kind == EntryKind::kTable) state_->tables.Forget(id);
  std::vector<std::shared_ptr<DatasetState>> others;
  for (const EntryId& dataset_id : datasets) {
    const auto dataset = FindOpenDataset(*state_, dataset_id);
    std::unique_lock<std::mutex> change;
    if (dataset != nullptr) change = std::unique_lock(dataset->change_mutex);
    RemoveDatasetIndex(state_->options.data_directory, dataset_id);
    std::lock_guard lock(state_->datasets_mutex);
    state_->datasets.erase(dataset_id);
  }
  RemoveDroppedRecordings(*state_);
  if (entry.kind == EntryKind::kDataset) return entry;
  {
    std::lock_guard lock(state_->datasets_mutex);
    for (const auto& [other_id, other] : state_->datasets) others.push_back(other);
  }
  for (const auto& other : others) {  // its details may have named the deleted one
    std::lock_guard change(other->change_mutex);
    MarkStale(*other);
  }
  return entry;
}

}  // namespace mutoscope::catalog
