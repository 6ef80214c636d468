#include "native/upload_route.h"

#include <utility>

#include "base/status.h"

namespace mutoscope::native {
namespace {

constexpr std::string_view kPath = "/upload";

int HttpStatusOf(base::Code code) {
  switch (code) {
    case base::Code::kInvalidArgument:
      return 400;
    case base::Code::kNotFound:
      return 404;
    case base::Code::kFailedPrecondition:
      return 409;
    case base::Code::kAlreadyExists:
      return 412;
    case base::Code::kOutOfRange:
      return 413;
    case base::Code::kResourceExhausted:
      return 507;
    default:
      return 500;
  }
}

net::HttpReply ReplyOf(const arrow::Status& status) {
  return {HttpStatusOf(base::CodeOf(status)), {}, status.message() + "\n", nullptr};
}

class Body final : public net::HttpBody {
 public:
  explicit Body(std::unique_ptr<catalog::UploadBody> upload) : upload_(std::move(upload)) {}

  std::optional<net::HttpReply> Take(std::span<const uint8_t> bytes) override {
    const arrow::Status status = upload_->Write(bytes);
    return status.ok() ? std::nullopt : std::optional(ReplyOf(status));
  }

  net::HttpReply Finish() override {
    const auto etag = upload_->Finish();
    if (!etag.ok()) return ReplyOf(etag.status());
    if (etag->empty()) return {};
    return {200, {{"ETag", '"' + *etag + '"'}}, "", nullptr};
  }

 private:
  std::unique_ptr<catalog::UploadBody> upload_;
};

}  // namespace

net::HttpRoute UploadRoute(catalog::Uploads& uploads) {
  using Start = std::variant<net::HttpReply, std::unique_ptr<net::HttpBody>>;
  return {std::string(kPath), {"PUT"}, [&uploads](const net::HttpHead& head) -> Start {
            if (head.path.size() <= kPath.size() + 1) {
              return net::HttpReply{404, {}, "expected /upload/<grant>, as GetWriteAccessGrant answers it\n", nullptr};
            }
            auto upload = uploads.Begin(std::string_view(head.path).substr(kPath.size() + 1), head.content_length,
                                        head.Header("if-none-match") == "*");
            if (upload.ok()) return std::make_unique<Body>(upload.MoveValueUnsafe());
            net::HttpReply reply = ReplyOf(upload.status());
            if (base::CodeOf(upload.status()) == base::Code::kPermissionDenied) reply.status = 403;
            return reply;
          }};
}

}  // namespace mutoscope::native
