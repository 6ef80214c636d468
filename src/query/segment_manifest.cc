#include "query/segment_manifest.h"

#include <openssl/sha.h>

#include <algorithm>

#include "arrow/builder.h"
#include "base/status.h"
#include "chunk/schema_merge.h"
#include "query/chunk_key.h"

namespace mutoscope::query {
namespace {

// The position of `value` in `values`, appended if it is new.
template <typename T>
uint32_t Intern(const T& value, std::vector<T>* values) {
  const auto position = static_cast<size_t>(std::find(values->begin(), values->end(), value) - values->begin());
  if (position == values->size()) values->push_back(value);
  return static_cast<uint32_t>(position);
}

template <typename T>
std::vector<uint32_t> InternAll(const std::vector<T>& from, std::vector<T>* into) {
  std::vector<uint32_t> positions;
  for (const auto& value : from) positions.push_back(Intern(value, into));
  return positions;
}

// Appends the chunks of `table`, its string tables merged into those of `all`.
void Append(const chunk::ChunkTable& table, chunk::ChunkTable* all) {
  const auto entities = InternAll(table.entities, &all->entities);
  const auto timelines = InternAll(table.timelines, &all->timelines);
  const auto descriptors = InternAll(table.descriptors, &all->descriptors);
  for (chunk::ChunkRow row : table.chunks) {
    row.entity = entities[row.entity];
    for (auto& time : row.times) time.timeline = timelines[time.timeline];
    std::sort(row.times.begin(), row.times.end(), [](const auto& a, const auto& b) { return a.timeline < b.timeline; });
    for (auto& component : row.components) {
      component.descriptor = descriptors[component.descriptor];
      for (auto& time : component.times) time.timeline = timelines[time.timeline];
    }
    all->chunks.push_back(std::move(row));
  }
}

arrow::Result<chunk::ChunkTable> ReadTable(const catalog::Catalog& catalog, const catalog::Layer& layer, rrd::StoreKind* kind) {
  ARROW_ASSIGN_OR_RAISE(const auto file, catalog.OpenLayer(layer));
  ARROW_ASSIGN_OR_RAISE(const auto recording, rrd::ReadRecording(*file));
  for (const auto& contents : recording.stores) {
    if (contents.store.recording_id != layer.segment_id || contents.chunks.size() < layer.num_chunks) continue;
    *kind = contents.store.kind;
    std::vector<rrd::Finding> findings;
    return chunk::MakeChunkTable(*file, contents, &findings);
  }
  return base::FailedPrecondition("{}: segment '{}' is not in the file any more; register it again", layer.path,
                                  layer.segment_id);
}

arrow::Result<std::shared_ptr<arrow::Array>> KeyColumn(const std::vector<std::string>& keys) {
  arrow::BinaryBuilder builder;
  for (const auto& key : keys) ARROW_RETURN_NOT_OK(builder.Append(key));
  return builder.Finish();
}

}  // namespace

arrow::Result<SegmentManifest> MakeSegmentManifest(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot,
                                                   const std::string& segment_id) {
  const auto position = snapshot.segment_positions.find(segment_id);
  if (position == snapshot.segment_positions.end()) {
    return base::NotFound("dataset '{}' has no segment '{}'", snapshot.dataset.entry.name, segment_id);
  }
  SegmentManifest manifest;
  chunk::ChunkTable all;
  std::vector<chunk::NamedSchema> schemas;
  std::vector<std::string> keys;
  std::string hashes;
  for (const uint32_t index : snapshot.segments[position->second].layers) {
    const catalog::Layer& layer = *snapshot.layers[index];
    if (const auto why = snapshot.unavailable_layers.find(layer.id); why != snapshot.unavailable_layers.end()) return why->second;
    ARROW_ASSIGN_OR_RAISE(const auto table, ReadTable(catalog, layer, &manifest.store_kind));
    for (uint32_t ordinal = 0; ordinal < table.chunks.size(); ++ordinal) {
      keys.push_back(EncodeChunkKey({snapshot.dataset.entry.id, layer.id, ordinal, {}, {}}));
    }
    schemas.push_back({layer.path, table.schema});
    hashes.append(reinterpret_cast<const char*>(table.schema_sha256.data()), table.schema_sha256.size());
    Append(table, &all);
  }
  ARROW_ASSIGN_OR_RAISE(manifest.schema, chunk::MergeSchemas(schemas));
  if (schemas.size() == 1) {
    std::copy(hashes.begin(), hashes.end(), manifest.schema_sha256.begin());
  } else {
    SHA256(reinterpret_cast<const uint8_t*>(hashes.data()), hashes.size(), manifest.schema_sha256.data());
  }
  ARROW_ASSIGN_OR_RAISE(const auto chunks, chunk::ManifestFromTable(all));
  ARROW_ASSIGN_OR_RAISE(const auto key_column, KeyColumn(keys));
  ARROW_ASSIGN_OR_RAISE(manifest.chunks,
                        chunks->AddColumn(chunks->num_columns(), arrow::field("chunk_key", arrow::binary()), key_column));
  return manifest;
}

}  // namespace mutoscope::query
