#include "net/http_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace mutoscope::net {
namespace {

namespace http = boost::beast::http;

constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

struct Route {
  std::string_view path;
  HttpResponse (*answer)(const ServerOptions& options, const Metrics& metrics);
};

HttpResponse Version(const ServerOptions& options, const Metrics&) {
  return TextResponse(http::status::ok, options.version_text);
}

HttpResponse Healthz(const ServerOptions&, const Metrics&) { return TextResponse(http::status::ok, "ok\n"); }

HttpResponse Readyz(const ServerOptions& options, const Metrics&) {
  Readiness readiness = options.readiness ? options.readiness() : Readiness{};
  if (readiness.text.empty()) readiness.text = readiness.ready ? "ready\n" : "not ready\n";
  return TextResponse(readiness.ready ? http::status::ok : http::status::service_unavailable, std::move(readiness.text));
}

HttpResponse MetricsPage(const ServerOptions& options, const Metrics& metrics) {
  std::string text = metrics.PrometheusText();
  if (options.extra_metrics) text += options.extra_metrics();
  HttpResponse response = TextResponse(http::status::ok, std::move(text));
  response.set(http::field::content_type, boost::beast::string_view(kMetricsContentType.data(), kMetricsContentType.size()));
  return response;
}

constexpr std::array<Route, 4> kRoutes = {
    {{"/version", Version}, {"/healthz", Healthz}, {"/readyz", Readyz}, {"/metrics", MetricsPage}}};

HttpResponse NotFound(std::string_view path) {
  constexpr size_t kShownPathBytesMax = 200;
  return TextResponse(http::status::not_found,
                      fmt::format("there is no page {}; there are /version, /healthz, /readyz and /metrics\n",
                                  path.substr(0, kShownPathBytesMax)));
}

}  // namespace

HttpResponse TextResponse(http::status status, std::string text) {
  HttpResponse response{status, 11};
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  response.set("X-Content-Type-Options", "nosniff");
  response.body() = std::move(text);
  response.prepare_payload();
  return response;
}

HttpResponse RouteHttp(const HttpRequest& request, const ServerOptions& options, const Metrics& metrics) {
  const std::string_view target(request.target().data(), request.target().size());
  if (request[http::field::content_type].starts_with("application/grpc")) {
    return TextResponse(http::status::unsupported_media_type,
                        "gRPC needs HTTP/2 (prior knowledge); web pages send application/grpc-web+proto by POST\n");
  }
  const std::string_view path = target.substr(0, target.find('?'));
  const auto route = std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& r) { return r.path == path; });
  if (route == kRoutes.end()) return NotFound(path);
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    HttpResponse response = TextResponse(http::status::method_not_allowed, fmt::format("{} answers GET and HEAD only\n", path));
    response.set(http::field::allow, "GET, HEAD");
    return response;
  }
  return route->answer(options, metrics);
}

}  // namespace mutoscope::net
