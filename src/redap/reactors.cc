#include "redap/reactors.h"

#include "base/status.h"

namespace mutoscope::redap {

grpc::Status ToGrpc(const arrow::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(base::CodeOf(status)), status.message()};
}

}  // namespace mutoscope::redap
