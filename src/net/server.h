// The one port: gRPC (HTTP/2), gRPC-web and plain HTTP/1.1 (redap.md §6).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "net/http_route.h"

namespace grpc {
class Service;
}

namespace mutoscope::net {

struct Readiness {
  bool ready = true;
  std::string text;  // body of /readyz, e.g. "registering: 120 of 16000 recordings\n"
};

// What one client may take. Beyond a limit a connection is closed, after an HTTP error where there is someone to read it.
struct ConnectionLimits {
  int64_t connections_max = 1024;                         // of all protocols
  std::chrono::milliseconds first_bytes_timeout{10'000};  // for a new connection to say which protocol it speaks
  std::chrono::milliseconds idle_timeout{60'000};  // HTTP/1.1: for a request header, and for progress of a body or an answer
  uint32_t http_header_bytes_max = 16 << 10;
  uint64_t http_body_bytes_max = 64 << 20;  // but for bodies of `http_routes`, whose handlers decide
};

struct ServerOptions {
  std::string host = "127.0.0.1";               // an IP literal
  uint16_t port = 51234;                        // 0 = any free one
  std::vector<std::string> cors_allow_origins;  // globs besides localhost, 127.0.0.1 and rerun.io (any scheme and port)
  std::string server_version;                   // of the x-rerun-server-version response header, e.g. "mutoscope/0.1.0"
  std::string version_text;                     // body of GET /version
  std::function<Readiness()> readiness;
  std::function<std::string()> extra_metrics;  // Prometheus text appended to /metrics
  std::vector<grpc::Service*> services;        // outlive the server
  std::vector<HttpRoute> http_routes;          // besides /version, /healthz, /readyz and /metrics
  // Bytes of a received request message, for /metrics: only the services know whether it is a protobuf message or a
  // grpc::ByteBuffer (raw methods). `method` is the full path, "/package.Service/Method". Empty: not counted.
  std::function<uint64_t(std::string_view method, const void* request)> request_bytes;
  std::chrono::seconds stop_grace{10};  // what running streams get in Stop()
  ConnectionLimits limits;
};

// Accepts connections when Start returns.
class Server {
 public:
  // UNAVAILABLE naming host and port if it cannot be bound; INVALID_ARGUMENT if the host is no IP literal.
  static arrow::Result<std::unique_ptr<Server>> Start(ServerOptions options);
  ~Server();

  uint16_t port() const;
  // Stops accepting, lets running calls go on for stop_grace, then cancels them. Blocks; idempotent; thread-safe.
  void Stop();

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mutoscope::net
