#include "net/cors.h"

#include <algorithm>
#include <array>

namespace mutoscope::net {
namespace {

namespace http = boost::beast::http;

constexpr std::array<std::string_view, 3> kAlwaysAllowedHosts = {"localhost", "127.0.0.1", "rerun.io"};
constexpr const char* kExposedHeaders =
    "grpc-status, grpc-message, grpc-status-details-bin, x-rerun-server-version, x-rerun-client-version, x-rerun-entry-id, "
    "x-request-trace-id";

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return Lower(x) == Lower(y); });
}

// Linear in practice: on a mismatch it goes back to the last star only.
bool MatchesGlob(std::string_view text, std::string_view glob) {
  size_t t = 0;
  size_t g = 0;
  size_t star = std::string_view::npos;
  size_t text_after_star = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      text_after_star = t;
    } else if (g < glob.size() && Lower(glob[g]) == Lower(text[t])) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++text_after_star;
    } else {
      return false;
    }
  }
  return glob.find_first_not_of('*', g) == std::string_view::npos;
}

bool IsPort(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsAlwaysAllowed(std::string_view authority) {
  const size_t colon = authority.find(':');
  if (colon != std::string_view::npos && !IsPort(authority.substr(colon + 1))) return false;
  const std::string_view host = authority.substr(0, colon);
  return std::any_of(kAlwaysAllowedHosts.begin(), kAlwaysAllowedHosts.end(),
                     [&](std::string_view allowed) { return EqualIgnoringCase(host, allowed); });
}

}  // namespace

bool IsAllowedOrigin(std::string_view origin, std::span<const std::string> allowed) {
  const size_t scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos || scheme_end == 0) return false;  // also the "null" of sandboxed pages
  const std::string_view authority = origin.substr(scheme_end + 3);
  if (IsAlwaysAllowed(authority)) return true;
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& glob) { return MatchesGlob(origin, glob); });
}

void AddCorsHeaders(const http::fields& request, std::span<const std::string> allowed, http::fields& response) {
  const auto origin = request[http::field::origin];
  if (origin.empty()) return;
  response.set(http::field::vary, "origin, access-control-request-method, access-control-request-headers");
  if (!IsAllowedOrigin(View(origin), allowed)) return;
  response.set(http::field::access_control_allow_origin, origin);
  response.set(http::field::access_control_allow_credentials, "true");
  response.set(http::field::access_control_expose_headers, kExposedHeaders);
}

bool IsPreflight(const http::request_header<>& request) {
  return request.method() == http::verb::options && request.count(http::field::access_control_request_method) > 0;
}

http::response<http::empty_body> PreflightResponse(const http::request_header<>& request, std::span<const std::string> allowed) {
  http::response<http::empty_body> response{http::status::ok, 11};
  AddCorsHeaders(request, allowed, response);
  if (response.count(http::field::access_control_allow_origin) > 0) {
    response.set(http::field::access_control_allow_methods, request[http::field::access_control_request_method]);
    const auto headers = request[http::field::access_control_request_headers];
    if (!headers.empty()) response.set(http::field::access_control_allow_headers, headers);
    response.set(http::field::access_control_max_age, "3600");
    // Chrome asks this before a public page, such as rerun.io, may reach a private address.
    if (request.count("Access-Control-Request-Private-Network") > 0) {
      response.set("Access-Control-Allow-Private-Network", "true");
    }
  }
  response.prepare_payload();
  return response;
}

}  // namespace mutoscope::net
