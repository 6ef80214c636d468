#include "net/unknown_methods.h"

#include <fmt/format.h>

#include <string>

namespace mutoscope::net {
namespace {

class UnimplementedReactor : public grpc::ServerGenericBidiReactor {
 public:
  explicit UnimplementedReactor(const std::string& method) {
    Finish({grpc::StatusCode::UNIMPLEMENTED, fmt::format("this server has no method {}; it may need a newer server", method)});
  }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerGenericBidiReactor* UnknownMethods::CreateReactor(grpc::GenericCallbackServerContext* context) {
  return new UnimplementedReactor(context->method());
}

}  // namespace mutoscope::net
