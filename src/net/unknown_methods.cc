#include "net/unknown_methods.h"

#include <fmt/format.h>

namespace mutoscope::net {
namespace {

class UnimplementedReactor : public grpc::ServerGenericBidiReactor {
 public:
  explicit UnimplementedReactor(const std::string& method) { Finish(UnimplementedStatus(method)); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::Status UnimplementedStatus(const std::string& method) {
  return {grpc::StatusCode::UNIMPLEMENTED, fmt::format("this server has no method {}; a newer one may have it", method)};
}

grpc::ServerGenericBidiReactor* UnknownMethods::CreateReactor(grpc::GenericCallbackServerContext* context) {
  return new UnimplementedReactor(context->method());
}

}  // namespace mutoscope::net
