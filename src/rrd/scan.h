// The slow way to read streams: message by message (rrd.md §1.1, §1.9, §1.10). Payloads are stepped over.
#pragma once

#include <cstdint>
#include <vector>

#include "arrow/result.h"
#include "rrd/findings.h"
#include "rrd/stream_stores.h"
#include "rrd/window.h"

namespace mutoscope::rrd {

struct ScanRange {
  uint64_t begin = 0;  // of a StreamHeader
  uint64_t end = 0;
  bool trust_footers = true;  // false: manifests met on the way are ignored, because they were found wanting before
};

// Walks all streams that follow each other in the range. Everything whole is taken; what is cut, damaged or no RRD at all becomes
// a finding, and what comes behind it is reached if the framing still holds. An error only if the file cannot be read.
arrow::Result<std::vector<StreamStores>> ScanStreams(Window& window, const ScanRange& range, Findings* findings);

}  // namespace mutoscope::rrd
