// Chunk tables of layers whose pack is missing or damaged, made anew from the recordings.
#pragma once

#include <unordered_map>
#include <vector>

#include "catalog/state.h"
#include "index/layer_pack.h"

namespace mutoscope::catalog {

struct RebuiltLayers {
  std::vector<index::LayerTable> tables;
  // Layers without a table: their recording has changed or vanished since they were registered.
  std::unordered_map<index::LayerId, arrow::Status> unavailable;
};

// Reads the recordings, writes a new pack and points the layers to it; a layer whose recording is not as it was registered loses
// its pack, and is tried again when the dataset is loaded next. change_mutex is held.
arrow::Result<RebuiltLayers> RebuildLayers(CatalogState& state, DatasetState& dataset, const std::vector<LayerRow>& layers);

// Which stores a dataset of that kind takes.
rrd::StoreKind StoreKindOf(EntryKind kind);

}  // namespace mutoscope::catalog
