#include "net/call_interceptor.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <map>
#include <random>
#include <utility>

#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/support/byte_buffer.h"
#include "net/unknown_methods.h"

namespace mutoscope::net {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerRpcInfo;

constexpr std::array<const char*, 2> kEchoedHeaders = {"x-rerun-client-version", "x-rerun-entry-id"};

std::string NewTraceId() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  const uint64_t high = random();
  const uint64_t low = random();
  return fmt::format("{:016x}{:016x}", high, low);
}

// Of a method that no service has (UnknownMethods): its messages are byte buffers.
bool IsGeneric(ServerRpcInfo* info) {
  return dynamic_cast<grpc::GenericCallbackServerContext*>(info->server_context()) != nullptr;
}

std::string_view MethodLabel(ServerRpcInfo* info) {
  if (IsGeneric(info)) return kUnknownMethod;
  const std::string_view path = info->method();
  return path.starts_with('/') ? path.substr(1) : path;
}

// One a call. gRPC runs the hooks of a call one after the other, except that reads and writes of a stream may overlap:
// they touch atomics only.
class CallInterceptor : public grpc::experimental::Interceptor {
 public:
  CallInterceptor(const CallInterceptorOptions& options, ServerRpcInfo* info)
      : options_(options),
        path_(info->method()),
        is_generic_(IsGeneric(info)),
        metrics_(options.metrics->Method(MethodLabel(info))) {
    metrics_.in_flight.fetch_add(1);
  }

  ~CallInterceptor() override {
    metrics_.in_flight.fetch_sub(1);
    metrics_.CountCall(code_, std::chrono::steady_clock::now() - start_);
  }

  void Intercept(InterceptorBatchMethods* batch) override {
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      KeepEchoedHeaders(*batch->GetRecvInitialMetadata());
    }
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE)) CountRequest(batch->GetRecvMessage());
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      AddHeaders(*batch->GetSendInitialMetadata());
    }
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE)) {
      metrics_.sent_bytes.fetch_add(batch->GetSerializedSendMessage()->Length(), std::memory_order_relaxed);
    }
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      const grpc::Status status = batch->GetSendStatus();
      code_ = static_cast<int>(status.error_code());
      if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED && status.error_message().empty()) {
        batch->ModifySendStatus(UnimplementedStatus(path_));  // what generated services say of methods they do not override
      }
    }
    batch->Proceed();
  }

 private:
  void KeepEchoedHeaders(const std::multimap<grpc::string_ref, grpc::string_ref>& request) {
    for (size_t i = 0; i < kEchoedHeaders.size(); ++i) {
      const auto found = request.find(kEchoedHeaders[i]);
      if (found != request.end()) echoed_[i].assign(found->second.data(), found->second.size());
    }
  }

  void AddHeaders(std::multimap<std::string, std::string>& response) const {
    response.emplace("x-rerun-server-version", options_.server_version);
    response.emplace("x-request-trace-id", NewTraceId());
    for (size_t i = 0; i < kEchoedHeaders.size(); ++i) {
      if (!echoed_[i].empty()) response.emplace(kEchoedHeaders[i], echoed_[i]);
    }
  }

  void CountRequest(const void* request) {
    if (request == nullptr || (!is_generic_ && !options_.request_bytes)) return;  // null: the end of a stream
    const uint64_t bytes =
        is_generic_ ? static_cast<const grpc::ByteBuffer*>(request)->Length() : options_.request_bytes(path_, request);
    metrics_.received_bytes.fetch_add(bytes, std::memory_order_relaxed);
  }

  const CallInterceptorOptions& options_;
  const std::string path_;
  const bool is_generic_;
  MethodMetrics& metrics_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::array<std::string, kEchoedHeaders.size()> echoed_;
  std::atomic<int> code_{static_cast<int>(grpc::StatusCode::CANCELLED)};  // of a call that ends without a status
};

class CallInterceptorFactory : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CallInterceptorFactory(CallInterceptorOptions options) : options_(std::move(options)) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    return new CallInterceptor(options_, info);  // gRPC takes ownership
  }

 private:
  const CallInterceptorOptions options_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeCallInterceptorFactory(
    CallInterceptorOptions options) {
  return std::make_unique<CallInterceptorFactory>(std::move(options));
}

}  // namespace mutoscope::net
