// Catalog values: what the services hand out. Plain data.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "arrow/result.h"
#include "arrow/type.h"
#include "base/tuid.h"
#include "chunk/chunk_table.h"
#include "index/dataset_index.h"
#include "storage/file.h"

namespace mutoscope::catalog {

using EntryId = base::Tuid;

// Numbers as on the wire (redap.md §2.4).
enum class EntryKind { kDataset = 1, kDatasetView = 2, kTable = 3, kTableView = 4, kBlueprintDataset = 5, kAssetDataset = 6 };

struct Entry {
  EntryId id;
  std::string name;
  EntryKind kind = EntryKind::kDataset;
  int64_t created_at_ns = 0;
  int64_t updated_at_ns = 0;
};

struct DatasetDetails {
  std::optional<EntryId> blueprint_dataset;
  std::optional<std::string> default_blueprint_segment;
  std::optional<std::string> default_segment_table_blueprint_segment;
  std::optional<EntryId> asset_dataset;

  bool empty() const {
    return !blueprint_dataset && !default_blueprint_segment && !default_segment_table_blueprint_segment && !asset_dataset;
  }
};

struct Dataset {
  Entry entry;
  DatasetDetails details;
};

// One registered recording store: segment id + layer name, in one file.
struct Layer {
  index::LayerId id = 0;
  std::string segment_id;
  std::string name;
  std::string storage_url;  // file:// URI
  std::string path;         // canonical
  storage::FileIdentity identity;
  int64_t registered_at_ns = 0;
  int64_t updated_at_ns = 0;
  uint64_t num_chunks = 0;
  uint64_t size_bytes = 0;  // of its chunk messages
  std::string application_id;
  std::array<uint8_t, 32> schema_sha256{};
  std::vector<std::pair<chunk::Timeline, chunk::TimeRange>> time_ranges;  // chunk::SegmentTimeRanges
  // Arrow IPC stream of a one-row batch with the property columns (redap.md §3.4); empty if there are none.
  std::string properties;
};

// A segment: its layers in registration order, then by name.
struct Segment {
  std::string id;
  std::vector<uint32_t> layers;  // positions in DatasetSnapshot::layers
};

// A dataset at one revision. Immutable.
struct DatasetSnapshot {
  Dataset dataset;
  uint64_t revision = 0;                             // grows with every visible change
  std::vector<std::shared_ptr<const Layer>> layers;  // in registration order
  std::vector<Segment> segments;                     // sorted by id
  std::unordered_map<std::string, uint32_t> segment_positions;
  std::unordered_map<index::LayerId, uint32_t> layer_positions;
  std::shared_ptr<const arrow::Schema> schema;  // merged (chunk::MergeSchemas); no fields for an empty dataset
  // The distinct schemas of the layers by hash (GetSchemas).
  std::vector<std::pair<std::array<uint8_t, 32>, std::shared_ptr<arrow::Schema>>> layer_schemas;
  std::shared_ptr<const index::DatasetIndex> index;
  // Layers whose chunks are not in `index`: it was lost, and the recording has changed or vanished since. FAILED_PRECONDITION or
  // NOT_FOUND naming the file; a query that needs such a layer fails with it.
  std::unordered_map<index::LayerId, arrow::Status> unavailable_layers;
};

}  // namespace mutoscope::catalog
