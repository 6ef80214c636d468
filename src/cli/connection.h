// The catalog a command works on: a running server by URL, or a data directory that no server has open. Either way over redap.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "arrow/result.h"
#include "rerun/v1alpha1/cloud.grpc.pb.h"

namespace CLI {
class App;
}

namespace mutoscope::cli {

// --url and --data of every command that works on a catalog.
struct Target {
  std::string url;
  std::string data;
  // Data directory: what may be registered (the command names the paths itself).
  std::vector<std::string> allow_paths;

  void AddOptions(CLI::App& app);
};

class Connection {
 public:
  // UNAVAILABLE naming the URL if no server answers; FAILED_PRECONDITION if another process has the data directory open.
  static arrow::Result<std::unique_ptr<Connection>> Open(const Target& target);
  ~Connection();

  rerun::cloud::v1alpha1::RerunCloudService::Stub& stub() { return *stub_; }

 private:
  struct Local;  // the engine behind an in-process channel
  Connection();
  std::unique_ptr<Local> local_;
  std::unique_ptr<rerun::cloud::v1alpha1::RerunCloudService::Stub> stub_;
};

arrow::Status FromGrpc(const grpc::Status& status);

}  // namespace mutoscope::cli
