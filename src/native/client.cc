#include "mutoscope/client.h"

#include "native/catalog_client.h"
#include "native/grpc_transport.h"
#include "native/process_check.h"
#include "native/remote_queries.h"
#include "native/url.h"
#include "native/web_transport.h"

namespace mutoscope {

arrow::Result<std::shared_ptr<Catalog>> Client::Connect(const std::string& url, const ClientOptions& options) {
  ARROW_ASSIGN_OR_RAISE(const auto address, native::AddressOfUrl(url));
  const auto connect = native::GrpcWorksHere() ? native::ConnectGrpc : native::ConnectWeb;
  ARROW_ASSIGN_OR_RAISE(auto transport, connect(address, url, options.connect_timeout));
  auto queries = std::make_shared<native::RemoteQueries>(transport);
  return std::make_shared<native::CatalogClient>(std::move(transport), std::move(queries));
}

}  // namespace mutoscope
