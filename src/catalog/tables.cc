#include "catalog/tables.h"

#include <filesystem>
#include <limits>
#include <unordered_set>

#include "base/status.h"
#include "base/time.h"
#include "catalog/events.h"
#include "catalog/names.h"
#include "catalog/state.h"
#include "catalog/table_rows.h"
#include "catalog/table_sources.h"
#include "catalog/table_state.h"
#include "tables/merge.h"
#include "tables/table_schema.h"

namespace mutoscope::catalog {
namespace {

namespace fs = std::filesystem;
using DataFilePtr = std::shared_ptr<const tables::DataFile>;

constexpr size_t kSchemaBytesMax = 16 << 20;
constexpr size_t kCompactFilesMin = 16;              // of one level at the end of the table
constexpr uint64_t kCompactFileBytesMax = 16 << 20;  // larger ones are good as they are

Table TableOf(const TableRow& row, const std::string& directory) {
  Table table{row.entry, row.details, row.system, ""};
  if (row.system) return table;
  table.url = row.source ? storage::FileUri(*row.source) : storage::FileUri(directory + "/" + row.entry.id.text() + "/");
  return table;
}

arrow::Status NotTheSystemTable(const TableRow& row, const char* what) {
  if (!row.system) return arrow::Status::OK();
  return base::FailedPrecondition("the system table '{}' cannot be {}: the server itself keeps it", row.entry.name, what);
}

arrow::Result<std::shared_ptr<const TableVersion>> VersionOf(soci::session& sql, const TableRow& row,
                                                             const std::string& directory) {
  auto data = std::make_shared<tables::TableData>();
  ARROW_ASSIGN_OR_RAISE(data->schema, tables::DecodeSchema(row.schema_ipc));
  for (auto& info : ReadTableFiles(sql, row.key, directory)) {
    data->files.push_back(std::make_shared<tables::DataFile>(std::move(info)));
  }
  return std::make_shared<TableVersion>(TableVersion{row.version, row.schema_ipc, std::move(data)});
}

std::vector<tables::DataFile::Info> InfosOf(const std::vector<DataFilePtr>& files) {
  std::vector<tables::DataFile::Info> infos;
  for (const auto& file : files) infos.push_back(file->info);
  return infos;
}

// Files of `of` that are not in `without`.
void DropOthers(const std::vector<DataFilePtr>& of, const std::vector<DataFilePtr>& without) {
  const std::unordered_set<DataFilePtr> kept(without.begin(), without.end());
  for (const auto& file : of) file->dropped = file->dropped || !kept.contains(file);
}

// The small files at the end whose rows were compacted at most `level` times.
size_t TailOfLevel(const std::vector<DataFilePtr>& files, int level) {
  size_t count = 0;
  for (auto file = files.rbegin(); file != files.rend(); ++file, ++count) {
    const auto& info = (*file)->info;
    if (!info.ours || info.level > level || info.identity.size > kCompactFileBytesMax) break;
  }
  return count;
}

}  // namespace

Tables::Tables(CatalogState& state)
    : state_(state), directory_(fs::absolute(state.options.data_directory).lexically_normal().string() + "/tables") {}
Tables::~Tables() = default;

arrow::Status Tables::Start() {
  ARROW_ASSIGN_OR_RAISE(const auto listed, state_.database->Read([](soci::session& sql) {
    return arrow::Result<std::vector<std::pair<EntryId, std::string>>>(AllTableFiles(sql));
  }));
  std::unordered_map<EntryId, std::unordered_set<std::string>> files;
  for (const auto& [id, name] : listed) files[id].insert(name);
  std::error_code error;
  for (fs::directory_iterator table(directory_, error), end; !error && table != end; table.increment(error)) {
    const auto id = EntryId::Parse(table->path().filename().string());
    if (!id.ok()) continue;  // not ours
    std::error_code ignored;
    const auto known = files.find(*id);
    if (known == files.end()) {
      fs::remove_all(table->path(), ignored);
      continue;
    }
    for (fs::directory_iterator file(table->path(), ignored); !ignored && file != end; file.increment(ignored)) {
      const auto& path = file->path();
      const bool ours = path.extension() == ".parquet" && EntryId::Parse(path.stem().string()).ok();
      std::error_code stays;  // until the next start
      if (ours && !known->second.contains(path.filename().string())) fs::remove(path, stays);
    }
  }
  return arrow::Status::OK();
}

std::string Tables::NewPath(const EntryId& id) const {
  return directory_ + "/" + id.text() + "/" + EntryId::New().text() + ".parquet";
}

arrow::Result<Table> Tables::Insert(const std::string& name, const std::string& schema_ipc,
                                    const std::optional<std::string>& source, const std::vector<tables::DataFile::Info>& files) {
  const EntryId id = EntryId::New();
  const auto insert = [&](soci::session& sql) -> arrow::Result<Table> {
    const int64_t now = base::NowNs();
    ARROW_ASSIGN_OR_RAISE(const DatasetKey key, InsertEntryRow(sql, {id, name, EntryKind::kTable, now, now}, std::nullopt));
    ARROW_ASSIGN_OR_RAISE(const DatasetKey blueprint, OwnBlueprintDataset(sql, key, id, now));
    InsertTableRow(sql, key, schema_ipc, source, blueprint);
    if (!files.empty()) WriteTableVersion(sql, key, files, std::nullopt, now);
    ARROW_ASSIGN_OR_RAISE(const TableRow row, ReadTableRow(sql, id));
    return TableOf(row, directory_);
  };
  return state_.database->Write(insert, [&](const auto&) { state_.events.Publish(EventKind::kEntryCreated, id); });
}

arrow::Result<Table> Tables::Create(const std::string& name, const std::string& schema_ipc) {
  ARROW_RETURN_NOT_OK(CheckEntryName(name));
  if (schema_ipc.size() > kSchemaBytesMax) {
    return base::InvalidArgument("table '{}': a schema of {} bytes is too large (at most {})", name, schema_ipc.size(),
                                 kSchemaBytesMax);
  }
  ARROW_ASSIGN_OR_RAISE(const auto schema, tables::DecodeSchema(schema_ipc));
  ARROW_RETURN_NOT_OK(base::WithContext(tables::CheckSchema(*schema), "table '" + name + "'"));
  return Insert(name, schema_ipc, std::nullopt, {});
}

arrow::Result<Table> Tables::Register(const std::string& name, const std::string& url) {
  ARROW_RETURN_NOT_OK(CheckEntryName(name));
  ARROW_ASSIGN_OR_RAISE(const TableSource source, FindTableSource(*state_.policy, url));
  ARROW_ASSIGN_OR_RAISE(const std::string schema_ipc, tables::EncodeSchema(*source.schema));
  return Insert(name, schema_ipc, source.path, source.files);
}

arrow::Result<Table> Tables::Read(const EntryId& id) const {
  return state_.database->Read([&](soci::session& sql) -> arrow::Result<Table> {
    ARROW_ASSIGN_OR_RAISE(const TableRow row, ReadTableRow(sql, id));
    return TableOf(row, directory_);
  });
}

arrow::Result<EntryId> Tables::IdByName(const std::string& name) const {
  ARROW_RETURN_NOT_OK(CheckEntryName(name));
  return state_.database->Read([&](soci::session& sql) -> arrow::Result<EntryId> {
    const auto entries = ListEntryRows(sql, {.id = std::nullopt, .name = name, .kinds = {EntryKind::kTable}});
    if (entries.empty()) return base::NotFound("no table is named '{}'", name);
    return entries.front().id;
  });
}

arrow::Result<Table> Tables::UpdateDetails(const EntryId& id, const TableDetails& details) {
  return state_.database->Write([&](soci::session& sql) -> arrow::Result<Table> {
    ARROW_ASSIGN_OR_RAISE(const TableRow old, ReadTableRow(sql, id));
    ARROW_RETURN_NOT_OK(NotTheSystemTable(old, "updated"));
    const int64_t now = base::NowNs();
    std::optional<DatasetKey> blueprint;
    if (details.blueprint_dataset) {
      const auto found = FindEntryRow(sql, *details.blueprint_dataset);
      if (!found || found->second.kind != EntryKind::kBlueprintDataset) {
        return base::InvalidArgument("table '{}': the blueprint dataset {} does not exist", old.entry.name,
                                     details.blueprint_dataset->text());
      }
      blueprint = found->first;
    } else if (details.default_blueprint_segment) {
      ARROW_ASSIGN_OR_RAISE(blueprint, OwnBlueprintDataset(sql, old.key, id, now));
    }
    UpdateTableDetailsRow(sql, old.key, blueprint, details, now);
    ARROW_ASSIGN_OR_RAISE(const TableRow row, ReadTableRow(sql, id));
    return TableOf(row, directory_);
  });
}

arrow::Result<std::shared_ptr<TableState>> Tables::Find(const EntryId& id) const {
  {
    std::lock_guard lock(mutex_);
    if (const auto found = open_.find(id); found != open_.end()) return found->second;
  }
  return state_.database->Read([&](soci::session& sql) -> arrow::Result<std::shared_ptr<TableState>> {
    ARROW_ASSIGN_OR_RAISE(const TableRow row, ReadTableRow(sql, id));
    ARROW_RETURN_NOT_OK(NotTheSystemTable(row, "opened"));
    // Inside the database's lock, so that a deletion finds what is put here.
    std::lock_guard lock(mutex_);
    auto& slot = open_[id];
    if (slot != nullptr) return slot;
    auto version = VersionOf(sql, row, directory_ + "/" + id.text());
    if (!version.ok()) {
      open_.erase(id);
      return version.status();
    }
    slot = std::make_shared<TableState>(id, row.key, version.MoveValueUnsafe());
    return slot;
  });
}

arrow::Result<std::shared_ptr<const TableVersion>> Tables::Open(const EntryId& id) const {
  ARROW_ASSIGN_OR_RAISE(const auto table, Find(id));
  return table->Current();
}

arrow::Status Tables::Commit(TableState& table, const MakeChange& make) {
  std::lock_guard change_lock(table.change_mutex);
  const auto old = table.Current();
  ARROW_ASSIGN_OR_RAISE(const Change change, make(*old));
  auto next = std::make_shared<TableVersion>(*old);
  next->data = std::make_shared<tables::TableData>(
      tables::TableData{change.schema == nullptr ? old->data->schema : change.schema, change.files});
  const auto commit = [&]() -> arrow::Status {
    std::optional<std::string> schema_ipc;
    if (change.schema != nullptr) {
      ARROW_ASSIGN_OR_RAISE(schema_ipc, tables::EncodeSchema(*change.schema));
      next->schema_ipc = *schema_ipc;
    }
    return state_.database->Write([&](soci::session& sql) -> arrow::Status {
      ARROW_ASSIGN_OR_RAISE(const TableRow row, ReadTableRow(sql, table.id));
      if (row.key != table.key) return base::NotFound("the table {} was deleted meanwhile", table.id.text());
      WriteTableVersion(sql, table.key, InfosOf(change.files), schema_ipc, base::NowNs());
      next->number = row.version + 1;
      return arrow::Status::OK();
    });
  };
  if (const arrow::Status status = commit(); !status.ok()) {
    DropOthers(change.files, old->data->files);
    return status;
  }
  DropOthers(old->data->files, change.files);
  std::lock_guard lock(table.value_mutex);
  table.current = std::move(next);
  return arrow::Status::OK();
}

arrow::Status Tables::Compact(TableState& table) {
  for (int level = 0;; ++level) {
    const auto current = table.Current();
    const auto& files = current->data->files;
    if (TailOfLevel(files, level) < kCompactFilesMin) {
      if (TailOfLevel(files, level) == TailOfLevel(files, std::numeric_limits<int>::max())) return arrow::Status::OK();
      continue;
    }
    ARROW_RETURN_NOT_OK(Commit(table, [&](const TableVersion& latest) -> arrow::Result<Change> {
      const auto& now = latest.data->files;
      const auto tail = now.end() - static_cast<std::ptrdiff_t>(TailOfLevel(now, level));
      if (now.end() - tail < 2) return Change{now, nullptr};  // another write was faster
      ARROW_ASSIGN_OR_RAISE(auto info, tables::Concatenate(*latest.data->schema, {tail, now.end()}, NewPath(table.id)));
      info.level = level + 1;
      Change change{{now.begin(), tail}, nullptr};
      change.files.push_back(std::make_shared<tables::DataFile>(std::move(info)));
      return change;
    }));
  }
}

void Tables::Forget(const EntryId& id) {
  std::shared_ptr<TableState> table;
  {
    std::lock_guard lock(mutex_);
    if (const auto found = open_.find(id); found != open_.end()) {
      table = std::move(found->second);
      open_.erase(found);
    }
  }
  std::error_code stays;  // until the next start
  if (table == nullptr) {
    fs::remove_all(directory_ + "/" + id.text(), stays);
    return;
  }
  std::lock_guard change_lock(table->change_mutex);
  auto empty = std::make_shared<TableVersion>(*table->Current());  // a write that has begun ends with NOT_FOUND
  DropOthers(empty->data->files, {});
  empty->data = std::make_shared<tables::TableData>(tables::TableData{empty->data->schema, {}});
  {
    std::lock_guard lock(table->value_mutex);
    table->current = std::move(empty);
  }
  fs::remove(directory_ + "/" + id.text(), stays);  // if nobody reads
}

}  // namespace mutoscope::catalog
