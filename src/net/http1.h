// HTTP/1.1 connections: requests one after the other, each a page (http_routes.h), a route (http_route.h), a CORS preflight or a
// gRPC-web call.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "net/connection.h"
#include "net/metrics.h"
#include "net/server.h"
#include "net/web_call.h"

namespace mutoscope::net {

// What all connections share; outlives them.
struct Http1Context {
  const ServerOptions* options;
  Metrics* metrics;
  WebStub* stub;
  asio::thread_pool* pool;            // where the handlers of routes run; null if there are none
  const std::atomic<bool>* stopping;  // answers close their connection
};

// Until the client or a limit ends it. Runs on the connection's strand.
asio::awaitable<void> ServeHttp1(const Http1Context& context, std::shared_ptr<Connection> connection);

}  // namespace mutoscope::net
