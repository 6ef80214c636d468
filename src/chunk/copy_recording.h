// Gives a recording that a crash left without a footer a whole successor.
#pragma once

#include "arrow/result.h"
#include "chunk/recording_writer.h"
#include "storage/file.h"

namespace mutoscope::chunk {

// Whether the file ends with a footer whose checksum holds: then there is nothing to gain from a copy.
arrow::Result<bool> HasFooter(const storage::File& file);

// Appends every whole message of a file with one stream to `writer`, as it is; Finish() is the caller's. A message cut at the end
// of the file is left out. DATA_LOSS naming file and offset for a message that cannot be taken over: then the copy must not take
// the place of the file, which holds more.
arrow::Status CopyMessages(const storage::File& file, RecordingWriter* writer);

}  // namespace mutoscope::chunk
