// What lies in a recording of ours that has no footer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "arrow/result.h"
#include "chunk/table_builder.h"
#include "rrd/recording.h"

namespace mutoscope::live {

struct ScannedFile {
  uint64_t end = 0;  // behind the last good message
  std::optional<rrd::Store> store;
  std::string announcement;  // its last SetStoreInfo message
  chunk::TableBuilder table;
};

// Reads and decodes all messages. What a power cut left of the last ones ends the file. INVALID_ARGUMENT if it is no RRD.
arrow::Result<ScannedFile> ScanFile(const std::string& path);

}  // namespace mutoscope::live
