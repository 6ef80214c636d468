// rerun.sdk_comms.v1alpha1.MessageProxyService over the recorder: what `rr.connect_grpc` and viewers of `…/proxy` call.
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>

#include "live/recorder.h"

namespace mutoscope::redap {

class MessageProxy {
 public:
  virtual ~MessageProxy() = default;
  virtual grpc::Service* service() = 0;
  // Ends the calls that would go on for ever: readers and clients' streams. Before the gRPC server stops. Idempotent.
  virtual void Stop() = 0;
};

// Without a recorder (null) all calls answer FAILED_PRECONDITION, saying which option is missing. The proxy and the recorder
// outlive the gRPC server.
std::unique_ptr<MessageProxy> MakeMessageProxy(live::Recorder* recorder);

}  // namespace mutoscope::redap
