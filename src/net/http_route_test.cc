// Routes of others: bodies that come and go piece by piece, handlers that block, clients that go away.
#include "net/http_route.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "net/static_files.h"
#include "net/test_server.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::net {
namespace {

namespace http = boost::beast::http;

// What the handlers of the tests do; a test server takes no state.
struct Seen {
  Event started, taken, finished, dropped;
  std::atomic<uint64_t> bytes = 0;
};
Seen* seen = nullptr;

class CountingBody final : public HttpBody {
 public:
  explicit CountingBody(uint64_t bytes_max) : bytes_max_(bytes_max) {}
  ~CountingBody() override {
    if (!finished_) seen->dropped.Add();
  }
  std::optional<HttpReply> Take(std::span<const uint8_t> bytes) override {
    seen->bytes += bytes.size();
    seen->taken.Add();
    if (seen->bytes > bytes_max_) return HttpReply{413, {}, "too much\n", nullptr};
    return std::nullopt;
  }
  HttpReply Finish() override {
    finished_ = true;
    return {200, {{"ETag", "\"e\""}}, std::to_string(seen->bytes) + "\n", nullptr};
  }

 private:
  const uint64_t bytes_max_;
  bool finished_ = false;
};

using Start = std::variant<HttpReply, std::unique_ptr<HttpBody>>;

Start StartBody(const HttpHead& head) {
  seen->started.Add();
  if (head.path == "/put/never") return HttpReply{403, {}, "no\n", nullptr};
  if (head.path == "/put/wait") seen->finished.WaitFor(1);
  return std::make_unique<CountingBody>(head.path == "/put/small" ? 10 : UINT64_MAX);
}

ServerOptions WithRoute(ServerOptions options) {
  options.http_routes = {{"/put", {"PUT"}, StartBody}};
  options.limits.http_body_bytes_max = 100;
  return options;
}

struct RouteTest : ::testing::Test {
  RouteTest() { seen = &state; }
  Seen state;
  TestServer server{WithRoute};
  RawClient client{server.server->port()};
};

std::string Put(const std::string& path, const std::string& body) {
  return "PUT " + path + " HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(RouteTest, TakesBodiesOfAnySize) {
  const std::string body(5 << 20, 'x');
  const HttpResponse response = client.Exchange(Put("/put/a", body));
  EXPECT_EQ(response.result(), http::status::ok);
  EXPECT_EQ(response.body(), "5242880\n");
  EXPECT_EQ(response[http::field::etag], "\"e\"");
  EXPECT_GE(state.taken.count(), 20) << "in pieces";
  EXPECT_EQ(client.Exchange("PUT /put/a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").body(),
            "5242883\n");
  EXPECT_EQ(client.Exchange(Put("/put", "")).body(), "5242883\n");
  EXPECT_EQ(client.Exchange("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n").body(), "ok\n");
  EXPECT_EQ(state.dropped.count(), 0);
}

TEST_F(RouteTest, PagesKeepTheirLimit) {
  EXPECT_EQ(client.Exchange(Put("/putty", std::string(101, 'x'))).result(), http::status::payload_too_large);
}

TEST_F(RouteTest, RefusesWithoutReadingTheBody) {
  const HttpResponse response = client.Exchange("PUT /put/never HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999\r\n\r\n");
  EXPECT_EQ(response.result(), http::status::forbidden);
  EXPECT_FALSE(response.keep_alive()) << "what follows is not known to be a request";
  EXPECT_EQ(state.taken.count(), 0);
}

TEST_F(RouteTest, AsksForTheBodyOnlyIfItIsWanted) {
  const std::string expect = " HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
  RawClient other(server.server->port());
  EXPECT_EQ(other.Exchange("PUT /put/never" + expect).result(), http::status::forbidden);
  client.Send("PUT /put/a" + expect);
  EXPECT_EQ(client.ReadAtLeast(25), "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_F(RouteTest, AReplyEndsTheBodyEarly) {
  const HttpResponse response = client.Exchange(Put("/put/small", "more than ten bytes"));
  EXPECT_EQ(response.result(), http::status::payload_too_large);
  EXPECT_TRUE(state.dropped.WaitFor(1));
}

TEST_F(RouteTest, AClientThatGoesAwayDropsItsBody) {
  {
    RawClient gone(server.server->port());
    gone.Send("PUT /put/a HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\nabc");
    EXPECT_TRUE(state.started.WaitFor(1));
  }
  EXPECT_TRUE(state.dropped.WaitFor(1));
  EXPECT_EQ(client.Exchange("PUT /put/a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n").result(),
            http::status::bad_request);
  EXPECT_TRUE(state.dropped.WaitFor(2));
}

TEST_F(RouteTest, AHandlerThatWaitsHoldsNobodyUp) {
  RawClient first(server.server->port());
  RawClient second(server.server->port());
  RawClient third(server.server->port());
  for (RawClient* waiting : {&first, &second, &third}) waiting->Send(Put("/put/wait", "x"));
  EXPECT_TRUE(state.started.WaitFor(3));
  EXPECT_EQ(client.Exchange("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n").body(), "ok\n");
  state.finished.Add();
  for (RawClient* waiting : {&first, &second, &third}) EXPECT_EQ(waiting->ReadResponse().result(), http::status::ok);
}

TEST_F(RouteTest, OtherMethodsAndPreflights) {
  EXPECT_EQ(client.Exchange("POST /put/a HTTP/1.1\r\nHost: t\r\n\r\n")[http::field::allow], "PUT");
  const HttpResponse preflight = client.Exchange(
      "OPTIONS /put/a HTTP/1.1\r\nHost: t\r\nOrigin: http://localhost\r\nAccess-Control-Request-Method: PUT\r\n\r\n");
  EXPECT_EQ(preflight[http::field::access_control_allow_methods], "PUT");
}

TEST(StaticFiles, NamesNothingOutside) {
  storage::testing::TempDir directory;
  directory.Write("served/a.js", "1");
  directory.Write("served/b/c", "2");
  directory.Write("served/.hidden", "3");
  directory.Write("secret", "4");
  const std::string served = directory / "served";
  EXPECT_EQ(ServeFile(served, "a.js", {}).status, 200);
  EXPECT_EQ(ServeFile(served, "b/c", {}).status, 200);
  for (const char* name : {"", "/", "../secret", "b/../../secret", "b/../a.js", ".hidden", "b", "b/", "/a.js", "a.js/",
                           "%2e%2e/secret", "..\\secret", "./a.js"}) {
    EXPECT_EQ(ServeFile(served, name, {}).status, 404) << name;
  }
  EXPECT_EQ(ServeFile(served, std::string_view("a.js\0", 5), {}).status, 404);
}

TEST(StaticFiles, ACompressedCopyMustBeAskedForAndFresh) {
  storage::testing::TempDir directory;
  directory.Write("a.wasm", "plain");
  directory.Write("a.wasm.gz", "gz");
  const auto encoding = [&](const std::string& accepted) {
    HttpHead head;
    head.headers["accept-encoding"] = accepted;
    return ServeFile(directory.path(), "a.wasm", head).file->size();
  };
  EXPECT_EQ(encoding("gzip"), 2u);
  EXPECT_EQ(encoding("deflate, gzip;q=0.5, br"), 2u);
  for (const char* accepted : {"", "br", "gzip;q=0", "xgzip", "gzipx"}) EXPECT_EQ(encoding(accepted), 5u) << accepted;
  std::filesystem::last_write_time(directory / "a.wasm.gz",
                                   std::filesystem::last_write_time(directory / "a.wasm") - std::chrono::hours(1));
  EXPECT_EQ(encoding("gzip"), 5u) << "older than the file itself";
}

}  // namespace
}  // namespace mutoscope::net
