#include "catalog/growing_rows.h"

namespace mutoscope::catalog {

std::vector<SegmentLayer> ListSegmentLayers(soci::session& sql, DatasetKey dataset, const std::string& segment_id) {
  long long id = 0, mtime = 0, registered = 0;
  std::string name, path, application_id;
  soci::statement statement =
      (sql.prepare << "SELECT id, name, path, file_mtime_ns, application_id, registered_at_ns FROM layers "
                      "WHERE dataset = :d AND segment_id = :s ORDER BY id",
       soci::use(dataset), soci::use(segment_id), soci::into(id), soci::into(name), soci::into(path), soci::into(mtime),
       soci::into(application_id), soci::into(registered));
  statement.execute();
  std::vector<SegmentLayer> layers;
  while (statement.fetch()) {
    layers.push_back({id, name, path, storage::FileIdentity{0, mtime}.grows(), application_id, registered});
  }
  return layers;
}

void InsertGrowingRow(soci::session& sql, DatasetKey dataset, const std::string& path) {
  sql << "INSERT OR IGNORE INTO growing_files (path, dataset) VALUES (:p, :d)", soci::use(path), soci::use(dataset);
}

void DeleteGrowingRow(soci::session& sql, const std::string& path) {
  sql << "DELETE FROM growing_files WHERE path = :p", soci::use(path);
}

std::vector<GrowingFile> ListGrowingRows(soci::session& sql) {
  std::string dataset, path;
  soci::statement statement =
      (sql.prepare << "SELECT e.id, g.path FROM growing_files g JOIN entries e ON e.key = g.dataset ORDER BY g.path",
       soci::into(dataset), soci::into(path));
  statement.execute();
  std::vector<GrowingFile> files;
  while (statement.fetch()) files.push_back({EntryId::Parse(dataset).ValueOr(EntryId{}), path});
  return files;
}

}  // namespace mutoscope::catalog
