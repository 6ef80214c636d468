// Names of the recordings that the server writes itself (docs/formats/recordings.md). Pure but for the listing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/paths.h"

namespace mutoscope::catalog {

// DIR/recordings, symbolic links resolved.
std::string RecordingsDirectory(const std::string& data_directory);

// <root>/<dataset id>/<segment id, escaped and perhaps cut>-<number, 16 hex digits>.rrd
std::string RecordingPath(const std::string& root, const EntryId& dataset, std::string_view segment_id, PackId number);

// The number of such a path below `root`; none for all other files: those are the user's.
std::optional<PackId> RecordingNumberOf(const std::string& root, const std::string& path);

// All such paths below `root` whose number is smaller.
std::vector<std::string> ListOwnRecordings(const std::string& root, PackId before);

}  // namespace mutoscope::catalog
