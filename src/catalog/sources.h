// The files that a registration names.
#pragma once

#include <string>
#include <vector>

#include "arrow/result.h"
#include "catalog/catalog.h"
#include "storage/source_policy.h"

namespace mutoscope::catalog {

struct SourceFile {
  std::string path;  // canonical
  std::string layer;
  bool by_prefix = false;
  arrow::Status error;  // a file below a prefix that may not be read
};

// Files in the order of the request; those of a prefix sorted by path. INVALID_ARGUMENT for no sources, or a prefix that is no
// directory or has no recordings; NOT_FOUND for a missing file or a directory without `prefix`; PERMISSION_DENIED.
arrow::Result<std::vector<SourceFile>> ExpandSources(const storage::SourcePolicy& policy, const std::vector<DataSource>& sources);

}  // namespace mutoscope::catalog
