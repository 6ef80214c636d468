// Chunk tables of layers whose pack is missing or damaged, made anew from the recordings.
#pragma once

#include <unordered_map>
#include <vector>

#include "catalog/state.h"
#include "index/layer_pack.h"
#include "rrd/recording.h"

namespace mutoscope::catalog {

struct RebuiltLayers {
  std::vector<index::LayerTable> tables;
  // Layers without a table: their recording has changed or vanished since they were registered.
  std::unordered_map<index::LayerId, arrow::Status> unavailable;
};

// Reads the recordings, writes a new pack and points the layers to it; a layer whose recording is not as it was registered loses
// its pack, and is tried again when the dataset is loaded next. change_mutex is held.
arrow::Result<RebuiltLayers> RebuildLayers(CatalogState& state, DatasetState& dataset, const std::vector<LayerRow>& layers);

using TableResult = arrow::Result<std::shared_ptr<const chunk::ChunkTable>>;
// The chunk table of one layer, from its recording; an error if that is not as it was registered.
TableResult RebuildTable(CatalogState& state, rrd::StoreKind kind, const Layer& layer);

// Which stores a dataset of that kind takes.
rrd::StoreKind StoreKindOf(EntryKind kind);

}  // namespace mutoscope::catalog
