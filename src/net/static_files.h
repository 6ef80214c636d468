// Files of a directory over HTTP: streamed from the disk, with ETags, compressed where a compressed copy lies beside them.
#pragma once

#include <string>
#include <string_view>

#include "net/http_route.h"

namespace mutoscope::net {

// Answers GET and HEAD for the file `name` of `directory`, a relative path as it stands in a URL. Parts of names have ASCII
// letters, digits and `. - _` and do not begin with a dot: nothing outside the directory can be named. A file "<name>.gz" that is
// not older is sent instead to clients that take gzip. 404 if there is none, 304 if the client has it (If-None-Match). Blocks on
// the disk.
HttpReply ServeFile(const std::string& directory, std::string_view name, const HttpHead& head);

}  // namespace mutoscope::net
