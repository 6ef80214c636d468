// gRPC over HTTP/2, with the C++ client.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "net/test_server.h"

namespace mutoscope::net {
namespace {

namespace cloud = rerun::cloud::v1alpha1;

constexpr const char* kService = "rerun.cloud.v1alpha1.RerunCloudService";

std::string Metric(const std::string& name, const std::string& method, const std::string& more = "") {
  return name + "{method=\"" + kService + "/" + method + "\"" + more + "}";
}

std::string InitialMetadata(const grpc::ClientContext& context, const char* key) {
  const auto& metadata = context.GetServerInitialMetadata();
  const auto found = metadata.find(key);
  return found == metadata.end() ? "" : std::string(found->second.data(), found->second.size());
}

// A call to any method, with an empty request.
grpc::Status CallByName(uint16_t port, const std::string& method, grpc::ClientContext* context) {
  grpc::GenericStub stub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  const grpc::ByteBuffer request{nullptr, 0};
  grpc::ByteBuffer response;
  Event done;
  grpc::Status result;
  stub.UnaryCall(context, method, {}, &request, &response, [&](const grpc::Status& status) {
    result = status;
    done.Add();
  });
  EXPECT_TRUE(done.WaitFor(1));
  return result;
}

TEST(Grpc, EveryAnswerHasTheRedapHeaders) {
  TestServer server;
  const auto stub = server.NewStub();
  std::string trace_ids[2];
  for (std::string& trace_id : trace_ids) {
    grpc::ClientContext context;
    context.AddMetadata("x-rerun-client-version", "rerun-py/0.41.0");
    context.AddMetadata("x-rerun-entry-id", "18000000DEADBEEF0000000000000abc");
    cloud::VersionResponse response;
    const grpc::Status status = stub->Version(&context, {}, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(InitialMetadata(context, "x-rerun-server-version"), "mutoscope/test");
    EXPECT_EQ(InitialMetadata(context, "x-rerun-client-version"), "rerun-py/0.41.0");
    EXPECT_EQ(InitialMetadata(context, "x-rerun-entry-id"), "18000000DEADBEEF0000000000000abc");
    trace_id = InitialMetadata(context, "x-request-trace-id");
    EXPECT_EQ(trace_id.size(), 32u);
    EXPECT_EQ(trace_id.find_first_not_of("0123456789abcdef"), std::string::npos) << trace_id;
  }
  EXPECT_NE(trace_ids[0], trace_ids[1]);
}

TEST(Grpc, FailedAndStreamingAndRawCallsHaveTheHeadersToo) {
  TestServer server;
  const auto stub = server.NewStub();
  {
    grpc::ClientContext context;
    context.AddMetadata("x-fail", "1");
    cloud::VersionResponse response;
    const grpc::Status status = stub->Version(&context, {}, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(status.error_message(), kErrorText);
    EXPECT_EQ(InitialMetadata(context, "x-request-trace-id").size(), 32u);
    EXPECT_EQ(InitialMetadata(context, "x-rerun-client-version"), "");
  }
  {
    grpc::ClientContext context;
    auto reader = stub->FetchChunks(&context, {});
    cloud::FetchChunksResponse response;
    ASSERT_TRUE(reader->Read(&response));
    EXPECT_EQ(response.chunks(0).payload(), "abc");
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_EQ(InitialMetadata(context, "x-request-trace-id").size(), 32u);
  }
}

TEST(Grpc, UnknownMethodsAndServicesAreUnimplementedByName) {
  TestServer server;
  for (const std::string method : {"/rerun.cloud.v1alpha1.RerunCloudService/SearchDataset",
                                   "/opentelemetry.proto.collector.trace.v1.TraceService/Import", "/nonsense"}) {
    grpc::ClientContext context;
    const grpc::Status status = CallByName(server.server->port(), method, &context);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << method;
    EXPECT_NE(status.error_message().find(method), std::string::npos) << status.error_message();
    EXPECT_EQ(InitialMetadata(context, "x-rerun-server-version"), "mutoscope/test");
  }
  // Names from clients do not become labels.
  EXPECT_TRUE(MetricReaches(server.server->port(), "mutoscope_rpc_calls_total{method=\"unknown\",code=\"UNIMPLEMENTED\"}", 3));
  EXPECT_EQ(Get(server.server->port(), "/metrics").body().find("nonsense"), std::string::npos);
}

TEST(Grpc, TelemetryIsTakenAndDropped) {
  TestServer server;
  for (const std::string service : {"trace.v1.TraceService", "metrics.v1.MetricsService", "logs.v1.LogsService"}) {
    grpc::ClientContext context;
    const grpc::Status status =
        CallByName(server.server->port(), "/opentelemetry.proto.collector." + service + "/Export", &context);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  EXPECT_TRUE(MetricReaches(server.server->port(), "mutoscope_rpc_calls_total{method=\"unknown\",code=\"OK\"}", 3));
}

TEST(Grpc, MethodsThatTheServiceDoesNotImplementAreUnimplementedByName) {
  TestServer server;
  grpc::ClientContext context;
  cloud::FindEntriesResponse response;
  const grpc::Status status = server.NewStub()->FindEntries(&context, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_NE(status.error_message().find("RerunCloudService/FindEntries"), std::string::npos) << status.error_message();
  EXPECT_TRUE(
      MetricReaches(server.server->port(), Metric("mutoscope_rpc_calls_total", "FindEntries", ",code=\"UNIMPLEMENTED\""), 1));
}

TEST(Grpc, MessagesMayBeLargerThanTheDefaultLimit) {
  TestServer server;
  const auto stub = server.NewStub();
  grpc::ClientContext context;
  cloud::WriteTableResponse response;
  auto writer = stub->WriteTable(&context, &response);
  cloud::WriteTableRequest request;
  request.mutable_dataframe_part()->set_payload(std::string(6 << 20, 'x'));
  ASSERT_TRUE(writer->Write(request));
  ASSERT_TRUE(writer->WritesDone());
  EXPECT_TRUE(writer->Finish().ok());
}

TEST(Grpc, CountsCallsBytesAndLatencyByMethod) {
  TestServer server;
  const uint16_t port = server.server->port();
  const auto stub = server.NewStub();
  cloud::DoBandwidthTestRequest request;
  request.set_num_bytes(3 << 20);
  {
    grpc::ClientContext context;
    auto reader = stub->DoBandwidthTest(&context, request);
    cloud::DoBandwidthTestResponse response;
    while (reader->Read(&response)) {
    }
    EXPECT_TRUE(reader->Finish().ok());
  }
  {
    grpc::ClientContext context;
    context.AddMetadata("x-fail", "1");
    cloud::VersionResponse response;
    EXPECT_FALSE(stub->Version(&context, {}, &response).ok());
  }
  {
    grpc::ClientContext context;
    cloud::FetchChunksRequest raw_request;
    raw_request.add_chunk_infos()->set_payload("12345");
    auto reader = stub->FetchChunks(&context, raw_request);
    cloud::FetchChunksResponse response;
    while (reader->Read(&response)) {
    }
    EXPECT_TRUE(reader->Finish().ok());
  }
  EXPECT_TRUE(MetricReaches(port, Metric("mutoscope_rpc_calls_total", "DoBandwidthTest", ",code=\"OK\""), 1));
  EXPECT_TRUE(MetricReaches(port, Metric("mutoscope_rpc_calls_total", "Version", ",code=\"NOT_FOUND\""), 1));
  EXPECT_TRUE(MetricReaches(port, Metric("mutoscope_rpc_calls_total", "FetchChunks", ",code=\"OK\""), 1));
  EXPECT_EQ(MetricValue(port, Metric("mutoscope_rpc_duration_seconds_count", "DoBandwidthTest")), 1);
  EXPECT_GT(MetricValue(port, Metric("mutoscope_rpc_duration_seconds_sum", "DoBandwidthTest")), 0);
  EXPECT_EQ(MetricValue(port, Metric("mutoscope_rpc_duration_seconds_bucket", "DoBandwidthTest", ",le=\"+Inf\"")), 1);
  EXPECT_EQ(MetricValue(port, Metric("mutoscope_rpc_in_flight", "DoBandwidthTest")), 0);
  EXPECT_GE(MetricValue(port, Metric("mutoscope_rpc_sent_bytes_total", "DoBandwidthTest")), 3 << 20);
  EXPECT_EQ(MetricValue(port, Metric("mutoscope_rpc_received_bytes_total", "DoBandwidthTest")),
            static_cast<double>(request.ByteSizeLong()));
  EXPECT_EQ(MetricValue(port, Metric("mutoscope_rpc_received_bytes_total", "FetchChunks")), 9);  // two tags and lengths, "12345"
  EXPECT_EQ(MetricValue(port, Metric("mutoscope_rpc_sent_bytes_total", "FetchChunks")), 7);
}

TEST(Grpc, CountsItsOpenConnections) {
  TestServer server;
  const uint16_t port = server.server->port();
  const std::string sample = "mutoscope_open_connections{protocol=\"grpc\"}";
  EXPECT_EQ(MetricValue(port, sample), 0);
  for (int round = 0; round < 2; ++round) {
    const auto stub = server.NewStub();
    grpc::ClientContext context;
    cloud::VersionResponse response;
    ASSERT_TRUE(stub->Version(&context, {}, &response).ok());
    EXPECT_EQ(MetricValue(port, sample), 1);
  }
  EXPECT_TRUE(MetricReaches(port, sample, 0));
}

TEST(Grpc, PingsOfAnIdleClientAreWelcome) {
  TestServer server;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 50);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  const auto channel = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(server.server->port()),
                                                 grpc::InsecureChannelCredentials(), arguments);
  ASSERT_TRUE(channel->WaitForConnected(std::chrono::system_clock::now() + kTestPatience));
  // Some ten pings; the default server says "too many pings" to the third and closes.
  const auto deadline = std::chrono::system_clock::now() + std::chrono::milliseconds(700);
  EXPECT_FALSE(channel->WaitForStateChange(GRPC_CHANNEL_READY, deadline)) << "the connection was closed";
  EXPECT_EQ(MetricValue(server.server->port(), "mutoscope_open_connections{protocol=\"grpc\"}"), 1);
}

TEST(Grpc, AClientThatCancelsEndsTheCall) {
  TestServer server;
  const auto stub = server.NewStub();
  grpc::ClientContext context;
  auto reader = stub->WatchEvents(&context, {});
  ASSERT_TRUE(server.service.started.WaitFor(1));
  context.TryCancel();
  EXPECT_TRUE(server.service.cancelled.WaitFor(1));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace mutoscope::net
