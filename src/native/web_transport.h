// Calls over gRPC-web: HTTP/1.1 on blocking sockets, without threads or global state. For forked processes, where gRPC does not
// work.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "native/transport.h"

namespace mutoscope::native {

// Connects when it is first used. `timeout` is that of connecting.
std::shared_ptr<Transport> MakeWebTransport(const std::string& address, const std::string& url, std::chrono::nanoseconds timeout);

// UNAVAILABLE naming `url` if no server answers at `address` (HOST:PORT) in that time.
arrow::Result<std::shared_ptr<Transport>> ConnectWeb(const std::string& address, const std::string& url,
                                                     std::chrono::nanoseconds timeout);

}  // namespace mutoscope::native
