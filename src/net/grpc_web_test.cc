// gRPC-web over HTTP/1.1, byte by byte.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/grpc_web_format.h"
#include "net/test_server.h"

namespace mutoscope::net {
namespace {

namespace cloud = rerun::cloud::v1alpha1;
namespace http = boost::beast::http;

constexpr const char* kPath = "/rerun.cloud.v1alpha1.RerunCloudService/";

struct Answer {
  std::vector<std::string> messages;
  std::string trailers;
};

Answer ParseFrames(const std::string& body) {
  Answer answer;
  size_t at = 0;
  while (at + 5 <= body.size()) {
    const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(body[at + i])); };
    const size_t length = byte(1) << 24 | byte(2) << 16 | byte(3) << 8 | byte(4);
    EXPECT_EQ(answer.trailers, "") << "frames follow the trailers";
    if (byte(0) == 0x80) {
      answer.trailers = body.substr(at + 5, length);
    } else {
      EXPECT_EQ(byte(0), 0u);
      answer.messages.push_back(body.substr(at + 5, length));
    }
    at += 5 + length;
  }
  EXPECT_EQ(at, body.size()) << "half a frame";
  return answer;
}

std::string Framed(const google::protobuf::MessageLite& message) {
  const std::string bytes = message.SerializeAsString();
  const auto header = MessageFrameHeader(bytes.size()).ValueOrDie();
  return std::string(header.begin(), header.end()) + bytes;
}

std::string WebRequest(const std::string& method, const std::string& body, const std::string& headers = "",
                       const std::string& type = "application/grpc-web+proto") {
  return "POST " + (kPath + method) + " HTTP/1.1\r\nHost: t\r\nContent-Type: " + type + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(GrpcWeb, UnaryCallWithMetadata) {
  TestServer server;
  RawClient client(server.server->port());
  for (int i = 0; i < 2; ++i) {  // both on one connection
    const HttpResponse response = client.Exchange(WebRequest(
        "Version", Framed(cloud::VersionRequest()),
        "X-Test: hello \r\nx-test-bin: Z3LDvG4=\r\nx-rerun-client-version: viewer/1\r\nOrigin: http://localhost:9\r\n"));
    EXPECT_EQ(response.result(), http::status::ok);
    EXPECT_EQ(response[http::field::content_type], "application/grpc-web+proto");
    EXPECT_EQ(response["x-rerun-server-version"], "mutoscope/test");
    EXPECT_EQ(response["x-rerun-client-version"], "viewer/1");
    EXPECT_EQ(response["x-request-trace-id"].size(), 32u);
    EXPECT_EQ(response[http::field::access_control_allow_origin], "http://localhost:9");
    const Answer answer = ParseFrames(response.body());
    ASSERT_EQ(answer.messages.size(), 1u);
    cloud::VersionResponse version;
    ASSERT_TRUE(version.ParseFromString(answer.messages[0]));
    EXPECT_EQ(version.version(), "hellogrün");
    EXPECT_EQ(answer.trailers, "grpc-status: 0\r\n");
  }
}

TEST(GrpcWeb, AForeignPageMayNotReadTheAnswer) {
  TestServer server;
  const HttpResponse response =
      RawClient(server.server->port())
          .Exchange(WebRequest("Version", Framed(cloud::VersionRequest()), "Origin: https://evil.org\r\n"));
  EXPECT_EQ(response.count(http::field::access_control_allow_origin), 0u);
}

TEST(GrpcWeb, ServerStreaming) {
  TestServer server;
  cloud::DoBandwidthTestRequest request;
  request.set_num_bytes((9 << 20) + 5);
  const HttpResponse response = RawClient(server.server->port()).Exchange(WebRequest("DoBandwidthTest", Framed(request)));
  const Answer answer = ParseFrames(response.body());
  ASSERT_EQ(answer.messages.size(), 10u);
  uint64_t total = 0;
  for (const std::string& bytes : answer.messages) {
    cloud::DoBandwidthTestResponse message;
    ASSERT_TRUE(message.ParseFromString(bytes));
    EXPECT_EQ(message.payload().find_first_not_of('x'), std::string::npos);
    total += message.payload().size();
  }
  EXPECT_EQ(total, request.num_bytes());
  EXPECT_EQ(answer.trailers, "grpc-status: 0\r\n");
}

TEST(GrpcWeb, RawMethods) {
  TestServer server;
  const Answer answer = ParseFrames(
      RawClient(server.server->port()).Exchange(WebRequest("FetchChunks", Framed(cloud::FetchChunksRequest()))).body());
  ASSERT_EQ(answer.messages.size(), 1u);
  cloud::FetchChunksResponse chunks;
  ASSERT_TRUE(chunks.ParseFromString(answer.messages[0]));
  EXPECT_EQ(chunks.chunks(0).payload(), "abc");
}

TEST(GrpcWeb, ErrorsComeInTheTrailers) {
  TestServer server;
  RawClient client(server.server->port());
  HttpResponse response = client.Exchange(WebRequest("Version", Framed(cloud::VersionRequest()), "x-fail: 1\r\n"));
  EXPECT_EQ(response.result(), http::status::ok);
  Answer answer = ParseFrames(response.body());
  EXPECT_TRUE(answer.messages.empty());
  EXPECT_EQ(answer.trailers,
            "grpc-status: 5\r\ngrpc-message: no dataset 'gr%C3%BCn' 100%25%0Asorry\r\nx-reason: test\r\nx-reason-bin: AAE=\r\n");
  answer = ParseFrames(client.Exchange(WebRequest("Nothing", Framed(cloud::VersionRequest()))).body());
  EXPECT_TRUE(answer.trailers.starts_with("grpc-status: 12\r\n")) << answer.trailers;
  EXPECT_NE(answer.trailers.find("RerunCloudService/Nothing"), std::string::npos) << answer.trailers;
}

TEST(GrpcWeb, ABrokenBodyIsAnErrorOfTheCallOnly) {
  TestServer server;
  RawClient client(server.server->port());
  for (const std::string& body : {std::string(), std::string("\0\0\0\0\5abc", 8), std::string(5, '\xff')}) {
    const Answer answer = ParseFrames(client.Exchange(WebRequest("Version", body)).body());
    EXPECT_TRUE(answer.trailers.starts_with("grpc-status: 3\r\ngrpc-message: ")) << answer.trailers;
  }
  const Answer text =
      ParseFrames(Base64Decode(client.Exchange(WebRequest("Version", "***", "", "application/grpc-web-text")).body()).value());
  EXPECT_TRUE(text.trailers.starts_with("grpc-status: 3\r\n")) << text.trailers;
  const Answer not_protobuf =
      ParseFrames(client.Exchange(WebRequest("DoBandwidthTest", std::string("\0\0\0\0\2\x08\xff", 7))).body());
  EXPECT_FALSE(not_protobuf.trailers.starts_with("grpc-status: 0")) << not_protobuf.trailers;
  EXPECT_EQ(client.Exchange("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n").body(), "ok\n");
}

TEST(GrpcWeb, TextFormIsBase64BothWays) {
  TestServer server;
  const HttpResponse response = RawClient(server.server->port())
                                    .Exchange(WebRequest("Version", Base64Encode(Framed(cloud::VersionRequest())),
                                                         "x-test: abc\r\n", "application/grpc-web-text"));
  EXPECT_EQ(response[http::field::content_type], "application/grpc-web-text");
  const Answer answer = ParseFrames(Base64Decode(response.body()).value());
  cloud::VersionResponse version;
  ASSERT_EQ(answer.messages.size(), 1u);
  ASSERT_TRUE(version.ParseFromString(answer.messages[0]));
  EXPECT_EQ(version.version(), "abc");
  EXPECT_EQ(answer.trailers, "grpc-status: 0\r\n");
}

TEST(GrpcWeb, ATimeoutEndsTheCall) {
  TestServer server;
  const HttpResponse response =
      RawClient(server.server->port())
          .Exchange(WebRequest("WatchEvents", Framed(cloud::WatchEventsRequest()), "grpc-timeout: 50m\r\n"));
  EXPECT_TRUE(ParseFrames(response.body()).trailers.starts_with("grpc-status: 4\r\n"));
  EXPECT_TRUE(server.service.cancelled.WaitFor(1));
}

TEST(GrpcWeb, AClientThatLeavesCancelsTheCall) {
  TestServer server;
  {
    RawClient client(server.server->port());
    client.Send(WebRequest("WatchEvents", Framed(cloud::WatchEventsRequest())));
    ASSERT_TRUE(server.service.started.WaitFor(1));
  }
  EXPECT_TRUE(server.service.cancelled.WaitFor(1));
  EXPECT_TRUE(MetricReaches(server.server->port(), "mutoscope_open_connections{protocol=\"http1\"}", 1));
}

TEST(GrpcWeb, AClientThatLeavesInTheMiddleOfAStreamCancelsTheCall) {
  TestServer server;
  {
    RawClient client(server.server->port());
    cloud::DoBandwidthTestRequest request;
    request.set_num_bytes(UINT64_MAX);
    client.Send(WebRequest("DoBandwidthTest", Framed(request)));
    EXPECT_GE(client.ReadAtLeast(5 << 20).size(), size_t{5} << 20);
  }
  EXPECT_TRUE(server.service.cancelled.WaitFor(1));
}

TEST(GrpcWeb, AClientThatDoesNotReadHoldsTheCallBackAndIsClosed) {
  TestServer server([](ServerOptions options) {
    options.limits.idle_timeout = std::chrono::milliseconds(300);
    return options;
  });
  RawClient client(server.server->port());
  cloud::DoBandwidthTestRequest request;
  request.set_num_bytes(UINT64_MAX);
  client.Send(WebRequest("DoBandwidthTest", Framed(request)));
  ASSERT_TRUE(server.service.cancelled.WaitFor(1));  // by the idle timeout
  // Socket buffers take a few MiB; without back-pressure it would be as much as fits into memory.
  EXPECT_LT(server.service.written.count(), 64);
}

}  // namespace
}  // namespace mutoscope::net
