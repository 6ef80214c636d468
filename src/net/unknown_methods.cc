#include "net/unknown_methods.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace mutoscope::net {
namespace {

constexpr std::array<std::string_view, 3> kDroppedMethods = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
};

class UnimplementedReactor : public grpc::ServerGenericBidiReactor {
 public:
  explicit UnimplementedReactor(const std::string& method) { Finish(UnimplementedStatus(method)); }
  void OnDone() override { delete this; }
};

// Answers one request, whatever it says, with a message without fields: everything was accepted.
class DroppingReactor : public grpc::ServerGenericBidiReactor {
 public:
  DroppingReactor() { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish({grpc::StatusCode::INVALID_ARGUMENT, "the request is missing"});
    request_.Clear();
    StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer request_;
  const grpc::Slice nothing_;
  grpc::ByteBuffer response_{&nothing_, 1};
};

}  // namespace

grpc::Status UnimplementedStatus(const std::string& method) {
  return {grpc::StatusCode::UNIMPLEMENTED, fmt::format("this server has no method {}; a newer one may have it", method)};
}

grpc::ServerGenericBidiReactor* UnknownMethods::CreateReactor(grpc::GenericCallbackServerContext* context) {
  if (std::ranges::find(kDroppedMethods, context->method()) != kDroppedMethods.end()) return new DroppingReactor();
  return new UnimplementedReactor(context->method());
}

}  // namespace mutoscope::net
