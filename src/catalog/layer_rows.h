// SQL of layers, their schemas and index packs. All functions run inside Database::Read or Database::Write and may throw what
// SOCI throws.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "catalog/entry_rows.h"
#include "catalog/paths.h"
#include "catalog/schema_book.h"
#include "index/layer_pack.h"

namespace mutoscope::catalog {

struct LayerRow {
  std::shared_ptr<Layer> layer;
  long long schema = 0;
  std::optional<PackId> pack;       // none: its index could not be rebuilt (the source changed)
  std::optional<PackId> rows_pack;  // none: not written yet
};

struct LayerKey {  // what a look-up by (segment, layer) finds
  index::LayerId id = 0;
  long long schema = 0;
  uint64_t num_chunks = 0;
};

// Statements of a registration, prepared once for many layers.
class LayerWriter {
 public:
  LayerWriter(soci::session& sql, DatasetKey dataset);
  LayerWriter(const LayerWriter&) = delete;
  LayerWriter& operator=(const LayerWriter&) = delete;
  std::optional<LayerKey> Find(const std::string& segment_id, const std::string& name);
  // `revision`: of the dataset, from which on the layer is visible.
  void Insert(const Layer& layer, long long revision, long long schema, PackId pack);
  void Delete(index::LayerId layer);

 private:
  // Bound to the statements: they must not move.
  DatasetKey dataset_;
  std::string segment_id_, name_, path_, application_id_;
  long long layer_ = 0, schema_ = 0, num_chunks_ = 0, file_size_ = 0, file_mtime_ns_ = 0, registered_ns_ = 0, updated_ns_ = 0,
            size_bytes_ = 0, pack_ = 0, revision_ = 0;
  soci::blob time_ranges_, properties_;
  soci::statement find_, insert_, delete_;
};

// Layers that became visible after that revision, in the order in which they did (ids alone may interleave: they are given before
// the commit).
arrow::Result<std::vector<LayerRow>> ListLayerRows(soci::session& sql, DatasetKey dataset, long long after_revision);
// Path and identity of every layer's file.
std::unordered_map<std::string, storage::FileIdentity> ListLayerFiles(soci::session& sql, DatasetKey dataset);

// Deletes the layers that `drop(segment_id, name)` selects of these segments (none = of all).
struct DroppedLayers {
  std::vector<index::LayerId> layers;
  std::vector<long long> schemas;  // parallel
  uint64_t chunks = 0;
};
DroppedLayers DeleteLayerRows(soci::session& sql, DatasetKey dataset, const std::vector<std::string>& segments,
                              const std::function<bool(const std::string& name)>& drop);

// ---- schemas
arrow::Result<std::vector<KnownSchema>> ListSchemaRows(soci::session& sql, DatasetKey dataset);
long long InsertSchemaRow(soci::session& sql, DatasetKey dataset, const SchemaHash& sha256, const std::string& ipc);
// Path of some layer with that schema; empty if there is none.
std::string PathWithSchema(soci::session& sql, long long schema);
void DeleteSchemaRow(soci::session& sql, long long schema);
// Drops the schemas of the dataset that no layer has.
void DeleteUnusedSchemaRows(soci::session& sql, DatasetKey dataset);

// ---- packs
struct PackRow {
  PackId id = 0;
  PackKind kind = PackKind::kTables;
  index::PackInfo info;
};
void InsertPackRow(soci::session& sql, DatasetKey dataset, const PackRow& pack);
std::optional<PackRow> ReadPackRow(soci::session& sql, PackId pack);
std::vector<PackRow> ListPackRows(soci::session& sql, DatasetKey dataset);
// Drops the packs of the dataset that no layer uses; the files are the caller's, after the commit.
std::vector<PackRow> DeleteUnusedPackRows(soci::session& sql, DatasetKey dataset);
void SetLayerPack(soci::session& sql, index::LayerId layer, std::optional<PackId> pack);
// False if there is no such layer any more, or it has grown.
bool SetLayerRowsPack(soci::session& sql, index::LayerId layer, size_t num_chunks, PackId pack);
// Points the layer to another pack of that kind if it still is in `old`; false if it is not.
bool MoveLayerToPack(soci::session& sql, index::LayerId layer, PackKind kind, PackId old, PackId pack);
// The layers of a damaged rows pack are to be written again.
void ForgetRowsPack(soci::session& sql, PackId pack);

// ---- the rows writer
struct LayerWithoutRows {
  index::LayerId layer = 0;
  DatasetKey dataset = 0;
  EntryId dataset_id;
  std::string path;
  storage::FileIdentity identity;
  PackRow pack;  // its chunk tables
};
// The first of them with an id above `after`, up to `count`.
std::vector<LayerWithoutRows> ListLayersWithoutRows(soci::session& sql, index::LayerId after, int count);

}  // namespace mutoscope::catalog
