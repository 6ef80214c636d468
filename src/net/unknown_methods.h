// The answer to calls of methods that no service has, or none implements.
#pragma once

#include <string>

#include "grpcpp/generic/async_generic_service.h"

namespace mutoscope::net {

// Names the method, a full path.
grpc::Status UnimplementedStatus(const std::string& method);

// UnimplementedStatus for every call.
class UnknownMethods : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override;
};

}  // namespace mutoscope::net
