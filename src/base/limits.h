// Every limit on what a file or the wire may ask for. Input beyond a limit is refused with an error naming the limit.
#pragma once

#include <cstdint>

namespace mutoscope::base {

inline constexpr uint64_t kMessageBytesMax = uint64_t{1} << 34;     // one RRD message (rrd.md §1.4)
inline constexpr uint64_t kFooterBytesMax = uint64_t{1} << 32;      // one RrdFooter payload
inline constexpr uint64_t kLz4ExpansionMax = 255;                   // declared size / compressed size (rrd.md §1.4)
inline constexpr uint64_t kChunkBytesMax = uint64_t{1} << 34;       // one decoded chunk
inline constexpr uint64_t kStreamsMax = 1 << 16;                    // concatenated streams in one file
inline constexpr uint64_t kLargeCellBytesMin = 4096;                // cells from here on get a place in the rows index
inline constexpr uint64_t kBlueprintSegmentBytesMax = 25ull << 20;  // redap.md §5.3
inline constexpr uint64_t kAssetSegmentBytesMax = 300ull << 20;     // redap.md §5.3
inline constexpr uint64_t kAssetLayersMax = 12;                     // redap.md §5.3
inline constexpr int kOpenFilesMax = 512;                           // recordings kept open between requests

}  // namespace mutoscope::base
