// Serves the routes of http_route.h.
#pragma once

#include <memory>
#include <string_view>

#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http/empty_body.hpp"
#include "boost/beast/http/parser.hpp"
#include "net/http1.h"
#include "net/http_route.h"

namespace mutoscope::net {

using HeadParser = beast::http::request_parser<beast::http::empty_body>;

// The route of a request target; null if none is.
const HttpRoute* FindRoute(const ServerOptions& options, std::string_view target);

// Answers the request whose header `parser` has read; the parser is moved from. False if the connection is of no further use.
asio::awaitable<bool> ServeRoute(const Http1Context& context, std::shared_ptr<Connection> connection, beast::flat_buffer& buffer,
                                 HeadParser& parser, const HttpRoute& route);

}  // namespace mutoscope::net
