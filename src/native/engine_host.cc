#include "native/engine_host.h"

#include <mutex>
#include <utility>

#include "arrow/compute/initialize.h"
#include "base/status.h"
#include "native/catalog_client.h"
#include "native/direct_transport.h"
#include "native/engine_queries.h"

namespace mutoscope::native {

HostOptions ToHostOptions(const CatalogOptions& options) {
  HostOptions host;
  host.catalog.data_directory = options.directory;
  host.catalog.allow_paths = options.allow_paths;
  host.engine = {options.threads, options.query_memory_bytes_max, options.cache_bytes_max};
  return host;
}

arrow::Result<std::shared_ptr<EngineHost>> EngineHost::Open(const HostOptions& options) {
  ARROW_RETURN_NOT_OK(arrow::compute::Initialize());  // filters are Arrow expressions; does nothing the second time
  ARROW_ASSIGN_OR_RAISE(auto catalog, catalog::Catalog::Open(options.catalog));
  ARROW_RETURN_NOT_OK(live::RecoverRecordings(*catalog));
  std::shared_ptr<EngineHost> host(new EngineHost(std::move(catalog), options));
  if (!options.record_to.empty()) {
    ARROW_ASSIGN_OR_RAISE(host->recorder_, live::Recorder::Open(host->catalog(), options.record_to));
  }
  return host;
}

EngineHost::EngineHost(std::unique_ptr<catalog::Catalog> catalog, const HostOptions& options)
    : data_directory_(options.catalog.data_directory),
      catalog_(std::move(catalog)),
      engine_(std::make_unique<query::Engine>(*catalog_, options.engine)),
      redap_{*catalog_, MUTOSCOPE_VERSION, options.find, options.register_wait, options.log} {}

EngineHost::~EngineHost() {
  if (!process_.forked()) return;
  (void)recorder_.release();
  (void)engine_.release();
  (void)catalog_.release();
}

arrow::Status EngineHost::CheckProcess() const {
  if (!process_.forked()) return arrow::Status::OK();
  return base::FailedPrecondition(
      "this catalog was opened before the process was forked and works in the parent only: serve the directory, and connect to "
      "it "
      "by its URL in the child");
}

std::shared_ptr<Catalog> EmbeddedCatalog(std::shared_ptr<EngineHost> host) {
  auto transport = std::make_shared<DirectTransport>(host);
  return std::make_shared<CatalogClient>(std::move(transport), std::make_shared<EngineQueries>(std::move(host)));
}

}  // namespace mutoscope::native

namespace mutoscope {

arrow::Result<std::shared_ptr<Catalog>> Catalog::Open(const CatalogOptions& options) {
  ARROW_ASSIGN_OR_RAISE(auto host, native::EngineHost::Open(native::ToHostOptions(options)));
  return native::EmbeddedCatalog(std::move(host));
}

}  // namespace mutoscope
