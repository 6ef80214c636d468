// Calls over gRPC.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "native/transport.h"

namespace mutoscope::native {

// UNAVAILABLE naming `url` if no server answers at `address` (HOST:PORT) in that time.
arrow::Result<std::shared_ptr<Transport>> ConnectGrpc(const std::string& address, const std::string& url,
                                                      std::chrono::nanoseconds timeout);

}  // namespace mutoscope::native
