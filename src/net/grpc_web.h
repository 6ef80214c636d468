// gRPC-web: what browsers speak (redap.md §6.3). Unary and server-streaming methods; one request message.
#pragma once

#include <memory>

#include "net/connection.h"
#include "net/http1.h"
#include "net/http_routes.h"

namespace mutoscope::net {

// POST with a gRPC-web content type.
bool IsGrpcWeb(const HttpRequest& request);

// Makes the call and streams its answer; the next message is asked for when the last is written. A client that goes away
// cancels the call. False if the connection is of no further use.
asio::awaitable<bool> ServeGrpcWeb(const Http1Context& context, std::shared_ptr<Connection> connection, HttpRequest request);

}  // namespace mutoscope::net
