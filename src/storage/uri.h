// Names of sources as clients write them: file:// URIs and plain paths. Pure text, no I/O.
#pragma once

#include <string>
#include <string_view>

#include "arrow/result.h"

namespace mutoscope::storage {

// The path that a file: URI (percent-decoded) or a plain path means; relative paths stay relative. INVALID_ARGUMENT for other
// schemes, hosts, bad percent codes, a NUL byte, an empty name.
arrow::Result<std::string> PathOf(std::string_view uri_or_path);

}  // namespace mutoscope::storage
