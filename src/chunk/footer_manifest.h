// The manifest of one store as it is written into a footer (rrd.md §1.8).
#pragma once

#include <optional>

#include "arrow/result.h"
#include "chunk/chunk_table.h"
#include "rerun/v1alpha1/log_msg.pb.h"
#include "rrd/recording.h"

namespace mutoscope::chunk {

// None if the table is too large for one: its columns are dense, a cell for every chunk. Offsets are those of the table.
arrow::Result<std::optional<rerun::log_msg::v1alpha1::RrdManifest>> FooterManifest(const rrd::Store& store,
                                                                                   const ChunkTable& table);

}  // namespace mutoscope::chunk
