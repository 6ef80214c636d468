// Start and Stop of the one port.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/status.h"
#include "grpcpp/client_context.h"
#include "net/test_server.h"

namespace mutoscope::net {
namespace {

namespace cloud = rerun::cloud::v1alpha1;
using Clock = std::chrono::steady_clock;

bool Contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

ServerOptions LongGrace(ServerOptions options) {
  options.stop_grace = kTestPatience;
  return options;
}

ServerOptions ShortGrace(ServerOptions options) {
  options.stop_grace = std::chrono::seconds(1);
  return options;
}

TEST(ServerStart, AnAddressInUseIsNamedWithAWayOut) {
  TestServer first;
  TestService service;
  ServerOptions options = TestOptions(&service);
  options.port = first.server->port();
  const arrow::Status status = Server::Start(std::move(options)).status();
  EXPECT_EQ(base::CodeOf(status), base::Code::kUnavailable);
  for (const std::string& part :
       {"127.0.0.1:" + std::to_string(first.server->port()), std::string("in use"), std::string("another port")}) {
    EXPECT_TRUE(Contains(status.message(), part)) << status.message();
  }
}

TEST(ServerStart, TheHostMustBeAnAddressOfThisMachine) {
  struct Case {
    std::string host;
    base::Code code;
    std::string text;
  };
  for (const Case& c : std::vector<Case>{{"robot.local", base::Code::kInvalidArgument, "'robot.local' is no IP address"},
                                         {"", base::Code::kInvalidArgument, "no IP address"},
                                         {"127.0.0.1:80", base::Code::kInvalidArgument, "no IP address"},
                                         {"192.0.2.1", base::Code::kUnavailable, "192.0.2.1:"}}) {
    TestService service;
    ServerOptions options = TestOptions(&service);
    options.host = c.host;
    const arrow::Status status = Server::Start(std::move(options)).status();
    EXPECT_EQ(base::CodeOf(status), c.code) << status;
    EXPECT_TRUE(Contains(status.message(), c.text)) << status;
  }
}

TEST(ServerStart, ListensOnIpv6) {
  TestService service;
  ServerOptions options = TestOptions(&service);
  options.host = "::";  // both families, so that the IPv4 client of the tests gets in
  const auto server = Server::Start(std::move(options));
  if (!server.ok() && Contains(server.status().message(), "not supported")) GTEST_SKIP() << "no IPv6 here: " << server.status();
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(Get((*server)->port(), "/healthz").body(), "ok\n");
}

TEST(ServerStart, APortIsFreeAgainAfterStop) {
  uint16_t port = 0;
  for (int round = 0; round < 3; ++round) {
    TestService service;
    ServerOptions options = TestOptions(&service);
    options.port = port;
    auto server = Server::Start(std::move(options));
    ASSERT_TRUE(server.ok()) << server.status();
    port = (*server)->port();
    EXPECT_NE(port, 0);
    EXPECT_EQ(Get(port, "/healthz").body(), "ok\n");
  }
}

TEST(ServerStop, ARunningStreamGetsItsGrace) {
  TestServer server(LongGrace);
  const auto stub = server.NewStub();
  grpc::ClientContext context;
  auto reader = stub->WatchEvents(&context, {});
  ASSERT_TRUE(server.service.started.WaitFor(1));
  std::thread stopping([&] { server.server->Stop(); });
  server.service.ReleaseWatch();
  EXPECT_TRUE(reader->Finish().ok());
  stopping.join();
  EXPECT_EQ(server.service.cancelled.count(), 0);
}

std::string WebWatch() {
  return "POST /rerun.cloud.v1alpha1.RerunCloudService/WatchEvents HTTP/1.1\r\nHost: t\r\n"
         "Content-Type: application/grpc-web\r\nContent-Length: 5\r\n\r\n" +
         std::string(5, '\0');
}

TEST(ServerStop, ARunningGrpcWebStreamGetsItsGrace) {
  TestServer server(LongGrace);
  RawClient client(server.server->port());
  client.Send(WebWatch());
  ASSERT_TRUE(server.service.started.WaitFor(1));
  RawClient idle(server.server->port());
  EXPECT_EQ(idle.Exchange("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n").body(), "ok\n");
  std::thread stopping([&] { server.server->Stop(); });
  EXPECT_EQ(idle.ReadToEnd(), "");  // idle connections are closed first: stopping has begun
  server.service.ReleaseWatch();
  EXPECT_TRUE(Contains(client.ReadToEnd(), "grpc-status: 0\r\n"));
  stopping.join();
  EXPECT_EQ(server.service.cancelled.count(), 0);
}

TEST(ServerStop, AStuckStreamIsCancelledAfterTheGrace) {
  TestServer server(ShortGrace);
  const auto stub = server.NewStub();
  grpc::ClientContext context;
  auto reader = stub->WatchEvents(&context, {});
  ASSERT_TRUE(server.service.started.WaitFor(1));
  const auto begin = Clock::now();
  server.server->Stop();
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(900));
  EXPECT_LT(Clock::now() - begin, kTestPatience);
  EXPECT_FALSE(reader->Finish().ok());
  EXPECT_EQ(server.service.cancelled.count(), 1);
}

TEST(ServerStop, AStuckGrpcWebStreamIsCancelledAfterTheGrace) {
  TestServer server(ShortGrace);
  RawClient client(server.server->port());
  client.Send(WebWatch());
  ASSERT_TRUE(server.service.started.WaitFor(1));
  const auto begin = Clock::now();
  server.server->Stop();
  EXPECT_LT(Clock::now() - begin, kTestPatience);
  const std::string answer = client.ReadToEnd();
  EXPECT_TRUE(Contains(answer, "grpc-status: ")) << answer;
  EXPECT_FALSE(Contains(answer, "grpc-status: 0")) << answer;
  EXPECT_EQ(server.service.cancelled.count(), 1);
}

TEST(ServerStop, ClientsThatNeverReadDoNotHoldIt) {
  TestServer server(ShortGrace);
  RawClient web(server.server->port());
  web.Send(
      "POST /rerun.cloud.v1alpha1.RerunCloudService/DoBandwidthTest HTTP/1.1\r\nHost: t\r\n"
      "Content-Type: application/grpc-web\r\nContent-Length: 11\r\n\r\n" +
      std::string("\0\0\0\0\6\x08\xff\xff\xff\xff\x7f", 11));  // 32 GiB
  const auto stub = server.NewStub();
  grpc::ClientContext context;
  cloud::DoBandwidthTestRequest request;
  request.set_num_bytes(UINT64_MAX);
  auto reader = stub->DoBandwidthTest(&context, request);
  ASSERT_TRUE(server.service.started.WaitFor(2));
  const auto begin = Clock::now();
  server.server->Stop();
  EXPECT_LT(Clock::now() - begin, kTestPatience);
  context.TryCancel();
  EXPECT_FALSE(reader->Finish().ok());
  EXPECT_EQ(server.service.cancelled.count(), 2);
}

TEST(ServerStop, IdleAndHalfOpenClientsDoNotUseUpTheGrace) {
  TestServer server(LongGrace);
  const uint16_t port = server.server->port();
  const auto stub = server.NewStub();
  grpc::ClientContext context;
  cloud::VersionResponse response;
  ASSERT_TRUE(stub->Version(&context, {}, &response).ok());
  RawClient keep_alive(port);
  EXPECT_EQ(keep_alive.Exchange("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n").body(), "ok\n");
  RawClient silent(port);
  RawClient half_header(port);
  half_header.Send("GET /version HT");
  RawClient half_body(port);
  RawClient silent_http2(port);  // never answers a ping or a farewell
  silent_http2.Send(std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33));
  silent_http2.ReadAtLeast(9);
  const auto begin = Clock::now();
  server.server->Stop();
  EXPECT_LT(Clock::now() - begin, kTestPatience / 2);
  EXPECT_EQ(keep_alive.ReadToEnd(), "");
  EXPECT_EQ(silent.ReadToEnd(), "");
  EXPECT_EQ(half_header.ReadToEnd(), "");
  silent_http2.ReadToEnd();
}

TEST(ServerStop, MayBeCalledTwiceAndAtOnce) {
  TestServer server;
  std::thread other([&] { server.server->Stop(); });
  server.server->Stop();
  other.join();
  server.server->Stop();
  EXPECT_THROW(RawClient(server.server->port()), std::runtime_error);  // refused
}

}  // namespace
}  // namespace mutoscope::net
