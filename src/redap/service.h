// rerun.cloud.v1alpha1.RerunCloudService over the engine.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "redap/call.h"

namespace mutoscope::redap {

// `engine` and the service outlive the gRPC server. Methods that are not implemented answer UNIMPLEMENTED with their name.
// Destroying the service waits for handlers that still run. `stop` is to be signalled before the gRPC server stops.
std::unique_ptr<grpc::Service> MakeService(Engine engine, std::shared_ptr<StopSignal> stop);

}  // namespace mutoscope::redap
