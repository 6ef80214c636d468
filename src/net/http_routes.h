// The plain HTTP pages: /version, /healthz, /readyz and /metrics.
#pragma once

#include <string>
#include <vector>

#include "boost/beast/http/message.hpp"
#include "boost/beast/http/string_body.hpp"
#include "net/metrics.h"
#include "net/server.h"

namespace mutoscope::net {

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;
using HttpResponse = boost::beast::http::response<boost::beast::http::string_body>;

// A text/plain answer; `prepare_payload` is done.
HttpResponse TextResponse(boost::beast::http::status status, std::string text);

// GET and HEAD of the pages above; 404 for other paths, 405 for other methods, 415 for gRPC that came over HTTP/1.1.
// Thread-safe. Calls the functions of `options` in the caller's thread.
HttpResponse RouteHttp(const HttpRequest& request, const ServerOptions& options, const Metrics& metrics);

}  // namespace mutoscope::net
