#include "catalog/table_rows.h"

#include <filesystem>

#include "base/status.h"
#include "catalog/blobs.h"
#include "catalog/names.h"

namespace mutoscope::catalog {
namespace {

EntryId IdOfText(const std::string& text) { return EntryId::Parse(text).ValueOr(EntryId{}); }

soci::indicator Indicate(bool present) { return present ? soci::i_ok : soci::i_null; }

void InsertFiles(soci::session& sql, DatasetKey key, const std::vector<tables::DataFile::Info>& files) {
  long long position = 0, rows = 0, bytes = 0, mtime_ns = 0;
  int ours = 0, level = 0;
  std::string path;
  soci::statement statement = (sql.prepare << "INSERT INTO table_files (table_key, position, path, ours, rows, bytes, mtime_ns, "
                                              "level) VALUES (:k, :p, :path, :o, :r, :b, :m, :l)",
                               soci::use(key), soci::use(position), soci::use(path), soci::use(ours), soci::use(rows),
                               soci::use(bytes), soci::use(mtime_ns), soci::use(level));
  for (const auto& file : files) {
    path = file.ours ? std::filesystem::path(file.path).filename().string() : file.path;
    ours = file.ours;
    rows = file.rows;
    bytes = static_cast<long long>(file.identity.size);
    mtime_ns = file.identity.mtime_ns;
    level = file.level;
    statement.execute(true);
    ++position;
  }
}

}  // namespace

arrow::Result<TableRow> ReadTableRow(soci::session& sql, const EntryId& id) {
  const auto found = FindEntryRow(sql, id);
  if (!found) return base::NotFound("no table has the id {}", id.text());
  if (found->second.kind != EntryKind::kTable) {
    return base::NotFound("'{}' ({}) is a dataset, not a table", found->second.name, id.text());
  }
  TableRow row;
  row.key = found->first;
  row.entry = found->second;
  row.system = row.entry.name == kEntriesTableName;
  if (row.system) return row;
  std::string source, blueprint, segment;
  soci::indicator has_source = soci::i_null, has_blueprint = soci::i_null, has_segment = soci::i_null;
  soci::blob schema(sql);
  sql << "SELECT t.version, t.schema, t.source, b.id, t.default_blueprint_segment FROM tables t "
         "LEFT JOIN entries b ON b.key = t.blueprint_dataset WHERE t.key = :key",
      soci::use(row.key), soci::into(row.version), soci::into(schema), soci::into(source, has_source),
      soci::into(blueprint, has_blueprint), soci::into(segment, has_segment);
  if (!sql.got_data()) return base::DataLoss("the catalog has no row of the table '{}'", row.entry.name);
  row.schema_ipc = GetBlob(&schema);
  if (has_source == soci::i_ok) row.source = source;
  if (has_blueprint == soci::i_ok) row.details.blueprint_dataset = IdOfText(blueprint);
  if (has_segment == soci::i_ok) row.details.default_blueprint_segment = segment;
  return row;
}

void InsertTableRow(soci::session& sql, DatasetKey key, const std::string& schema_ipc, const std::optional<std::string>& source,
                    DatasetKey blueprint) {
  soci::blob schema(sql);
  SetBlob(&schema, schema_ipc);
  const std::string path = source.value_or("");
  soci::indicator has_source = Indicate(source.has_value());
  sql << "INSERT INTO tables (key, schema, source, blueprint_dataset) VALUES (:key, :schema, :source, :b)", soci::use(key),
      soci::use(schema), soci::use(path, has_source), soci::use(blueprint);
}

void UpdateTableDetailsRow(soci::session& sql, DatasetKey key, std::optional<DatasetKey> blueprint, const TableDetails& details,
                           int64_t now_ns) {
  const long long blueprint_key = blueprint.value_or(0), now = now_ns;
  const std::string segment = details.default_blueprint_segment.value_or("");
  soci::indicator has_blueprint = Indicate(blueprint.has_value());
  soci::indicator has_segment = Indicate(details.default_blueprint_segment.has_value());
  sql << "UPDATE tables SET blueprint_dataset = :b, default_blueprint_segment = :s WHERE key = :key",
      soci::use(blueprint_key, has_blueprint), soci::use(segment, has_segment), soci::use(key);
  sql << "UPDATE entries SET updated_at_ns = :now WHERE key = :key", soci::use(now), soci::use(key);
}

arrow::Result<DatasetKey> OwnBlueprintDataset(soci::session& sql, DatasetKey key, const EntryId& id, int64_t now_ns) {
  const std::string name = BlueprintDatasetName(id);
  long long existing = 0;
  sql << "SELECT key FROM entries WHERE name = :name AND owner = :owner", soci::use(name), soci::use(key), soci::into(existing);
  if (sql.got_data()) return existing;
  const Entry entry{EntryId::New(), name, EntryKind::kBlueprintDataset, now_ns, now_ns};
  ARROW_ASSIGN_OR_RAISE(const DatasetKey made, InsertEntryRow(sql, entry, key));
  InsertDatasetRow(sql, made, std::nullopt, std::nullopt);
  return made;
}

std::vector<tables::DataFile::Info> ReadTableFiles(soci::session& sql, DatasetKey key, const std::string& directory) {
  std::string path;
  int ours = 0, level = 0;
  long long rows = 0, bytes = 0, mtime_ns = 0;
  soci::statement statement =
      (sql.prepare << "SELECT path, ours, rows, bytes, mtime_ns, level FROM table_files WHERE table_key = :key ORDER BY position",
       soci::use(key), soci::into(path), soci::into(ours), soci::into(rows), soci::into(bytes), soci::into(mtime_ns),
       soci::into(level));
  statement.execute();
  std::vector<tables::DataFile::Info> files;
  while (statement.fetch()) {
    files.push_back(
        {ours != 0 ? directory + "/" + path : path, ours != 0, {static_cast<uint64_t>(bytes), mtime_ns}, rows, level});
  }
  return files;
}

void WriteTableVersion(soci::session& sql, DatasetKey key, const std::vector<tables::DataFile::Info>& files,
                       const std::optional<std::string>& schema_ipc, int64_t now_ns) {
  const long long now = now_ns;
  sql << "DELETE FROM table_files WHERE table_key = :key", soci::use(key);
  InsertFiles(sql, key, files);
  sql << "UPDATE tables SET version = version + 1 WHERE key = :key", soci::use(key);
  sql << "UPDATE entries SET updated_at_ns = :now WHERE key = :key", soci::use(now), soci::use(key);
  if (!schema_ipc) return;
  soci::blob schema(sql);
  SetBlob(&schema, *schema_ipc);
  sql << "UPDATE tables SET schema = :schema WHERE key = :key", soci::use(schema), soci::use(key);
}

std::vector<std::pair<EntryId, std::string>> AllTableFiles(soci::session& sql) {
  std::string id, path;
  soci::indicator has_path = soci::i_null;
  soci::statement statement = (sql.prepare << "SELECT e.id, f.path FROM tables t JOIN entries e ON e.key = t.key "
                                              "LEFT JOIN table_files f ON f.table_key = t.key AND f.ours = 1",
                               soci::into(id), soci::into(path, has_path));
  statement.execute();
  std::vector<std::pair<EntryId, std::string>> files;
  while (statement.fetch()) files.emplace_back(IdOfText(id), has_path == soci::i_ok ? path : "");
  return files;
}

}  // namespace mutoscope::catalog
