#include "catalog/entry_rows.h"

#include <algorithm>

#include "base/status.h"

namespace mutoscope::catalog {
namespace {

constexpr EntryKind kListedKinds[] = {EntryKind::kDataset, EntryKind::kTable, EntryKind::kDatasetView, EntryKind::kTableView,
                                      EntryKind::kBlueprintDataset};  // redap.md §5.3

// Ids in the database were written by EntryId::text().
EntryId IdOfText(const std::string& text) { return EntryId::Parse(text).ValueOr(EntryId{}); }

bool KindMatches(const EntryFilter& filter, EntryKind kind) {
  if (filter.kinds.empty()) return std::ranges::find(kListedKinds, kind) != std::end(kListedKinds);
  return std::ranges::find(filter.kinds, kind) != filter.kinds.end();
}

// The columns of one row of `entries`, bound once.
struct EntryColumns {
  long long key = 0;
  std::string id;
  std::string name;
  int kind = 0;
  long long created_at_ns = 0;
  long long updated_at_ns = 0;

  Entry entry() const { return {IdOfText(id), name, static_cast<EntryKind>(kind), created_at_ns, updated_at_ns}; }
};

struct DetailColumns {
  long long revision = 0, layer_count = 0;
  std::string blueprint, assets, blueprint_segment, table_blueprint_segment;
  soci::indicator has_blueprint = soci::i_null, has_assets = soci::i_null, has_segment = soci::i_null,
                  has_table_segment = soci::i_null;

  DatasetDetails details() const {
    DatasetDetails out;
    if (has_blueprint == soci::i_ok) out.blueprint_dataset = IdOfText(blueprint);
    if (has_assets == soci::i_ok) out.asset_dataset = IdOfText(assets);
    if (has_segment == soci::i_ok) out.default_blueprint_segment = blueprint_segment;
    if (has_table_segment == soci::i_ok) out.default_segment_table_blueprint_segment = table_blueprint_segment;
    return out;
  }
};

soci::indicator Indicate(bool present) { return present ? soci::i_ok : soci::i_null; }

}  // namespace

std::optional<std::pair<DatasetKey, Entry>> FindEntryRow(soci::session& sql, const EntryId& id) {
  EntryColumns row;
  const std::string text = id.text();
  sql << "SELECT key, id, name, kind, created_at_ns, updated_at_ns FROM entries WHERE id = :id", soci::use(text),
      soci::into(row.key), soci::into(row.id), soci::into(row.name), soci::into(row.kind), soci::into(row.created_at_ns),
      soci::into(row.updated_at_ns);
  if (!sql.got_data()) return std::nullopt;
  return std::pair{row.key, row.entry()};
}

std::vector<Entry> ListEntryRows(soci::session& sql, const EntryFilter& filter) {
  EntryColumns row;
  const std::string id = filter.id ? filter.id->text() : "";
  const std::string name = filter.name.value_or("");
  const int any_id = !filter.id.has_value();
  const int any_name = !filter.name.has_value();
  // One of the two unique indexes serves a look-up; a listing reads the table.
  std::string query = "SELECT key, id, name, kind, created_at_ns, updated_at_ns FROM entries";
  query += any_id ? " WHERE :id = ''" : " WHERE id = :id";
  query += any_name ? " AND :name = ''" : " AND name = :name";
  query += " ORDER BY key";
  soci::statement statement =
      (sql.prepare << query, soci::use(id), soci::use(name), soci::into(row.key), soci::into(row.id), soci::into(row.name),
       soci::into(row.kind), soci::into(row.created_at_ns), soci::into(row.updated_at_ns));
  statement.execute();
  std::vector<Entry> entries;
  while (statement.fetch()) {
    if (KindMatches(filter, static_cast<EntryKind>(row.kind))) entries.push_back(row.entry());
  }
  return entries;
}

arrow::Result<DatasetRow> ReadDatasetRow(soci::session& sql, const EntryId& id) {
  const auto found = FindEntryRow(sql, id);
  if (!found) return base::NotFound("no dataset has the id {}", id.text());
  if (found->second.kind == EntryKind::kTable)
    return base::NotFound("'{}' ({}) is a table, not a dataset", found->second.name, id.text());
  DatasetRow out;
  out.key = found->first;
  out.dataset.entry = found->second;
  DetailColumns row;
  sql << "SELECT d.revision, d.layer_count, b.id, a.id, d.default_blueprint_segment, d.default_segment_table_blueprint_segment "
         "FROM datasets d LEFT JOIN entries b ON b.key = d.blueprint_dataset LEFT JOIN entries a ON a.key = d.asset_dataset "
         "WHERE d.key = :key",
      soci::use(out.key), soci::into(row.revision), soci::into(row.layer_count), soci::into(row.blueprint, row.has_blueprint),
      soci::into(row.assets, row.has_assets), soci::into(row.blueprint_segment, row.has_segment),
      soci::into(row.table_blueprint_segment, row.has_table_segment);
  if (!sql.got_data()) return base::DataLoss("the catalog has no dataset row for '{}'", found->second.name);
  out.dataset.details = row.details();
  out.revision = row.revision;
  out.layer_count = row.layer_count;
  return out;
}

arrow::Result<DatasetRow> ReadDatasetRow(soci::session& sql, DatasetKey key) {
  std::string id;
  sql << "SELECT id FROM entries WHERE key = :key", soci::use(key), soci::into(id);
  if (!sql.got_data()) return base::NotFound("the dataset was deleted");
  return ReadDatasetRow(sql, IdOfText(id));
}

arrow::Result<DatasetKey> InsertEntryRow(soci::session& sql, const Entry& entry, std::optional<DatasetKey> owner) {
  const std::string id = entry.id.text();
  const int kind = static_cast<int>(entry.kind);
  const long long created = entry.created_at_ns, updated = entry.updated_at_ns;
  const long long owner_key = owner.value_or(0);
  soci::indicator has_owner = Indicate(owner.has_value());
  long long taken = 0;
  sql << "SELECT key FROM entries WHERE id = :id", soci::use(id), soci::into(taken);
  if (sql.got_data()) return base::AlreadyExists("an entry with the id {} exists already", id);
  sql << "SELECT key FROM entries WHERE name = :name", soci::use(entry.name), soci::into(taken);
  if (sql.got_data())
    return base::AlreadyExists("an entry named '{}' exists already; choose another name or delete it first", entry.name);
  sql << "INSERT INTO entries (id, name, kind, owner, created_at_ns, updated_at_ns) VALUES (:id, :name, :kind, :owner, :c, :u)",
      soci::use(id), soci::use(entry.name), soci::use(kind), soci::use(owner_key, has_owner), soci::use(created),
      soci::use(updated);
  long long key = 0;
  if (!sql.get_last_insert_id("entries", key)) return base::Internal("the database gave no key for entry '{}'", entry.name);
  return key;
}

void InsertDatasetRow(soci::session& sql, DatasetKey key, std::optional<DatasetKey> blueprint, std::optional<DatasetKey> assets) {
  const long long blueprint_key = blueprint.value_or(0), asset_key = assets.value_or(0);
  soci::indicator has_blueprint = Indicate(blueprint.has_value()), has_assets = Indicate(assets.has_value());
  sql << "INSERT INTO datasets (key, blueprint_dataset, asset_dataset) VALUES (:key, :b, :a)", soci::use(key),
      soci::use(blueprint_key, has_blueprint), soci::use(asset_key, has_assets);
}

void UpdateDetailsRow(soci::session& sql, DatasetKey key, std::optional<DatasetKey> blueprint, std::optional<DatasetKey> assets,
                      const DatasetDetails& details, int64_t now_ns) {
  const long long blueprint_key = blueprint.value_or(0), asset_key = assets.value_or(0);
  const std::string segment = details.default_blueprint_segment.value_or("");
  const std::string table_segment = details.default_segment_table_blueprint_segment.value_or("");
  soci::indicator has_blueprint = Indicate(blueprint.has_value()), has_assets = Indicate(assets.has_value());
  soci::indicator has_segment = Indicate(details.default_blueprint_segment.has_value());
  soci::indicator has_table_segment = Indicate(details.default_segment_table_blueprint_segment.has_value());
  sql << "UPDATE datasets SET blueprint_dataset = :b, asset_dataset = :a, default_blueprint_segment = :s, "
         "default_segment_table_blueprint_segment = :t WHERE key = :key",
      soci::use(blueprint_key, has_blueprint), soci::use(asset_key, has_assets), soci::use(segment, has_segment),
      soci::use(table_segment, has_table_segment), soci::use(key);
  ChangeDatasetRow(sql, key, 0, 0, now_ns);
}

arrow::Status RenameEntryRow(soci::session& sql, DatasetKey key, const std::string& name, int64_t now_ns) {
  long long holder = 0;
  sql << "SELECT key FROM entries WHERE name = :name", soci::use(name), soci::into(holder);
  if (sql.got_data()) {
    if (holder == key) return arrow::Status::OK();
    return base::AlreadyExists("an entry named '{}' exists already; choose another name or delete it first", name);
  }
  sql << "UPDATE entries SET name = :name WHERE key = :key", soci::use(name), soci::use(key);
  ChangeDatasetRow(sql, key, 0, 0, now_ns);
  return arrow::Status::OK();
}

std::vector<EntryId> OwnedDatasets(soci::session& sql, DatasetKey key) {
  std::string id;
  soci::statement statement = (sql.prepare << "SELECT e.id FROM entries e JOIN datasets d ON d.key = e.key WHERE e.key = :key "
                                              "UNION ALL SELECT id FROM entries WHERE owner = :owner",
                               soci::use(key), soci::use(key), soci::into(id));
  statement.execute();
  std::vector<EntryId> ids;
  while (statement.fetch()) ids.push_back(IdOfText(id));
  return ids;
}

void DeleteEntryRow(soci::session& sql, DatasetKey key) {
  // A default blueprint means nothing without its dataset; the reference itself goes by ON DELETE SET NULL.
  sql << "UPDATE datasets SET default_blueprint_segment = NULL, default_segment_table_blueprint_segment = NULL "
         "WHERE blueprint_dataset = :key",
      soci::use(key);
  sql << "UPDATE tables SET default_blueprint_segment = NULL WHERE blueprint_dataset = :key", soci::use(key);
  sql << "UPDATE datasets SET revision = revision + 1 WHERE blueprint_dataset = :b OR asset_dataset = :a", soci::use(key),
      soci::use(key);
  sql << "DELETE FROM entries WHERE key = :key", soci::use(key);
}

void ChangeDatasetRow(soci::session& sql, DatasetKey key, long long layers_added, long long chunks_added, int64_t now_ns) {
  const long long now = now_ns;
  sql << "UPDATE datasets SET revision = revision + 1, layer_count = layer_count + :l, chunk_count = chunk_count + :c WHERE key "
         "= :key",
      soci::use(layers_added), soci::use(chunks_added), soci::use(key);
  sql << "UPDATE entries SET updated_at_ns = :now WHERE key = :key", soci::use(now), soci::use(key);
}

}  // namespace mutoscope::catalog
