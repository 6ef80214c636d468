#include "net/test_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "boost/beast/http/parser.hpp"
#include "grpcpp/create_channel.h"

namespace mutoscope::net {
namespace {

namespace http = boost::beast::http;
namespace cloud = rerun::cloud::v1alpha1;

constexpr uint64_t kPieceBytes = 1 << 20;

class BandwidthReactor : public grpc::ServerWriteReactor<cloud::DoBandwidthTestResponse> {
 public:
  BandwidthReactor(TestService* service, uint64_t num_bytes) : service_(service), left_(num_bytes) {
    service_->started.Add();
    Next();
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    service_->written.Add();
    Next();
  }
  void OnCancel() override { service_->cancelled.Add(); }
  void OnDone() override { delete this; }

 private:
  void Next() {
    if (left_ == 0) return Finish(grpc::Status::OK);
    const uint64_t size = std::min(left_, kPieceBytes);
    left_ -= size;
    message_.set_payload(std::string(size, 'x'));
    StartWrite(&message_);
  }

  TestService* service_;
  uint64_t left_;
  cloud::DoBandwidthTestResponse message_;
};

class RawReactor : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  RawReactor() {
    cloud::FetchChunksResponse response;
    response.add_chunks()->set_payload("abc");
    const grpc::Slice slice(response.SerializeAsString());
    message_ = grpc::ByteBuffer(&slice, 1);
    StartWriteAndFinish(&message_, {}, grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer message_;
};

class TakeAllReactor : public grpc::ServerReadReactor<cloud::WriteTableRequest> {
 public:
  TakeAllReactor() { StartRead(&message_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    StartRead(&message_);
  }
  void OnDone() override { delete this; }

 private:
  cloud::WriteTableRequest message_;
};

std::string Header(grpc::CallbackServerContext* context, const char* key) {
  const auto found = context->client_metadata().find(key);
  if (found == context->client_metadata().end()) return "";
  return {found->second.data(), found->second.size()};
}

}  // namespace

class TestService::WatchReactor : public grpc::ServerWriteReactor<cloud::WatchEventsResponse> {
 public:
  explicit WatchReactor(TestService* service) : service_(service) {
    {
      std::lock_guard lock(service->watch_mutex_);
      service->watch_ = this;
    }
    service->started.Add();
  }
  void OnCancel() override {
    service_->cancelled.Add();
    End(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }
  void End(const grpc::Status& status) {
    {
      std::lock_guard lock(service_->watch_mutex_);
      if (service_->watch_ != this) return;
      service_->watch_ = nullptr;
    }
    Finish(status);
  }

 private:
  TestService* service_;
};

grpc::ServerUnaryReactor* TestService::Version(grpc::CallbackServerContext* context, const cloud::VersionRequest*,
                                               cloud::VersionResponse* response) {
  auto* reactor = context->DefaultReactor();
  response->set_version(Header(context, "x-test") + Header(context, "x-test-bin"));
  if (Header(context, "x-fail").empty()) {
    reactor->Finish(grpc::Status::OK);
  } else {
    context->AddTrailingMetadata("x-reason", "test");
    context->AddTrailingMetadata("x-reason-bin", std::string("\0\1", 2));
    reactor->Finish({grpc::StatusCode::NOT_FOUND, kErrorText});
  }
  return reactor;
}

grpc::ServerUnaryReactor* TestService::WhoAmI(grpc::CallbackServerContext* context, const cloud::WhoAmIRequest*,
                                              cloud::WhoAmIResponse* response) {
  response->set_can_read(true);
  auto* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<cloud::DoBandwidthTestResponse>* TestService::DoBandwidthTest(
    grpc::CallbackServerContext*, const cloud::DoBandwidthTestRequest* request) {
  return new BandwidthReactor(this, request->num_bytes());
}

grpc::ServerWriteReactor<cloud::WatchEventsResponse>* TestService::WatchEvents(grpc::CallbackServerContext*,
                                                                               const cloud::WatchEventsRequest*) {
  return new WatchReactor(this);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* TestService::FetchChunks(grpc::CallbackServerContext*, const grpc::ByteBuffer*) {
  return new RawReactor();
}

grpc::ServerReadReactor<cloud::WriteTableRequest>* TestService::WriteTable(grpc::CallbackServerContext*,
                                                                           cloud::WriteTableResponse*) {
  return new TakeAllReactor();
}

void TestService::ReleaseWatch() {
  WatchReactor* watch = nullptr;
  {
    std::lock_guard lock(watch_mutex_);
    watch = watch_;
  }
  watch->End(grpc::Status::OK);
}

ServerOptions TestOptions(TestService* service) {
  ServerOptions options;
  options.port = 0;
  options.server_version = "mutoscope/test";
  options.version_text = "mutoscope test version\n";
  options.services = {service};
  options.stop_grace = std::chrono::seconds(0);
  options.request_bytes = [](std::string_view method, const void* request) -> uint64_t {
    if (method.ends_with("/FetchChunks")) return static_cast<const grpc::ByteBuffer*>(request)->Length();
    return static_cast<const google::protobuf::MessageLite*>(request)->ByteSizeLong();
  };
  return options;
}

TestServer::TestServer(ServerOptions (*change)(ServerOptions)) {
  ServerOptions options = TestOptions(&service);
  if (change != nullptr) options = change(std::move(options));
  auto started = Server::Start(std::move(options));
  if (!started.ok()) throw std::runtime_error(started.status().ToString());
  server = std::move(*started);
}

std::unique_ptr<RerunCloudService::Stub> TestServer::NewStub(grpc::ChannelArguments arguments) const {
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  arguments.SetMaxReceiveMessageSize(-1);
  const std::string target = "127.0.0.1:" + std::to_string(server->port());
  return RerunCloudService::NewStub(grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments));
}

RawClient::RawClient(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{.tv_sec = kTestPatience.count(), .tv_usec = 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("cannot connect to port " + std::to_string(port));
  }
}

RawClient::~RawClient() { close(fd_); }

void RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;  // the server may close in the middle of what it refuses
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

bool RawClient::ReadMore() {
  char buffer[16384];
  const ssize_t count = recv(fd_, buffer, sizeof(buffer), 0);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) throw std::runtime_error("the server neither answers nor closes");
  if (count <= 0) return false;
  received_.append(buffer, static_cast<size_t>(count));
  return true;
}

std::string RawClient::ReadAtLeast(size_t count) {
  while (received_.size() < count && ReadMore()) {
  }
  return std::exchange(received_, {});
}

HttpResponse RawClient::ReadResponse(bool head) {
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  parser.skip(head);
  parser.body_limit(uint64_t{1} << 32);
  boost::system::error_code error;
  while (!parser.is_done()) {
    const size_t used = received_.empty() ? 0 : parser.put(boost::asio::buffer(received_), error);
    received_.erase(0, used);
    if (error && error != http::error::need_more) throw std::runtime_error("bad HTTP response: " + error.message());
    if (!parser.is_done() && !ReadMore()) throw std::runtime_error("the server closed before the end of an answer");
  }
  return parser.release();
}

HttpResponse RawClient::Exchange(std::string_view request) {
  Send(request);
  return ReadResponse(request.starts_with("HEAD"));
}

HttpResponse Get(uint16_t port, const std::string& path) {
  return RawClient(port).Exchange("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n");
}

double MetricValue(uint16_t port, const std::string& sample) {
  const std::string text = "\n" + Get(port, "/metrics").body();
  const size_t found = text.find("\n" + sample + " ");
  return found == std::string::npos ? -1 : std::stod(text.substr(found + sample.size() + 2));
}

::testing::AssertionResult MetricReaches(uint16_t port, const std::string& sample, double value) {
  const auto deadline = std::chrono::steady_clock::now() + kTestPatience;
  double last = -1;
  while (std::chrono::steady_clock::now() < deadline) {
    last = MetricValue(port, sample);
    if (last == value) return ::testing::AssertionSuccess();
    std::this_thread::yield();
  }
  return ::testing::AssertionFailure() << sample << " stays " << last << ", expected " << value;
}

}  // namespace mutoscope::net
