#include "native/running_server.h"

#include <fmt/format.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <string>
#include <utility>

#include "base/status.h"
#include "native/engine_queries.h"
#include "native/process_check.h"
#include "native/query_service.h"
#include "native/upload_route.h"
#include "native/viewer_route.h"
#include "redap/service.h"

namespace mutoscope::native {
namespace {

std::string Line(const char* name, const char* type, const char* help, uint64_t value) {
  return fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, type, value);
}

std::string LiveMetrics(const live::RecorderStats& stats) {
  return Line("mutoscope_live_streams", "gauge", "Clients that send live streams.", stats.streams) +
         Line("mutoscope_live_recordings_open", "gauge", "Recordings and blueprints that are being written.", stats.stores_open) +
         Line("mutoscope_live_messages_total", "counter", "Log messages recorded.", stats.messages) +
         Line("mutoscope_live_bytes_total", "counter", "Bytes of log messages recorded.", stats.bytes);
}

std::string CatalogMetrics(const catalog::CatalogStats& stats) {
  std::string text;
  const auto gauge = [&](const char* name, const char* help, uint64_t value) { text += Line(name, "gauge", help, value); };
  const auto counter = [&](const char* name, const char* help, uint64_t value) { text += Line(name, "counter", help, value); };
  gauge("mutoscope_datasets", "Datasets in the catalog.", stats.datasets);
  gauge("mutoscope_layers", "Registered layers.", stats.layers);
  gauge("mutoscope_chunks", "Chunks of the datasets that are loaded.", stats.chunks);
  gauge("mutoscope_tasks_pending", "Registrations under way.", stats.tasks_pending);
  gauge("mutoscope_layers_without_rows_index", "Layers whose rows are not indexed yet.", stats.layers_without_rows);
  gauge("mutoscope_index_resident_bytes", "Memory of the loaded dataset indexes.", stats.index_bytes_resident);
  gauge("mutoscope_recordings_open", "Recording files kept open.", stats.files.open_files);
  counter("mutoscope_recordings_cache_hits_total", "Times that a needed recording file was open.", stats.files.hits);
  counter("mutoscope_recordings_cache_misses_total", "Times that a needed recording file had to be opened.", stats.files.misses);
  return text;
}

}  // namespace

RunningServer::RunningServer() = default;

RunningServer::~RunningServer() {
  if (!process_.forked()) {
    Stop();
    return;
  }
  // The parent's: its threads are not here, and waiting for them would never end.
  (void)server_.release();
  for (auto& service : services_) (void)service.release();
  (void)message_proxy_.release();
}

void RunningServer::Stop() {
  if (process_.forked() || server_ == nullptr) return;
  // First what would go on for ever: it would use up the time that running calls get.
  stop_signal_->Stop();
  message_proxy_->Stop();
  server_->Stop();
  if (host_->recorder() != nullptr) host_->recorder()->Stop();
}

arrow::Result<std::unique_ptr<RunningServer>> RunningServer::Start(std::shared_ptr<EngineHost> host, net::ServerOptions net,
                                                                   const std::string& viewer_directory) {
  if (!GrpcWorksHere()) {
    return base::FailedPrecondition(
        "this process was forked from one that used gRPC: a server cannot run here, start it in a new one");
  }
  std::unique_ptr<RunningServer> running(new RunningServer());
  running->host_ = std::move(host);
  running->services_.push_back(redap::MakeService(running->host_->redap(), running->stop_signal_));
  running->services_.push_back(MakeQueryService(std::make_shared<EngineQueries>(running->host_)));
  running->message_proxy_ = redap::MakeMessageProxy(running->host_->recorder());
  net.server_version = "mutoscope/" MUTOSCOPE_VERSION;
  net.version_text = "mutoscope " MUTOSCOPE_VERSION "\n";
  net.extra_metrics = [host = running->host_.get()] {
    return CatalogMetrics(host->catalog().Stats()) + (host->recorder() == nullptr ? "" : LiveMetrics(host->recorder()->stats()));
  };
  for (const auto& service : running->services_) net.services.push_back(service.get());
  net.services.push_back(running->message_proxy_->service());
  net.http_routes.push_back(UploadRoute(running->host_->catalog().uploads()));
  net.http_routes.push_back(
      ViewerRoute(viewer_directory.empty() ? running->host_->data_directory() + "/viewer" : viewer_directory));
  ARROW_ASSIGN_OR_RAISE(running->server_, net::Server::Start(std::move(net)));
  return running;
}

}  // namespace mutoscope::native
