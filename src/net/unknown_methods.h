// The answer to calls of methods that no service has.
#pragma once

#include "grpcpp/generic/async_generic_service.h"

namespace mutoscope::net {

// UNIMPLEMENTED, naming the method.
class UnknownMethods : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override;
};

}  // namespace mutoscope::net
