// Schemas and packs of layer_rows.h.
#include "base/status.h"
#include "catalog/blobs.h"
#include "catalog/layer_rows.h"

namespace mutoscope::catalog {

arrow::Result<std::vector<KnownSchema>> ListSchemaRows(soci::session& sql, DatasetKey dataset) {
  long long id = 0, layers = 0;
  std::string hex;
  soci::blob ipc(sql);
  soci::statement statement =
      (sql.prepare << "SELECT s.id, s.sha256, s.ipc, (SELECT COUNT(*) FROM layers l WHERE l.schema = s.id) "
                      "FROM schemas s WHERE s.dataset = :d ORDER BY s.id",
       soci::use(dataset), soci::into(id), soci::into(hex), soci::into(ipc), soci::into(layers));
  statement.execute();
  std::vector<KnownSchema> known;
  while (statement.fetch()) {
    KnownSchema one;
    one.id = id;
    one.layers = static_cast<uint64_t>(layers);
    ARROW_ASSIGN_OR_RAISE(one.sha256, HashOfHex(hex));
    ARROW_ASSIGN_OR_RAISE(one.schema, DecodeSchema(GetBlob(&ipc)));
    known.push_back(std::move(one));
  }
  return known;
}

long long InsertSchemaRow(soci::session& sql, DatasetKey dataset, const SchemaHash& sha256, const std::string& ipc) {
  const std::string hex = HexOf(sha256);
  soci::blob bytes(sql);
  SetBlob(&bytes, ipc);
  sql << "INSERT INTO schemas (dataset, sha256, ipc) VALUES (:d, :h, :i)", soci::use(dataset), soci::use(hex), soci::use(bytes);
  long long id = 0;
  if (!sql.get_last_insert_id("schemas", id)) throw soci::soci_error("no id for a new schema");
  return id;
}

std::string PathWithSchema(soci::session& sql, long long schema) {
  std::string path;
  sql << "SELECT path FROM layers WHERE schema = :s LIMIT 1", soci::use(schema), soci::into(path);
  return sql.got_data() ? path : "";
}

void DeleteSchemaRow(soci::session& sql, long long schema) { sql << "DELETE FROM schemas WHERE id = :s", soci::use(schema); }

void DeleteUnusedSchemaRows(soci::session& sql, DatasetKey dataset) {
  sql << "DELETE FROM schemas WHERE dataset = :d AND NOT EXISTS (SELECT 1 FROM layers l WHERE l.schema = schemas.id)",
      soci::use(dataset);
}

void InsertPackRow(soci::session& sql, DatasetKey dataset, const PackRow& pack) {
  const long long id = pack.id, bytes = static_cast<long long>(pack.info.bytes),
                  checksum = static_cast<long long>(pack.info.checksum);
  const int kind = static_cast<int>(pack.kind);
  sql << "INSERT INTO packs (id, dataset, kind, bytes, checksum) VALUES (:id, :d, :k, :b, :c)", soci::use(id), soci::use(dataset),
      soci::use(kind), soci::use(bytes), soci::use(checksum);
}

std::optional<PackRow> ReadPackRow(soci::session& sql, PackId pack) {
  const long long id = pack;
  long long bytes = 0, checksum = 0;
  int kind = 0;
  sql << "SELECT kind, bytes, checksum FROM packs WHERE id = :id", soci::use(id), soci::into(kind), soci::into(bytes),
      soci::into(checksum);
  if (!sql.got_data()) return std::nullopt;
  return PackRow{pack, static_cast<PackKind>(kind), {static_cast<uint64_t>(bytes), static_cast<uint64_t>(checksum)}};
}

std::vector<PackRow> ListPackRows(soci::session& sql, DatasetKey dataset) {
  long long id = 0, bytes = 0, checksum = 0;
  int kind = 0;
  soci::statement statement = (sql.prepare << "SELECT id, kind, bytes, checksum FROM packs WHERE dataset = :d",
                               soci::use(dataset), soci::into(id), soci::into(kind), soci::into(bytes), soci::into(checksum));
  statement.execute();
  std::vector<PackRow> packs;
  while (statement.fetch()) {
    packs.push_back({id, static_cast<PackKind>(kind), {static_cast<uint64_t>(bytes), static_cast<uint64_t>(checksum)}});
  }
  return packs;
}

std::vector<PackRow> DeleteUnusedPackRows(soci::session& sql, DatasetKey dataset) {
  long long id = 0;
  int kind = 0;
  std::vector<PackRow> unused;
  soci::statement list =
      (sql.prepare << "SELECT id, kind FROM packs WHERE dataset = :d AND NOT EXISTS (SELECT 1 FROM layers l WHERE "
                      "l.pack = packs.id) AND NOT EXISTS (SELECT 1 FROM layers l WHERE l.rows_pack = packs.id)",
       soci::use(dataset), soci::into(id), soci::into(kind));
  list.execute();
  while (list.fetch()) unused.push_back({id, static_cast<PackKind>(kind), {}});
  soci::statement erase = (sql.prepare << "DELETE FROM packs WHERE id = :id", soci::use(id));
  for (const PackRow& pack : unused) {
    id = pack.id;
    erase.execute(true);
  }
  return unused;
}

void SetLayerPack(soci::session& sql, index::LayerId layer, std::optional<PackId> pack) {
  const long long id = layer, pack_id = pack.value_or(0);
  soci::indicator has_pack = pack ? soci::i_ok : soci::i_null;
  sql << "UPDATE layers SET pack = :p WHERE id = :id", soci::use(pack_id, has_pack), soci::use(id);
}

bool SetLayerRowsPack(soci::session& sql, index::LayerId layer, size_t num_chunks, PackId pack) {
  const long long id = layer, chunks = static_cast<long long>(num_chunks), pack_id = pack;
  soci::statement update = (sql.prepare << "UPDATE layers SET rows_pack = :p WHERE id = :id AND num_chunks = :n",
                            soci::use(pack_id), soci::use(id), soci::use(chunks));
  update.execute(true);
  return update.get_affected_rows() > 0;
}

bool MoveLayerToPack(soci::session& sql, index::LayerId layer, PackKind kind, PackId old, PackId pack) {
  const long long id = layer, old_id = old, pack_id = pack;
  const std::string column = kind == PackKind::kTables ? "pack" : "rows_pack";
  soci::statement update = (sql.prepare << "UPDATE layers SET " + column + " = :p WHERE id = :id AND " + column + " = :old",
                            soci::use(pack_id), soci::use(id), soci::use(old_id));
  update.execute(true);
  return update.get_affected_rows() > 0;
}

void ForgetRowsPack(soci::session& sql, PackId pack) {
  const long long id = pack;
  sql << "UPDATE layers SET rows_pack = NULL WHERE rows_pack = :p", soci::use(id);
  sql << "DELETE FROM packs WHERE id = :p", soci::use(id);
}

}  // namespace mutoscope::catalog
