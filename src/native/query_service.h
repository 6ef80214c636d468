// mutoscope.v1.QueryService over the engine.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "native/queries.h"

namespace mutoscope::native {

// `queries` and the service outlive the gRPC server. Destroying the service waits for handlers that still run.
std::unique_ptr<grpc::Service> MakeQueryService(std::shared_ptr<const Queries> queries);

}  // namespace mutoscope::native
