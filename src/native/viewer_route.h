// /viewer: the stock web viewer, from files that somebody put into a directory (python -m mutoscope.viewer), on the port of the
// catalog that it shows.
#pragma once

#include <string>

#include "net/http_route.h"

namespace mutoscope::native {

// A bare /viewer leads to the page with this server's catalog as its URL, by the name that the client called the server. The
// directory is looked at with each request: a 404 says how to fill it.
net::HttpRoute ViewerRoute(std::string directory);

}  // namespace mutoscope::native
