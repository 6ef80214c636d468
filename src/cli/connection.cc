#include "cli/connection.h"

#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>

#include "base/status.h"
#include "catalog/catalog.h"
#include "redap/service.h"

namespace mutoscope::cli {
namespace {

constexpr auto kConnectTimeout = std::chrono::seconds(5);
constexpr const char* kDefaultUrl = "rerun+http://127.0.0.1:51234";

arrow::Result<std::string> AddressOf(std::string url) {
  for (const char* scheme : {"rerun+http://", "http://"}) {
    if (url.rfind(scheme, 0) != 0) continue;
    url = url.substr(std::string(scheme).size());
    url = url.substr(0, url.find('/'));
    if (url.rfind(':') == std::string::npos || url.back() == ']') url += ":51234";
    return url;
  }
  return base::InvalidArgument("--url '{}': expected rerun+http://HOST:PORT", url);
}

}  // namespace

void Target::AddOptions(CLI::App& app) {
  auto* url_option =
      app.add_option("--url", url, "Running server, rerun+http://HOST:PORT (default " + std::string(kDefaultUrl) + ")");
  app.add_option("--data", data, "Data directory that no server has open")->excludes(url_option);
}

arrow::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return arrow::Status::OK();
  return base::Error(static_cast<base::Code>(status.error_code()), status.error_message());
}

struct Connection::Local {
  std::unique_ptr<catalog::Catalog> catalog;
  std::unique_ptr<grpc::Service> service;
  std::unique_ptr<grpc::Server> server;

  ~Local() {
    if (server != nullptr) server->Shutdown(std::chrono::system_clock::now());
    server.reset();
    service.reset();
  }
};

Connection::Connection() = default;
Connection::~Connection() { stub_.reset(); }

arrow::Result<std::unique_ptr<Connection>> Connection::Open(const Target& target) {
  std::unique_ptr<Connection> connection(new Connection());
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  if (target.data.empty()) {
    const std::string url = target.url.empty() ? kDefaultUrl : target.url;
    ARROW_ASSIGN_OR_RAISE(const auto address, AddressOf(url));
    auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + kConnectTimeout)) {
      return base::Unavailable("no server answers at {}; start one with `mutoscope serve`, or name a data directory by --data",
                               url);
    }
    connection->stub_ = rerun::cloud::v1alpha1::RerunCloudService::NewStub(channel);
    return connection;
  }
  connection->local_ = std::make_unique<Local>();
  catalog::CatalogOptions options{target.data, target.allow_paths, 0, false};
  ARROW_ASSIGN_OR_RAISE(connection->local_->catalog, catalog::Catalog::Open(options));
  connection->local_->service = redap::MakeService({*connection->local_->catalog, MUTOSCOPE_VERSION, {}});
  grpc::ServerBuilder builder;
  builder.RegisterService(connection->local_->service.get());
  builder.SetMaxReceiveMessageSize(-1);
  connection->local_->server = builder.BuildAndStart();
  connection->stub_ = rerun::cloud::v1alpha1::RerunCloudService::NewStub(connection->local_->server->InProcessChannel(arguments));
  return connection;
}

}  // namespace mutoscope::cli
