// A catalog on a running server.
#pragma once

#include <memory>
#include <string>

#include "arrow/result.h"
#include "mutoscope/catalog.h"
#include "mutoscope/export.h"

namespace mutoscope {

struct ClientOptions {
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);
};

class MUTOSCOPE_EXPORT Client {
 public:
  // `url`: rerun+http://HOST:PORT (http:// works too). UNAVAILABLE naming the URL if no server answers there, INVALID_ARGUMENT
  // for another scheme. Queries need a Mutoscope server (UNIMPLEMENTED naming its version if it is too old); the rest works with
  // any redap server.
  static arrow::Result<std::shared_ptr<Catalog>> Connect(const std::string& url, const ClientOptions& options = {});
};

}  // namespace mutoscope
