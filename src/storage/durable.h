// Durable writes: after OK the bytes survive a power cut; after an error or a crash the old file (or none) is there.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/status.h"

namespace mutoscope::storage {

// Writes path + ".tmp", syncs it, renames it to `path`, syncs the directory. Missing parent directories are made.
// RESOURCE_EXHAUSTED naming the path if the disk is full; the temporary file is removed on error.
arrow::Status WriteDurably(const std::string& path, const std::vector<std::shared_ptr<arrow::Buffer>>& pieces);

// Makes the directory and whatever of its parents is missing; the entries made survive a power cut.
arrow::Status MakeDirectoriesDurably(const std::string& directory);

// After OK, names made or removed in the directory survive a power cut.
arrow::Status SyncDirectory(const std::string& directory);

}  // namespace mutoscope::storage
