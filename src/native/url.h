// URLs of servers.
#pragma once

#include <string>

#include "arrow/result.h"

namespace mutoscope::native {

// HOST:PORT of rerun+http://HOST[:PORT][/…] or http://…; the port is 51234 if there is none. INVALID_ARGUMENT for anything else.
arrow::Result<std::string> AddressOfUrl(const std::string& url);

// rerun+http://HOST:PORT, with brackets where the host is an IPv6 literal.
std::string UrlOf(const std::string& host, uint16_t port);

}  // namespace mutoscope::native
