#include "catalog/layer_rows.h"

#include "base/status.h"
#include "catalog/blobs.h"
#include "catalog/time_ranges.h"
#include "storage/source_policy.h"

namespace mutoscope::catalog {
namespace {

constexpr const char* kInsert =
    "INSERT INTO layers (id, dataset, segment_id, name, revision, path, file_size, file_mtime_ns, registered_at_ns, "
    "updated_at_ns, num_chunks, "
    "size_bytes, application_id, schema, pack, time_ranges, properties) VALUES (:id, :dataset, :segment, :name, :revision, "
    ":path, :size, :mtime, "
    ":registered, :updated, :chunks, :bytes, :application, :schema, :pack, :ranges, :properties)";

}  // namespace

LayerWriter::LayerWriter(soci::session& sql, DatasetKey dataset)
    : dataset_(dataset),
      time_ranges_(sql),
      properties_(sql),
      find_((sql.prepare << "SELECT id, schema, num_chunks FROM layers WHERE dataset = :d AND segment_id = :s AND name = :n",
             soci::use(dataset_), soci::use(segment_id_), soci::use(name_), soci::into(layer_), soci::into(schema_),
             soci::into(num_chunks_))),
      insert_((sql.prepare << kInsert, soci::use(layer_), soci::use(dataset_), soci::use(segment_id_), soci::use(name_),
               soci::use(revision_), soci::use(path_), soci::use(file_size_), soci::use(file_mtime_ns_),
               soci::use(registered_ns_), soci::use(updated_ns_), soci::use(num_chunks_), soci::use(size_bytes_),
               soci::use(application_id_), soci::use(schema_), soci::use(pack_), soci::use(time_ranges_),
               soci::use(properties_))),
      delete_((sql.prepare << "DELETE FROM layers WHERE id = :id", soci::use(layer_))) {}

std::optional<LayerKey> LayerWriter::Find(const std::string& segment_id, const std::string& name) {
  segment_id_ = segment_id;
  name_ = name;
  if (!find_.execute(true)) return std::nullopt;
  return LayerKey{layer_, schema_, static_cast<uint64_t>(num_chunks_)};
}

void LayerWriter::Insert(const Layer& layer, long long revision, long long schema, PackId pack) {
  revision_ = revision;
  layer_ = layer.id;
  segment_id_ = layer.segment_id;
  name_ = layer.name;
  path_ = layer.path;
  file_size_ = static_cast<long long>(layer.identity.size);
  file_mtime_ns_ = layer.identity.mtime_ns;
  registered_ns_ = layer.registered_at_ns;
  updated_ns_ = layer.updated_at_ns;
  num_chunks_ = static_cast<long long>(layer.num_chunks);
  size_bytes_ = static_cast<long long>(layer.size_bytes);
  application_id_ = layer.application_id;
  schema_ = schema;
  pack_ = pack;
  SetBlob(&time_ranges_, EncodeTimeRanges(layer.time_ranges));
  SetBlob(&properties_, layer.properties);
  insert_.execute(true);
}

void LayerWriter::Delete(index::LayerId layer) {
  layer_ = layer;
  delete_.execute(true);
}

arrow::Result<std::vector<LayerRow>> ListLayerRows(soci::session& sql, DatasetKey dataset, long long after_revision) {
  long long id = 0, size = 0, mtime = 0, registered = 0, updated = 0, chunks = 0, bytes = 0, schema = 0, pack = 0, rows_pack = 0;
  std::string segment_id, name, path, application_id;
  soci::blob time_ranges(sql), properties(sql);
  soci::indicator has_pack, has_rows, has_ranges, has_properties;
  soci::statement statement =
      (sql.prepare << "SELECT id, segment_id, name, path, file_size, file_mtime_ns, registered_at_ns, updated_at_ns, num_chunks, "
                      "size_bytes, application_id, schema, pack, rows_pack, time_ranges, properties FROM layers "
                      "WHERE dataset = :d AND revision > :after ORDER BY revision, id",
       soci::use(dataset), soci::use(after_revision), soci::into(id), soci::into(segment_id), soci::into(name), soci::into(path),
       soci::into(size), soci::into(mtime), soci::into(registered), soci::into(updated), soci::into(chunks), soci::into(bytes),
       soci::into(application_id), soci::into(schema), soci::into(pack, has_pack), soci::into(rows_pack, has_rows),
       soci::into(time_ranges, has_ranges), soci::into(properties, has_properties));
  statement.execute();
  std::vector<LayerRow> rows;
  while (statement.fetch()) {
    auto layer = std::make_shared<Layer>();
    layer->id = id;
    layer->segment_id = segment_id;
    layer->name = name;
    layer->path = path;
    layer->storage_url = storage::FileUri(path);
    layer->identity = {static_cast<uint64_t>(size), mtime};
    layer->registered_at_ns = registered;
    layer->updated_at_ns = updated;
    layer->num_chunks = static_cast<uint64_t>(chunks);
    layer->size_bytes = static_cast<uint64_t>(bytes);
    layer->application_id = application_id;
    if (has_ranges == soci::i_ok) {
      ARROW_ASSIGN_OR_RAISE(layer->time_ranges, DecodeTimeRanges(GetBlob(&time_ranges)));
    }
    if (has_properties == soci::i_ok) layer->properties = GetBlob(&properties);
    rows.push_back({std::move(layer), schema, has_pack == soci::i_ok ? std::optional(pack) : std::nullopt,
                    has_rows == soci::i_ok ? std::optional(rows_pack) : std::nullopt});
  }
  return rows;
}

std::unordered_map<std::string, storage::FileIdentity> ListLayerFiles(soci::session& sql, DatasetKey dataset) {
  long long size = 0, mtime = 0;
  std::string path;
  soci::statement statement = (sql.prepare << "SELECT path, file_size, file_mtime_ns FROM layers WHERE dataset = :d",
                               soci::use(dataset), soci::into(path), soci::into(size), soci::into(mtime));
  statement.execute();
  std::unordered_map<std::string, storage::FileIdentity> files;
  while (statement.fetch()) files[path] = {static_cast<uint64_t>(size), mtime};
  return files;
}

DroppedLayers DeleteLayerRows(soci::session& sql, DatasetKey dataset, const std::vector<std::string>& segments,
                              const std::function<bool(const std::string& name)>& drop) {
  long long id = 0, schema = 0, chunks = 0;
  std::string name, segment_id;
  DroppedLayers dropped;
  const auto collect = [&](soci::statement* statement) {
    statement->execute();
    while (statement->fetch()) {
      if (!drop(name)) continue;
      dropped.layers.push_back(id);
      dropped.schemas.push_back(schema);
      dropped.chunks += static_cast<uint64_t>(chunks);
    }
  };
  if (segments.empty()) {
    soci::statement all = (sql.prepare << "SELECT id, schema, num_chunks, name FROM layers WHERE dataset = :d",
                           soci::use(dataset), soci::into(id), soci::into(schema), soci::into(chunks), soci::into(name));
    collect(&all);
  } else {
    soci::statement one =
        (sql.prepare << "SELECT id, schema, num_chunks, name FROM layers WHERE dataset = :d AND segment_id = :s",
         soci::use(dataset), soci::use(segment_id), soci::into(id), soci::into(schema), soci::into(chunks), soci::into(name));
    for (const std::string& segment : std::unordered_set<std::string>(segments.begin(), segments.end())) {
      segment_id = segment;
      collect(&one);
    }
  }
  soci::statement erase = (sql.prepare << "DELETE FROM layers WHERE id = :id", soci::use(id));
  for (const index::LayerId layer : dropped.layers) {
    id = layer;
    erase.execute(true);
  }
  return dropped;
}

std::vector<LayerWithoutRows> ListLayersWithoutRows(soci::session& sql, index::LayerId after, int count) {
  const long long after_id = after;
  long long id = 0, dataset = 0, size = 0, mtime = 0, pack = 0, pack_bytes = 0, checksum = 0;
  std::string dataset_id, path;
  soci::statement statement =
      (sql.prepare
           << "SELECT l.id, l.dataset, e.id, l.path, l.file_size, l.file_mtime_ns, p.id, p.bytes, p.checksum FROM layers l "
              "JOIN entries e ON e.key = l.dataset JOIN packs p ON p.id = l.pack "
              "WHERE l.rows_pack IS NULL AND l.id > :after ORDER BY l.id LIMIT :n",
       soci::use(after_id), soci::use(count), soci::into(id), soci::into(dataset), soci::into(dataset_id), soci::into(path),
       soci::into(size), soci::into(mtime), soci::into(pack), soci::into(pack_bytes), soci::into(checksum));
  statement.execute();
  std::vector<LayerWithoutRows> out;
  while (statement.fetch()) {
    const index::PackInfo info{static_cast<uint64_t>(pack_bytes), static_cast<uint64_t>(checksum)};
    out.push_back({id,
                   dataset,
                   EntryId::Parse(dataset_id).ValueOr(EntryId{}),
                   path,
                   {static_cast<uint64_t>(size), mtime},
                   PackRow{pack, PackKind::kTables, info}});
  }
  return out;
}

}  // namespace mutoscope::catalog
