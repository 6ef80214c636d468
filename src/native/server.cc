#include "mutoscope/server.h"

#include "native/running_server.h"
#include "native/url.h"

namespace mutoscope {
namespace {

class ServerInProcess final : public Server {
 public:
  ServerInProcess(std::unique_ptr<native::RunningServer> running, std::shared_ptr<Catalog> catalog, const std::string& url_host)
      : running_(std::move(running)),
        catalog_(std::move(catalog)),
        port_(running_->port()),
        url_(native::UrlOf(url_host, port_)) {}

  std::string url() const override { return url_; }
  uint16_t port() const override { return port_; }
  std::shared_ptr<Catalog> catalog() const override { return catalog_; }
  void Stop() override { running_->Stop(); }

 private:
  const std::unique_ptr<native::RunningServer> running_;
  const std::shared_ptr<Catalog> catalog_;
  const uint16_t port_;
  const std::string url_;
};

// A host that clients of this machine can name.
std::string UrlHost(const ServerOptions& options) {
  if (!options.url_host.empty()) return options.url_host;
  if (options.host == "0.0.0.0") return "127.0.0.1";
  return options.host == "::" ? "::1" : options.host;
}

}  // namespace

arrow::Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options) {
  ARROW_ASSIGN_OR_RAISE(auto host, native::EngineHost::Open(native::ToHostOptions(options.catalog)));
  net::ServerOptions net_options;
  net_options.host = options.host;
  net_options.port = options.port;
  ARROW_ASSIGN_OR_RAISE(auto running, native::RunningServer::Start(host, std::move(net_options)));
  return std::make_unique<ServerInProcess>(std::move(running), native::EmbeddedCatalog(std::move(host)), UrlHost(options));
}

}  // namespace mutoscope
