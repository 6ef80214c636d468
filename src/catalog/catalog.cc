#include "catalog/catalog.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/status.h"
#include "base/time.h"
#include "catalog/catalog_state.h"
#include "catalog/growing.h"
#include "catalog/names.h"
#include "catalog/recording_files.h"
#include "catalog/recording_paths.h"
#include "catalog/recordings.h"
#include "catalog/register.h"
#include "catalog/snapshot.h"
#include "catalog/task_rows.h"

namespace mutoscope::catalog {
namespace {

arrow::Status MakeDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return base::FailedPrecondition("{}: cannot make the data directory: {}", path, error.message());
  return arrow::Status::OK();
}

// What a start does to the database, in one small transaction.
arrow::Status StartRun(CatalogState& state, std::unordered_set<EntryId>* datasets) {
  return state.database->Write([&](soci::session& sql) -> arrow::Status {
    state.first_pack_of_this_run = FirstPackIdOf(NextRun(sql));
    state.next_pack = state.first_pack_of_this_run;
    state.next_layer = LastLayerId(sql) + 1;
    const int64_t now = base::NowNs();
    DeleteTaskRowsBefore(sql, now - kTaskLifeNs);
    FailAllPendingTaskRows(sql, kStoppedMessage, now);
    const EntryFilter system_table{.id = std::nullopt, .name = std::string(kEntriesTableName), .kinds = {EntryKind::kTable}};
    if (ListEntryRows(sql, system_table).empty()) {
      const Entry table{EntryId::New(), std::string(kEntriesTableName), EntryKind::kTable, now, now};
      ARROW_RETURN_NOT_OK(InsertEntryRow(sql, table, std::nullopt).status());
    }
    const EntryFilter all{.id = std::nullopt,
                          .name = std::nullopt,
                          .kinds = {EntryKind::kDataset, EntryKind::kBlueprintDataset, EntryKind::kAssetDataset}};
    for (const Entry& entry : ListEntryRows(sql, all)) datasets->insert(entry.id);
    return arrow::Status::OK();
  });
}

arrow::Result<RowsPackCache::Pack> OpenRowsPack(CatalogState& state, DatasetState& dataset, PackId pack) {
  return state.rows_packs.Get(pack, [&]() -> arrow::Result<RowsPackCache::Pack> {
    ARROW_ASSIGN_OR_RAISE(const auto row, state.database->Read([&](soci::session& sql) {
      return arrow::Result<std::optional<PackRow>>(ReadPackRow(sql, pack));
    }));
    if (!row) return base::NotFound("the rows pack {} was dropped", pack);
    return index::RowsPack::Open(state.PathOf(dataset.id, pack, PackKind::kRows), row->info);
  });
}

std::optional<PackId> RowsPackOf(DatasetState& dataset, index::LayerId layer) {
  std::lock_guard lock(dataset.value_mutex);
  const auto found = dataset.rows_packs.find(layer);
  return found == dataset.rows_packs.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

Catalog::Catalog(std::shared_ptr<State> state) : state_(std::move(state)) {}

Catalog::~Catalog() {
  state_->stopping = true;
  state_->registrations.Stop();
  state_->rows_writer.reset();
}

arrow::Result<std::unique_ptr<Catalog>> Catalog::Open(CatalogOptions options) {
  const std::string directory = options.data_directory;
  ARROW_RETURN_NOT_OK(MakeDirectory(directory));
  const size_t workers =
      options.workers > 0 ? static_cast<size_t>(options.workers) : std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::string> roots = options.allow_paths;
  roots.push_back(directory);
  const bool index_rows = options.index_rows;
  auto state = std::make_shared<State>(std::move(options), workers);
  ARROW_ASSIGN_OR_RAISE(state->lock, storage::DirLock::Acquire(directory));
  state->recordings_directory = RecordingsDirectory(directory);
  if (std::filesystem::exists(state->recordings_directory)) roots.push_back(state->recordings_directory);  // may be elsewhere
  ARROW_ASSIGN_OR_RAISE(state->policy, storage::SourcePolicy::Make(roots));
  ARROW_ASSIGN_OR_RAISE(state->database, Database::Open(DatabasePath(directory)));
  std::unordered_set<EntryId> datasets;
  ARROW_RETURN_NOT_OK(StartRun(*state, &datasets));
  RemoveOrphanIndexDirectories(directory, datasets);
  ARROW_RETURN_NOT_OK(state->tables.Start());
  ARROW_RETURN_NOT_OK(WatchDroppedRecordings(*state->database));
  std::unordered_set<std::string> growing;
  ARROW_ASSIGN_OR_RAISE(const auto unfinished, GrowingLayers(state).Unfinished());
  for (const GrowingFile& file : unfinished) growing.insert(file.path);
  ARROW_RETURN_NOT_OK(RemoveLeftRecordings(*state, growing));
  ARROW_ASSIGN_OR_RAISE(state->uploads,
                        Uploads::Open(directory, *state->database, {state->options.upload_quota_bytes_max, nullptr}));
  if (index_rows) state->rows_writer = std::make_unique<RowsWriter>(*state);
  return std::unique_ptr<Catalog>(new Catalog(std::move(state)));
}

arrow::Result<std::shared_ptr<const DatasetSnapshot>> Catalog::Snapshot(const EntryId& id) const {
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*state_, id));
  return CurrentSnapshot(*state_, *dataset);
}

std::optional<index::ChunkRows> Catalog::Rows(const EntryId& id, index::LayerId layer, uint32_t ordinal) const {
  const auto dataset = FindOpenDataset(*state_, id);
  const auto pack = dataset == nullptr ? std::nullopt : RowsPackOf(*dataset, layer);
  if (!pack) return std::nullopt;
  auto rows = OpenRowsPack(*state_, *dataset, *pack).Map([&](const auto& opened) { return opened->Read(layer, ordinal); });
  if (rows.ok()) return rows.MoveValueUnsafe();
  if (base::CodeOf(rows.status()) == base::Code::kDataLoss) RewriteRowsPack(*state_, *dataset, *pack);
  return std::nullopt;
}

std::shared_ptr<const index::LayerRowViews> Catalog::LayerRows(const EntryId& id, index::LayerId layer) const {
  const auto dataset = FindOpenDataset(*state_, id);
  const auto pack = dataset == nullptr ? std::nullopt : RowsPackOf(*dataset, layer);
  if (!pack) return nullptr;
  auto rows =
      OpenRowsPack(*state_, *dataset, *pack).Map([&](const auto& opened) { return index::RowsPack::Layer(opened, layer); });
  if (rows.ok()) return rows.MoveValueUnsafe();
  if (base::CodeOf(rows.status()) == base::Code::kDataLoss) RewriteRowsPack(*state_, *dataset, *pack);
  return nullptr;
}

arrow::Result<std::shared_ptr<const storage::File>> Catalog::OpenLayer(const Layer& layer) const {
  return state_->files.Open(layer.path, layer.identity);
}

arrow::Result<std::vector<RegisteredSource>> Catalog::Register(const EntryId& dataset, const std::vector<DataSource>& sources,
                                                               const RegisterOptions& options) {
  const std::shared_ptr<State> state = state_;  // outlives a catalog that is destroyed meanwhile
  return RegisterSources(*state, dataset, sources, options);
}

arrow::Result<size_t> Catalog::Unregister(const EntryId& id, const std::vector<std::string>& segments,
                                          const std::vector<std::string>& layers) {
  if (segments.empty() && layers.empty()) {
    return base::InvalidArgument("neither segments nor layers to unregister were named; to drop all, delete the dataset");
  }
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*state_, id));
  const std::unordered_set<std::string> names(layers.begin(), layers.end());
  std::lock_guard change(dataset->change_mutex);
  std::vector<PackRow> unused;
  ARROW_ASSIGN_OR_RAISE(
      const DroppedLayers dropped, state_->database->Write([&](soci::session& sql) -> arrow::Result<DroppedLayers> {
        ARROW_RETURN_NOT_OK(ReadDatasetRow(sql, dataset->key).status());
        DroppedLayers out = DeleteLayerRows(sql, dataset->key, segments,
                                            [&](const std::string& name) { return names.empty() || names.contains(name); });
        if (out.layers.empty()) return out;
        DeleteUnusedSchemaRows(sql, dataset->key);
        unused = DeleteUnusedPackRows(sql, dataset->key);
        ChangeDatasetRow(sql, dataset->key, -static_cast<long long>(out.layers.size()), -static_cast<long long>(out.chunks),
                         base::NowNs());
        return out;
      }));
  if (dropped.layers.empty()) return 0;
  dataset->schemas.reset();  // read again when it is needed
  DropLayers(*state_, *dataset, dropped.layers, unused);
  return dropped.layers.size();
}

Events& Catalog::events() const { return state_->events; }
Tables& Catalog::tables() const { return state_->tables; }

GrowingLayers Catalog::growing() const { return GrowingLayers(state_); }

SegmentPropertyStore& Catalog::segment_properties() const { return state_->segment_properties; }

Recordings Catalog::recordings() const { return Recordings(state_); }

Uploads& Catalog::uploads() const { return *state_->uploads; }

CatalogStats Catalog::Stats() const {
  CatalogStats stats = state_->database->Read([](soci::session& sql) { return arrow::Result<CatalogStats>(ReadStats(sql)); })
                           .ValueOr(CatalogStats{});
  stats.tasks_pending = state_->files_being_registered;
  stats.files = state_->files.stats();
  std::vector<std::shared_ptr<DatasetState>> datasets;
  {
    std::lock_guard lock(state_->datasets_mutex);
    for (const auto& [id, dataset] : state_->datasets) datasets.push_back(dataset);
  }
  for (const auto& dataset : datasets) {
    std::lock_guard lock(dataset->value_mutex);
    if (dataset->snapshot != nullptr) stats.index_bytes_resident += dataset->snapshot->index->resident_bytes();
  }
  return stats;
}

}  // namespace mutoscope::catalog
