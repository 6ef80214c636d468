// Which web pages may talk to this server (redap.md §6.3).
//
// Thread-safety: all functions are pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "boost/beast/http/empty_body.hpp"
#include "boost/beast/http/fields.hpp"
#include "boost/beast/http/message.hpp"

namespace mutoscope::net {

// `origin` is the Origin header, e.g. "https://rerun.io". Pages of localhost, 127.0.0.1 and rerun.io may, with any scheme and
// port, and those whose whole origin matches a glob of `allowed` ('*' = any text, case ignored).
bool IsAllowedOrigin(std::string_view origin, std::span<const std::string> allowed);

// For the answer to `request`: lets an allowed page read it, with the redap headers. Does nothing without an Origin header.
void AddCorsHeaders(const boost::beast::http::fields& request, std::span<const std::string> allowed,
                    boost::beast::http::fields& response);

// OPTIONS with Access-Control-Request-Method.
bool IsPreflight(const boost::beast::http::request_header<>& request);

// 200, and for an allowed page the methods and headers that it asked for.
boost::beast::http::response<boost::beast::http::empty_body> PreflightResponse(
    const boost::beast::http::request_header<>& request, std::span<const std::string> allowed);

}  // namespace mutoscope::net
