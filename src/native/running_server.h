// A server over an engine: all services on one port. What `mutoscope serve` and mutoscope::Server share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "native/engine_host.h"
#include "native/process_check.h"
#include "net/server.h"
#include "redap/message_proxy.h"
#include "redap/stop_signal.h"

namespace grpc {
class Service;
}

namespace mutoscope::native {

// Stopped when destroyed.
class RunningServer {
 public:
  // `net`: host, port, and what else the caller has to say; services, routes, versions and metrics are filled in here.
  // `viewer_directory`: files of the web viewer (native/viewer_route.h); empty = DIR/viewer.
  static arrow::Result<std::unique_ptr<RunningServer>> Start(std::shared_ptr<EngineHost> host, net::ServerOptions net,
                                                             const std::string& viewer_directory = {});
  ~RunningServer();

  uint16_t port() const { return server_->port(); }
  // Nothing in a forked child: it is the parent's.
  void Stop();

 private:
  RunningServer();
  const ProcessCheck process_;
  std::shared_ptr<EngineHost> host_;
  const std::shared_ptr<redap::StopSignal> stop_signal_ = std::make_shared<redap::StopSignal>();
  std::vector<std::unique_ptr<grpc::Service>> services_;  // outlive the server
  std::unique_ptr<redap::MessageProxy> message_proxy_;
  std::unique_ptr<net::Server> server_;
};

}  // namespace mutoscope::native
