// Properties of a recording: its static chunks under /__properties (redap.md §3.4).
#pragma once

#include <string>
#include <vector>

#include "arrow/result.h"
#include "chunk/chunk_table.h"
#include "rrd/recording.h"
#include "storage/file.h"

namespace mutoscope::catalog {

// Property chunks beyond this many decoded bytes in one recording are left out, with a finding.
inline constexpr uint64_t kPropertyBytesMax = uint64_t{16} << 20;

// Arrow IPC stream of a one-row batch: one column a property, sorted by name, each the cell with the greatest row id that is not
// null. Empty if the recording has none. Reads only those chunks; one that does not decode becomes a finding and is left out.
arrow::Result<std::string> ReadProperties(const storage::File& file, const chunk::ChunkTable& table,
                                          std::vector<rrd::Finding>* findings);

}  // namespace mutoscope::catalog
