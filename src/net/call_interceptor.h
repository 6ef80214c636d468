// What every call gets, whatever its service: metrics and the response headers of redap.md §6.1.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "grpcpp/support/server_interceptor.h"
#include "net/metrics.h"

namespace mutoscope::net {

// The label of calls to methods that nobody registered: their names come from clients and are not kept.
inline constexpr std::string_view kUnknownMethod = "unknown";

struct CallInterceptorOptions {
  Metrics* metrics = nullptr;  // outlives the gRPC server
  std::string server_version;
  std::function<uint64_t(std::string_view method, const void* request)> request_bytes;  // see ServerOptions
};

// Adds x-rerun-server-version and a new x-request-trace-id to every answer, and x-rerun-client-version and x-rerun-entry-id
// as the request had them.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeCallInterceptorFactory(CallInterceptorOptions options);

}  // namespace mutoscope::net
