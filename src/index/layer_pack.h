// Layer index files, part one: the chunk tables of the layers that one transaction made visible, in one Arrow IPC file
// (docs/formats/layer_index.md). Written at registration.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "chunk/chunk_table.h"

namespace mutoscope::index {

using LayerId = int64_t;  // the catalog's

struct LayerTable {
  LayerId layer = 0;
  std::shared_ptr<const chunk::ChunkTable>
      table;  // its `schema` is not part of the file (the catalog has it, once per distinct schema)
};

struct PackInfo {
  uint64_t bytes = 0;
  uint64_t checksum = 0;  // XXH3-64 of the whole file
};

// Writes the file durably.
arrow::Result<PackInfo> WriteLayerPack(const std::string& path, const std::vector<LayerTable>& layers);

// Reads it back. DATA_LOSS naming the file if it is missing, has another size or checksum, another version, or does not parse:
// the caller then rebuilds it from the recordings.
arrow::Result<std::vector<LayerTable>> ReadLayerPack(const std::string& path, const PackInfo& expected);

}  // namespace mutoscope::index
