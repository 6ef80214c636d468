#include "net/cors.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mutoscope::net {
namespace {

namespace http = boost::beast::http;

TEST(Cors, AllowsOriginsByTable) {
  struct Case {
    std::string origin;
    std::vector<std::string> globs;
    bool allowed;
  };
  const std::vector<Case> cases = {
      {"http://localhost", {}, true},
      {"https://localhost:8443", {}, true},
      {"http://127.0.0.1:9090", {}, true},
      {"https://rerun.io", {}, true},
      {"HTTPS://Rerun.IO", {}, true},
      {"tauri://localhost", {}, true},
      {"https://evil-rerun.io", {}, false},
      {"https://rerun.io.evil.org", {}, false},
      {"https://evil.org/rerun.io", {}, false},
      {"https://rerun.io:80.evil.org", {}, false},
      {"https://rerun.io:", {}, false},
      {"https://user@localhost", {}, false},
      {"null", {}, false},
      {"", {}, false},
      {"localhost", {}, false},
      {"://localhost", {}, false},
      {"https://a.example.org", {}, false},
      {"https://a.example.org", {"*"}, true},
      {"https://a.example.org", {"https://*.example.org"}, true},
      {"http://a.example.org", {"https://*.example.org"}, false},
      {"https://a.example.org:444", {"https://*.example.org"}, false},
      {"https://a.example.org:444", {"https://*.example.org:*"}, true},
      {"https://A.Example.org", {"*.example.org"}, true},
      {"https://example.org", {"*.example.org"}, false},
      {"https://example.org", {"example.org"}, false},
      {"https://example.org", {"https://other.org", "https://example.org"}, true},
      {"https://aXbXc.org", {"*a*b*c.org"}, true},
      {"https://aXbX.org", {"*a*b*c.org"}, false},
      {"https://abab.org", {"*ab.org"}, true},
      {"https://example.org", {""}, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(IsAllowedOrigin(c.origin, c.globs), c.allowed)
        << c.origin << " with " << (c.globs.empty() ? "no globs" : c.globs.front());
  }
}

http::request_header<> Preflight(const std::string& origin) {
  http::request_header<> request;
  request.method(http::verb::options);
  request.set(http::field::origin, origin);
  request.set(http::field::access_control_request_method, "POST");
  request.set(http::field::access_control_request_headers, "content-type,x-grpc-web");
  return request;
}

TEST(Cors, PreflightOfAnAllowedPageEchoesWhatItAskedFor) {
  http::request_header<> request = Preflight("https://rerun.io");
  request.set("Access-Control-Request-Private-Network", "true");
  const auto response = PreflightResponse(request, {});
  EXPECT_EQ(response.result(), http::status::ok);
  EXPECT_EQ(response[http::field::access_control_allow_origin], "https://rerun.io");
  EXPECT_EQ(response[http::field::access_control_allow_credentials], "true");
  EXPECT_EQ(response[http::field::access_control_allow_methods], "POST");
  EXPECT_EQ(response[http::field::access_control_allow_headers], "content-type,x-grpc-web");
  EXPECT_EQ(response["Access-Control-Allow-Private-Network"], "true");
  EXPECT_NE(response[http::field::vary].find("origin"), boost::beast::string_view::npos);
}

TEST(Cors, PreflightOfAForeignPageGets200AndNoPermission) {
  const auto response = PreflightResponse(Preflight("https://evil.org"), {});
  EXPECT_EQ(response.result(), http::status::ok);
  EXPECT_EQ(response.count(http::field::access_control_allow_origin), 0u);
  EXPECT_EQ(response.count(http::field::access_control_allow_methods), 0u);
  EXPECT_EQ(response.count(http::field::access_control_allow_credentials), 0u);
}

TEST(Cors, AnswersExposeTheRedapHeaders) {
  http::fields request;
  request.set(http::field::origin, "http://localhost:9090");
  http::fields response;
  AddCorsHeaders(request, {}, response);
  const auto exposed = response[http::field::access_control_expose_headers];
  for (const char* name : {"grpc-status", "grpc-message", "x-rerun-server-version", "x-request-trace-id"}) {
    EXPECT_NE(exposed.find(name), boost::beast::string_view::npos) << name;
  }
}

TEST(Cors, RequestsWithoutOriginGetNoCorsHeaders) {
  http::fields response;
  AddCorsHeaders(http::fields(), std::vector<std::string>{"*"}, response);
  EXPECT_EQ(response.begin(), response.end());
}

}  // namespace
}  // namespace mutoscope::net
