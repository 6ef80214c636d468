// A server in this process: gRPC (redap and mutoscope.v1), gRPC-web and HTTP on one port.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arrow/result.h"
#include "mutoscope/catalog.h"
#include "mutoscope/export.h"

namespace mutoscope {

struct ServerOptions {
  CatalogOptions catalog;
  std::string host = "127.0.0.1";  // an IP literal
  uint16_t port = 0;               // 0 = any free one
  std::string url_host;            // in url(); empty: `host`, or 127.0.0.1 where that is all interfaces
};

class MUTOSCOPE_EXPORT Server {
 public:
  // Accepts connections when it returns. UNAVAILABLE naming host and port if they cannot be bound.
  static arrow::Result<std::unique_ptr<Server>> Start(const ServerOptions& options);
  virtual ~Server() = default;  // stops it

  virtual std::string url() const = 0;  // rerun+http://HOST:PORT
  virtual uint16_t port() const = 0;
  // The same catalog without the network.
  virtual std::shared_ptr<Catalog> catalog() const = 0;
  // Running calls get a moment to end. Idempotent, thread-safe.
  virtual void Stop() = 0;
};

}  // namespace mutoscope
