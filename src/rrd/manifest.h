// The manifest of one store, as an RRD footer holds it (rrd.md §1.8). Pure.
#pragma once

#include <vector>

#include "arrow/result.h"
#include "rerun/v1alpha1/log_msg.pb.h"
#include "rrd/recording.h"

namespace mutoscope::rrd {

struct StoreManifest {
  Store store;
  Manifest manifest;
  std::vector<ChunkPlace> places;  // one per row, ascending; offsets from the start of the stream
};

// DATA_LOSS saying what does not hold: sizes, Arrow IPC, the seven global columns and their types, order of the offsets.
arrow::Result<StoreManifest> DecodeManifest(const rerun::log_msg::v1alpha1::RrdManifest& manifest);

}  // namespace mutoscope::rrd
