#include "catalog/schema_sql.h"

namespace mutoscope::catalog {
namespace {

constexpr const char* kVersion1 = R"sql(
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('run', 0), ('layer', 0);

CREATE TABLE entries (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL UNIQUE,
  kind INTEGER NOT NULL,
  owner INTEGER REFERENCES entries(key) ON DELETE CASCADE,
  created_at_ns INTEGER NOT NULL,
  updated_at_ns INTEGER NOT NULL
);
CREATE INDEX entries_by_owner ON entries(owner);

CREATE TABLE datasets (
  key INTEGER PRIMARY KEY REFERENCES entries(key) ON DELETE CASCADE,
  revision INTEGER NOT NULL DEFAULT 1,
  layer_count INTEGER NOT NULL DEFAULT 0,
  chunk_count INTEGER NOT NULL DEFAULT 0,
  blueprint_dataset INTEGER REFERENCES entries(key) ON DELETE SET NULL,
  default_blueprint_segment TEXT,
  default_segment_table_blueprint_segment TEXT,
  asset_dataset INTEGER REFERENCES entries(key) ON DELETE SET NULL
);

CREATE TABLE schemas (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset INTEGER NOT NULL REFERENCES datasets(key) ON DELETE CASCADE,
  sha256 TEXT NOT NULL,
  ipc BLOB NOT NULL,
  UNIQUE (dataset, sha256)
);

CREATE TABLE packs (
  id INTEGER PRIMARY KEY,
  dataset INTEGER NOT NULL REFERENCES datasets(key) ON DELETE CASCADE,
  kind INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  checksum INTEGER NOT NULL
);
CREATE INDEX packs_by_dataset ON packs(dataset);

CREATE TABLE layers (
  id INTEGER PRIMARY KEY,
  dataset INTEGER NOT NULL REFERENCES datasets(key) ON DELETE CASCADE,
  segment_id TEXT NOT NULL,
  name TEXT NOT NULL,
  revision INTEGER NOT NULL,
  path TEXT NOT NULL,
  file_size INTEGER NOT NULL,
  file_mtime_ns INTEGER NOT NULL,
  registered_at_ns INTEGER NOT NULL,
  updated_at_ns INTEGER NOT NULL,
  num_chunks INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  application_id TEXT NOT NULL,
  schema INTEGER NOT NULL REFERENCES schemas(id),
  pack INTEGER REFERENCES packs(id),
  rows_pack INTEGER REFERENCES packs(id),
  time_ranges BLOB,
  properties BLOB,
  UNIQUE (dataset, segment_id, name)
);
CREATE INDEX layers_by_schema ON layers(schema);
CREATE INDEX layers_by_pack ON layers(pack);
CREATE INDEX layers_by_rows_pack ON layers(rows_pack);
CREATE INDEX layers_by_revision ON layers(dataset, revision);

CREATE TABLE tasks (
  id TEXT PRIMARY KEY,
  status INTEGER NOT NULL,
  message TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL,
  updated_at_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX tasks_by_age ON tasks(updated_at_ns);
)sql";

constexpr const char* kSegmentProperties = R"sql(
CREATE TABLE segment_properties (
  dataset INTEGER NOT NULL REFERENCES datasets(key) ON DELETE CASCADE,
  segment_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  updated_at_ns INTEGER NOT NULL,
  properties BLOB NOT NULL,
  PRIMARY KEY (dataset, segment_id)
);
)sql";

constexpr const char* kMigrations[] = {kVersion1, kSegmentProperties};

}  // namespace

std::span<const char* const> Migrations() { return kMigrations; }

}  // namespace mutoscope::catalog
