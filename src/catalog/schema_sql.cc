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

// Recordings that may hold more than is visible: they are being written, or were when the server died.
constexpr const char kGrowingFiles[] = R"sql(
CREATE TABLE growing_files (
  path TEXT PRIMARY KEY,
  dataset INTEGER NOT NULL REFERENCES datasets(key) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX growing_files_by_dataset ON growing_files(dataset);
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

constexpr const char* kTables = R"sql(
CREATE TABLE tables (
  key INTEGER PRIMARY KEY REFERENCES entries(key) ON DELETE CASCADE,
  version INTEGER NOT NULL DEFAULT 1,
  schema BLOB NOT NULL,
  source TEXT,
  blueprint_dataset INTEGER REFERENCES entries(key) ON DELETE SET NULL,
  default_blueprint_segment TEXT
);

CREATE TABLE table_files (
  table_key INTEGER NOT NULL REFERENCES tables(key) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  path TEXT NOT NULL,
  ours INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  level INTEGER NOT NULL,
  PRIMARY KEY (table_key, position)
) WITHOUT ROWID;
)sql";

// Which layers refer to a recording that the server wrote itself (recording_files.cc).
constexpr const char* kLayersOfRecordings = "CREATE INDEX layers_of_recordings ON layers(path) WHERE path GLOB '*/recordings/*';";

// What signs the grants of uploads (upload_grant.h).
constexpr const char* kUploadSecrets = R"sql(
CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
)sql";

constexpr const char* kMigrations[] = {kVersion1,           kSegmentProperties, kTables,
                                       kLayersOfRecordings, kGrowingFiles,      kUploadSecrets};

}  // namespace

std::span<const char* const> Migrations() { return kMigrations; }

}  // namespace mutoscope::catalog
