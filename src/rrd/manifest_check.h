// The fast way to read a stream: its footer and manifests, checked against the file (rrd.md §1.7, §1.8).
#pragma once

#include <cstdint>
#include <optional>

#include "arrow/result.h"
#include "rrd/footer.h"
#include "rrd/stream_stores.h"
#include "rrd/window.h"

namespace mutoscope::rrd {

// A stream that ends with a footer, found from its end. Offsets are absolute in the file.
struct FootedStream {
  uint64_t begin = 0;           // of its StreamHeader
  uint64_t payload_offset = 0;  // of the RrdFooter payload
  uint64_t payload_size = 0;
};

// The stream that ends at `end`: a StreamFooter lies there, its checksum holds, the End message is where it says, and a
// StreamHeader is at the base that follows from it (rrd.md §1.9). None if any of this is not so; an error only if the file cannot
// be read.
arrow::Result<std::optional<FootedStream>> FindFootedStream(Window& window, uint64_t end);

// The stores and chunks of that stream. Between its header and its End message, the chunks of the manifests and messages of other
// kinds must fill the stream without a gap; every chunk must have an ArrowMsg header of exactly its size before it. DATA_LOSS
// otherwise: then the manifests are not to be trusted.
arrow::Result<StreamStores> ReadByManifests(Window& window, const FootedStream& stream);

}  // namespace mutoscope::rrd
