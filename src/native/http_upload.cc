#include "native/http_upload.h"

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "native/http_connection.h"

namespace mutoscope::native {
namespace {

constexpr std::chrono::seconds kConnectTimeout{5};
constexpr size_t kReasonBytesMax = 4096;

struct Target {
  std::string address;
  std::string path;
};

arrow::Result<Target> TargetOf(const HttpUpload& upload, const std::string& address) {
  if (upload.same_origin) return Target{address, upload.url};
  constexpr std::string_view kScheme = "http://";
  if (!upload.url.starts_with(kScheme)) {
    return base::Unimplemented("the server wants it at {}: only http:// can be done yet", upload.url);
  }
  const auto rest = upload.url.substr(kScheme.size());
  const auto slash = rest.find('/');
  if (slash == std::string::npos) return Target{rest, "/"};
  return Target{rest.substr(0, slash), rest.substr(slash)};
}

base::Code CodeOfHttp(int status) {
  switch (status) {
    case 400:
      return base::Code::kInvalidArgument;
    case 401:
    case 403:
      return base::Code::kPermissionDenied;
    case 404:
      return base::Code::kNotFound;
    case 409:
    case 412:
      return base::Code::kAlreadyExists;
    case 413:
    case 507:
      return base::Code::kResourceExhausted;
    case 503:
      return base::Code::kUnavailable;
    default:
      return base::Code::kInternal;
  }
}

// What the server says about it, or the beginning of that.
std::string Reason(HttpConnection& connection) {
  std::string text;
  uint8_t byte = 0;
  while (text.size() < kReasonBytesMax) {
    const auto read = connection.Read(&byte, 1);
    if (!read.ok() || !*read) break;
    text += static_cast<char>(byte);
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace

arrow::Status UploadFile(const HttpUpload& upload, const std::string& address, const std::string& url,
                         arrow::io::RandomAccessFile& content) {
  ARROW_ASSIGN_OR_RAISE(const auto target, TargetOf(upload, address));
  ARROW_ASSIGN_OR_RAISE(const auto connection, HttpConnection::Open(target.address, kConnectTimeout));
  HttpConnection::Headers headers = upload.headers;
  headers.emplace_back("Host", target.address);
  if (const auto sent = connection->SendFile(upload.method, target.path, headers, content); !sent.ok()) {
    return base::WithContext(sent, url);
  }
  const int status = connection->status();
  if (status >= 200 && status < 300) return arrow::Status::OK();
  return base::Error(CodeOfHttp(status), fmt::format("{} answers HTTP {}: {}", url, status, Reason(*connection)));
}

}  // namespace mutoscope::native
