#include "native/url.h"

#include <string_view>

#include "base/status.h"

namespace mutoscope::native {
namespace {

constexpr std::string_view kDefaultPort = ":51234";

}  // namespace

arrow::Result<std::string> AddressOfUrl(const std::string& url) {
  for (const std::string_view scheme : {"rerun+http://", "http://"}) {
    if (!url.starts_with(scheme)) continue;
    std::string address = url.substr(scheme.size());
    address = address.substr(0, address.find_first_of("/?#"));
    if (address.empty()) break;
    if (address.rfind(':') == std::string::npos || address.back() == ']') address += kDefaultPort;
    return address;
  }
  return base::InvalidArgument("'{}' is no URL of a server: expected rerun+http://HOST:PORT", url);
}

std::string UrlOf(const std::string& host, uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("rerun+http://{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

}  // namespace mutoscope::native
