#include "base/status.h"

#include <memory>

namespace mutoscope::base {
namespace {

constexpr const char* kTypeId = "mutoscope::base::Code";

class CodeDetail final : public arrow::StatusDetail {
 public:
  explicit CodeDetail(Code code) : code_(code) {}
  const char* type_id() const override { return kTypeId; }
  std::string ToString() const override { return fmt::format("code {}", static_cast<int>(code_)); }
  Code code() const { return code_; }

 private:
  Code code_;
};

arrow::StatusCode ArrowCodeOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return arrow::StatusCode::Invalid;
    case Code::kNotFound:
      return arrow::StatusCode::KeyError;
    case Code::kAlreadyExists:
      return arrow::StatusCode::AlreadyExists;
    case Code::kUnimplemented:
      return arrow::StatusCode::NotImplemented;
    case Code::kCancelled:
      return arrow::StatusCode::Cancelled;
    case Code::kResourceExhausted:
      return arrow::StatusCode::CapacityError;
    case Code::kDataLoss:
    case Code::kUnavailable:
    case Code::kFailedPrecondition:
      return arrow::StatusCode::IOError;
    default:
      return arrow::StatusCode::UnknownError;
  }
}

}  // namespace

arrow::Status Error(Code code, std::string message) {
  if (code == Code::kOk) return arrow::Status::OK();
  return arrow::Status(ArrowCodeOf(code), std::move(message), std::make_shared<CodeDetail>(code));
}

Code CodeOf(const arrow::Status& status) {
  if (status.ok()) return Code::kOk;
  if (const auto& detail = status.detail(); detail != nullptr && detail->type_id() == kTypeId) {
    return static_cast<const CodeDetail&>(*detail).code();
  }
  switch (status.code()) {
    case arrow::StatusCode::OutOfMemory:
    case arrow::StatusCode::CapacityError:
      return Code::kResourceExhausted;
    case arrow::StatusCode::KeyError:
      return Code::kNotFound;
    case arrow::StatusCode::TypeError:
    case arrow::StatusCode::Invalid:
      return Code::kInvalidArgument;
    case arrow::StatusCode::Cancelled:
      return Code::kCancelled;
    case arrow::StatusCode::NotImplemented:
      return Code::kUnimplemented;
    case arrow::StatusCode::AlreadyExists:
      return Code::kAlreadyExists;
    default:
      return Code::kInternal;
  }
}

arrow::Status WithContext(const arrow::Status& status, const std::string& context) {
  if (status.ok()) return status;
  return Error(CodeOf(status), context + ": " + status.message());
}

}  // namespace mutoscope::base
