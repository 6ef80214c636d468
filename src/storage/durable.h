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

// Makes a directory and those above it so that they survive a power cut. Nothing to do if it is there.
arrow::Status MakeDirectoriesDurably(const std::string& directory);
// After OK the names in the directory survive a power cut.
arrow::Status SyncDirectory(const std::string& directory);

}  // namespace mutoscope::storage
