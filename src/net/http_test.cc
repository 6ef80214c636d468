// Plain HTTP/1.1: pages, limits, and clients that misbehave.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "net/test_server.h"

namespace mutoscope::net {
namespace {

namespace http = boost::beast::http;
using std::chrono::milliseconds;

bool Contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Http, AnswersItsPages) {
  TestServer server;
  struct Case {
    std::string request_line;
    http::status status;
    std::string body_part;
  };
  const std::vector<Case> cases = {
      {"GET /version", http::status::ok, "mutoscope test version\n"},
      {"GET /version?x=1", http::status::ok, "mutoscope test version\n"},
      {"GET /healthz", http::status::ok, "ok\n"},
      {"GET /readyz", http::status::ok, "ready\n"},
      {"GET /metrics", http::status::ok, "process_resident_memory_bytes "},
      {"GET /", http::status::not_found, "there is no page /;"},
      {"GET /version/", http::status::not_found, "/version/"},
      {"POST /version", http::status::method_not_allowed, "/version answers GET and HEAD only"},
      {"DELETE /metrics", http::status::method_not_allowed, "/metrics"},
      {"OPTIONS /version", http::status::method_not_allowed, "/version"},
      {"BREW /version", http::status::method_not_allowed, "/version"},
  };
  RawClient client(server.server->port());  // all on one connection
  for (const Case& c : cases) {
    const HttpResponse response = client.Exchange(c.request_line + " HTTP/1.1\r\nHost: test\r\n\r\n");
    EXPECT_EQ(response.result(), c.status) << c.request_line;
    EXPECT_TRUE(Contains(response.body(), c.body_part)) << c.request_line << ": " << response.body();
  }
}

TEST(Http, HeadHasTheHeaderOfGetWithoutItsBody) {
  TestServer server;
  RawClient client(server.server->port());
  const HttpResponse head = client.Exchange("HEAD /version HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_EQ(head.result(), http::status::ok);
  EXPECT_EQ(head[http::field::content_length], "23");
  // Had a body come, it would be in front of this answer.
  EXPECT_EQ(client.Exchange("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n").body(), "ok\n");
}

TEST(Http, MethodNotAllowedNamesTheAllowedOnes) {
  TestServer server;
  EXPECT_EQ(RawClient(server.server->port())
                .Exchange("PUT /version HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n")[http::field::allow],
            "GET, HEAD");
}

TEST(Http, GrpcOverHttp1IsToldWhatToDo) {
  TestServer server;
  const HttpResponse response = RawClient(server.server->port())
                                    .Exchange(
                                        "POST /a.B/C HTTP/1.1\r\nHost: t\r\nContent-Type: application/grpc\r\n"
                                        "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(response.result(), http::status::unsupported_media_type);
  EXPECT_TRUE(Contains(response.body(), "HTTP/2")) << response.body();
}

TEST(Http, ReadinessIsAskedForEveryTime) {
  static std::atomic<bool> ready;
  ready = false;
  TestServer server([](ServerOptions options) {
    options.readiness = [] { return Readiness{ready, ready ? "" : "registering: 120 of 16000 recordings\n"}; };
    return options;
  });
  HttpResponse response = Get(server.server->port(), "/readyz");
  EXPECT_EQ(response.result(), http::status::service_unavailable);
  EXPECT_EQ(response.body(), "registering: 120 of 16000 recordings\n");
  ready = true;
  response = Get(server.server->port(), "/readyz");
  EXPECT_EQ(response.result(), http::status::ok);
  EXPECT_EQ(response.body(), "ready\n");
}

TEST(Http, PreflightAndAnswersFollowTheCorsRules) {
  TestServer server([](ServerOptions options) {
    options.cors_allow_origins = {"https://*.example.org"};
    return options;
  });
  RawClient client(server.server->port());
  const std::string preflight =
      "OPTIONS /rerun.cloud.v1alpha1.RerunCloudService/Version HTTP/1.1\r\nHost: t\r\n"
      "Access-Control-Request-Method: POST\r\nOrigin: ";
  EXPECT_EQ(client.Exchange(preflight + "https://a.example.org\r\n\r\n")[http::field::access_control_allow_origin],
            "https://a.example.org");
  EXPECT_EQ(client.Exchange(preflight + "https://evil.org\r\n\r\n").count(http::field::access_control_allow_origin), 0u);
  const HttpResponse page = client.Exchange("GET /version HTTP/1.1\r\nHost: t\r\nOrigin: http://localhost:1\r\n\r\n");
  EXPECT_EQ(page[http::field::access_control_allow_origin], "http://localhost:1");
}

TEST(Http, AnswersPipelinedRequestsInOrder) {
  TestServer server;
  RawClient client(server.server->port());
  client.Send("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\nGET /version HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().body(), "ok\n");
  EXPECT_EQ(client.ReadResponse().body(), "mutoscope test version\n");
  EXPECT_EQ(client.ReadToEnd(), "");  // closed, as asked
}

TEST(Http, ClosesAfterAnHttp10Request) {
  TestServer server;
  RawClient client(server.server->port());
  EXPECT_EQ(client.Exchange("GET /healthz HTTP/1.0\r\n\r\n").body(), "ok\n");
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST(Http, GarbageGets400OrAClose) {
  TestServer server;
  for (const std::string& garbage :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), std::string(1000, '\0'), std::string("GET\r\n\r\n"),
        std::string("PRX * HTTP/2.0\r\n\r\n"), std::string("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n")}) {
    RawClient client(server.server->port());
    client.Send(garbage);
    shutdown(client.fd(), SHUT_WR);
    const std::string answer = client.ReadToEnd();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << garbage << " got: " << answer;
  }
  EXPECT_EQ(Get(server.server->port(), "/healthz").result(), http::status::ok);
}

TEST(Http, Http2GarbageClosesTheConnectionOnly) {
  TestServer server;
  RawClient client(server.server->port());
  client.Send("PRI * HTTP/2.0\r\n\r\nnot the preface, and no frames");
  client.ReadToEnd();  // throws if the server does not close
  EXPECT_EQ(Get(server.server->port(), "/healthz").result(), http::status::ok);
}

TEST(Http, HalfARequestAndThenTheEndIsForgotten) {
  TestServer server;
  for (const char* half :
       {"", "G", "PR", "PRI", "GET /version HTTP/1.1\r\nHost", "POST /version HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"}) {
    RawClient client(server.server->port());
    client.Send(half);
    shutdown(client.fd(), SHUT_WR);
    EXPECT_FALSE(client.ReadToEnd().starts_with("HTTP/1.1 200")) << half;
  }
  EXPECT_TRUE(MetricReaches(server.server->port(), "mutoscope_open_connections{protocol=\"http1\"}", 1));  // the asking one
  EXPECT_TRUE(MetricReaches(server.server->port(), "mutoscope_open_connections{protocol=\"grpc\"}", 0));
}

TEST(Http, RefusesHeadersAndBodiesBeyondTheLimits) {
  TestServer server([](ServerOptions options) {
    options.limits.http_body_bytes_max = 1 << 20;
    return options;
  });
  const uint16_t port = server.server->port();
  const std::string big_header = "GET /version HTTP/1.1\r\nHost: t\r\nX-Big: " + std::string(20'000, 'x') + "\r\n\r\n";
  EXPECT_EQ(RawClient(port).Exchange(big_header).result(), http::status::request_header_fields_too_large);
  EXPECT_EQ(RawClient(port).Exchange("POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 1048577\r\n\r\n").result(),
            http::status::payload_too_large);
  const std::string chunked =
      "POST /x HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n" + std::string(0x100001, 'x') + "\r\n";
  EXPECT_EQ(RawClient(port).Exchange(chunked).result(), http::status::payload_too_large);
  const std::string fits = "POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 1048576\r\n\r\n" + std::string(1 << 20, 'x');
  EXPECT_EQ(RawClient(port).Exchange(fits).result(), http::status::not_found);
}

TEST(Http, SendsContinueToAClientThatWaitsForIt) {
  TestServer server;
  RawClient client(server.server->port());
  client.Send("POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(client.ReadAtLeast(25).starts_with("HTTP/1.1 100 Continue\r\n"));
  EXPECT_EQ(client.Exchange("abc").result(), http::status::not_found);
}

TEST(Http, SilentAndSlowClientsAreClosed) {
  TestServer server([](ServerOptions options) {
    options.limits.first_bytes_timeout = milliseconds(50);
    options.limits.idle_timeout = milliseconds(50);
    return options;
  });
  const std::vector<std::string> beginnings = {"",
                                               "PR",
                                               "PRI * HTTP/2.0\r\n",
                                               "GET /version HT",
                                               "POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc",
                                               "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"};
  for (const std::string& beginning : beginnings) {
    RawClient client(server.server->port());
    client.Send(beginning);
    client.ReadToEnd();  // throws if the server does not close
  }
  EXPECT_TRUE(MetricReaches(server.server->port(), "mutoscope_open_connections{protocol=\"http1\"}", 1));
}

TEST(Http, ConnectionsBeyondTheBoundAreClosedUnanswered) {
  TestServer server([](ServerOptions options) {
    options.limits.connections_max = 3;
    return options;
  });
  const uint16_t port = server.server->port();
  std::vector<std::unique_ptr<RawClient>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(std::make_unique<RawClient>(port));
    EXPECT_EQ(held.back()->Exchange("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n").body(), "ok\n");
  }
  EXPECT_EQ(RawClient(port).ReadToEnd(), "");
  const HttpResponse metrics = held[0]->Exchange("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_TRUE(Contains(metrics.body(), "\nmutoscope_refused_connections_total 1\n")) << metrics.body();
  held.pop_back();
  while (!Contains(held[0]->Exchange("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n").body(), "{protocol=\"http1\"} 2\n")) {
  }
  EXPECT_EQ(Get(port, "/healthz").body(), "ok\n");
}

}  // namespace
}  // namespace mutoscope::net
