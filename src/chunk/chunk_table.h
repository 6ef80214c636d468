// What planning needs to know of all chunks of one store of one file: the common currency of registration and index.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "arrow/type.h"
#include "base/tuid.h"
#include "chunk/descriptor.h"
#include "rrd/recording.h"
#include "storage/file.h"

namespace mutoscope::chunk {

struct TimeRange {  // closed
  int64_t min = 0;
  int64_t max = 0;
  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

// Position in ChunkTable::timelines with the range over *all* rows of the chunk.
struct ChunkTime {
  uint32_t timeline = 0;
  TimeRange range;
};

// The range of one timeline over the rows in which the component is not null.
struct ComponentTime {
  uint32_t timeline = 0;
  TimeRange range;
};

struct ChunkComponent {
  uint32_t descriptor = 0;  // position in ChunkTable::descriptors
  uint64_t rows_set = 0;    // rows whose cell is not null (for static chunks of a manifest without that count: num_rows)
  // Only where they differ from the chunk's own ranges (so empty for a component that is set in every row, or in none).
  std::vector<ComponentTime> times;
};

struct ChunkRow {
  base::Tuid id;
  uint32_t entity = 0;  // position in ChunkTable::entities
  bool is_static = false;
  uint64_t num_rows = 0;
  rrd::ChunkPlace place;
  std::vector<ChunkTime> times;            // sorted by timeline position; empty for a static chunk or one with zero rows
  std::vector<ChunkComponent> components;  // in column order
};

struct ChunkTable {
  std::vector<std::string> entities;  // canonical paths
  std::vector<Timeline> timelines;
  std::vector<Descriptor> descriptors;
  std::vector<ChunkRow> chunks;  // in file order
  // Dataframe schema of the store as GetDatasetSchema gives it (redap.md §3.6), migrated, with rerun:is_static,
  // rerun:is_tombstone and rerun:is_semantically_empty where true; columns sorted (rulings.md A18); no schema metadata.
  std::shared_ptr<arrow::Schema> schema;
  std::array<uint8_t, 32>
      schema_sha256{};  // of the manifest if there is one; else derived from `schema`, the same for equal schemas
};

// From a checked manifest: no chunk is read. Component names of old files are migrated.
// INVALID_ARGUMENT naming the column if the manifest breaks a rule of rrd.md §1.8: then use TableFromChunks.
arrow::Result<ChunkTable> TableFromManifest(const rrd::StoreContents& contents);

// By reading and decoding every chunk of the store (files without a footer, manifests that do not hold).
// A chunk that does not decode becomes a finding and is left out.
arrow::Result<ChunkTable> TableFromChunks(const storage::File& file, const rrd::StoreContents& contents,
                                          std::vector<rrd::Finding>* findings);

// The first if it works, else the second.
arrow::Result<ChunkTable> MakeChunkTable(const storage::File& file, const rrd::StoreContents& contents,
                                         std::vector<rrd::Finding>* findings);

// Per timeline: min/max over all rows with at least one non-null cell (rulings.md A12), for the segment table. Timelines of the
// table without such a row are left out.
std::vector<std::pair<Timeline, TimeRange>> SegmentTimeRanges(const ChunkTable& table);

// rrd.md §1.8 `data` of these chunks as a record batch, rebuilt from the table (for GetRrdManifest, which must also serve files
// that have no manifest). Offsets are absolute in the file.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> ManifestFromTable(const ChunkTable& table);

}  // namespace mutoscope::chunk
