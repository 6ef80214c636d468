// The answer to calls of methods that no service has: telemetry is taken and dropped, all others are unknown.
#pragma once

#include <string>

#include "grpcpp/generic/async_generic_service.h"

namespace mutoscope::net {

// Names the method, a full path.
grpc::Status UnimplementedStatus(const std::string& method);

// Takes the Export calls of OpenTelemetry, with which clients follow up each query (redap.md §1.1), and drops what they bring;
// UnimplementedStatus for every other call.
class UnknownMethods : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override;
};

}  // namespace mutoscope::net
