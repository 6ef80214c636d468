// For the tests of this folder: a real server on a free port with a service of known behaviour, and plain sockets to it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>

#include "grpcpp/support/channel_arguments.h"
#include "gtest/gtest.h"
#include "net/http_routes.h"
#include "net/server.h"
#include "rerun/v1alpha1/cloud.grpc.pb.h"

namespace mutoscope::net {

using rerun::cloud::v1alpha1::RerunCloudService;

inline constexpr std::chrono::seconds kTestPatience{20};  // for what must happen; never waited for in a good run

// A number that threads wait for.
class Event {
 public:
  void Add() {
    std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  bool WaitFor(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kTestPatience, [&] { return count_ >= count; });
  }
  int count() {
    std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

inline constexpr const char* kErrorText = "no dataset 'grün' 100%\nsorry";

// Version: answers with the request's x-test header in `version`; fails with NOT_FOUND and kErrorText if it has x-fail.
// DoBandwidthTest: messages of 1 MiB until num_bytes, the last one shorter.
// WatchEvents: nothing until released or cancelled. FetchChunks (raw): one ArrowMsg with payload "abc".
// WriteTable: takes all messages.
class TestService final : public RerunCloudService::WithRawCallbackMethod_FetchChunks<RerunCloudService::CallbackService> {
 public:
  grpc::ServerUnaryReactor* Version(grpc::CallbackServerContext* context, const rerun::cloud::v1alpha1::VersionRequest*,
                                    rerun::cloud::v1alpha1::VersionResponse* response) override;
  grpc::ServerUnaryReactor* WhoAmI(grpc::CallbackServerContext* context, const rerun::cloud::v1alpha1::WhoAmIRequest*,
                                   rerun::cloud::v1alpha1::WhoAmIResponse* response) override;
  grpc::ServerWriteReactor<rerun::cloud::v1alpha1::DoBandwidthTestResponse>* DoBandwidthTest(
      grpc::CallbackServerContext* context, const rerun::cloud::v1alpha1::DoBandwidthTestRequest* request) override;
  grpc::ServerWriteReactor<rerun::cloud::v1alpha1::WatchEventsResponse>* WatchEvents(
      grpc::CallbackServerContext* context, const rerun::cloud::v1alpha1::WatchEventsRequest* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* FetchChunks(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request) override;
  grpc::ServerReadReactor<rerun::cloud::v1alpha1::WriteTableRequest>* WriteTable(
      grpc::CallbackServerContext* context, rerun::cloud::v1alpha1::WriteTableResponse* response) override;

  // Ends one WatchEvents call with OK: the one running, or the next.
  void ReleaseWatch();

  Event started;    // DoBandwidthTest and WatchEvents calls
  Event written;    // messages of DoBandwidthTest taken by the transport
  Event cancelled;  // calls of both that were cancelled

 private:
  class WatchReactor;
  std::mutex watch_mutex_;
  WatchReactor* watch_ = nullptr;
};

// Port 0, no grace unless set.
ServerOptions TestOptions(TestService* service);

struct TestServer {
  explicit TestServer(ServerOptions (*change)(ServerOptions) = nullptr);
  std::unique_ptr<RerunCloudService::Stub> NewStub(grpc::ChannelArguments arguments = {}) const;

  TestService service;
  std::unique_ptr<Server> server;
};

// A blocking socket to 127.0.0.1; operations fail after kTestPatience.
class RawClient {
 public:
  explicit RawClient(uint16_t port);
  ~RawClient();
  void Send(std::string_view bytes);
  // At least `count` bytes, or what came before the end.
  std::string ReadAtLeast(size_t count);
  std::string ReadToEnd() { return ReadAtLeast(SIZE_MAX); }
  // One HTTP response, without body if it answers HEAD.
  HttpResponse ReadResponse(bool head = false);
  // Sends one request and reads its answer.
  HttpResponse Exchange(std::string_view request);
  int fd() const { return fd_; }

 private:
  bool ReadMore();
  int fd_;
  std::string received_;
};

// GET over a new connection.
HttpResponse Get(uint16_t port, const std::string& path);

// One sample of /metrics, e.g. `mutoscope_open_connections{protocol="grpc"}`; -1 if it is not there.
double MetricValue(uint16_t port, const std::string& sample);
// Asks until the sample has the value.
::testing::AssertionResult MetricReaches(uint16_t port, const std::string& sample, double value);

}  // namespace mutoscope::net
