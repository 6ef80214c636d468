#include "native/web_transport.h"

#include <array>
#include <atomic>
#include <charconv>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "native/http_connection.h"
#include "native/http_upload.h"
#include "native/process_check.h"
#include "net/grpc_web_format.h"

namespace mutoscope::native {
namespace {

constexpr uint8_t kTrailersFlag = 0x80;
constexpr size_t kFrameHeaderBytes = 5;
constexpr size_t kIdleConnectionsMax = 8;

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    int byte = 0;
    if (text[i] == '%' && i + 2 < text.size() && std::from_chars(&text[i + 1], &text[i + 1] + 2, byte, 16).ec == std::errc()) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

// "name: value" lines, of the trailers frame.
Metadata ParseTrailers(std::string_view text) {
  Metadata trailers;
  while (!text.empty()) {
    const auto end = text.find("\r\n");
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    std::string name(line.substr(0, colon));
    if (name.ends_with("-bin")) {
      trailers.emplace_back(std::move(name), net::Base64Decode(value).value_or(""));
    } else {
      trailers.emplace_back(std::move(name), std::string(value));
    }
  }
  return trailers;
}

arrow::Status StatusOf(const std::string& code_text, const std::string& message) {
  int code = -1;
  std::from_chars(code_text.data(), code_text.data() + code_text.size(), code);
  if (code < 0 || code > 16) return base::DataLoss("the server's answer has no status");
  return base::Error(static_cast<base::Code>(code), PercentDecoded(message));
}

// Connections to one server. Thread-safe.
class Connections {
 public:
  Connections(std::string address, std::string url, std::chrono::nanoseconds timeout)
      : address_(std::move(address)), url_(std::move(url)), timeout_(timeout) {}

  const std::string& address() const { return address_; }
  const std::string& url() const { return url_; }

  // One that was used before, or none.
  std::unique_ptr<HttpConnection> TakeIdle() {
    const std::lock_guard lock(mutex_);
    if (process_.forked()) {  // they are the parent's, which goes on using them
      idle_.clear();
      process_ = ProcessCheck();
    }
    if (idle_.empty()) return nullptr;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  arrow::Result<std::unique_ptr<HttpConnection>> Open() const {
    auto opened = HttpConnection::Open(address_, timeout_);
    if (!opened.ok()) return base::Unavailable("no server answers at {} ({})", url_, opened.status().message());
    return opened;
  }
  void GiveBack(std::unique_ptr<HttpConnection> connection) {
    if (!connection->reusable()) return;
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleConnectionsMax) idle_.push_back(std::move(connection));
  }

 private:
  const std::string address_, url_;
  const std::chrono::nanoseconds timeout_;
  std::mutex mutex_;
  ProcessCheck process_;
  std::vector<std::unique_ptr<HttpConnection>> idle_;
};

class WebStream final : public MessageStream {
 public:
  static arrow::Result<std::unique_ptr<WebStream>> Start(std::shared_ptr<Connections> connections, const std::string& method,
                                                         const Metadata& metadata, const std::string& request) {
    ARROW_ASSIGN_OR_RAISE(const auto frame, net::MessageFrameHeader(request.size()));
    const std::string body = std::string(frame.begin(), frame.end()) + request;
    HttpConnection::Headers headers = metadata;
    headers.emplace_back("Host", connections->address());
    headers.emplace_back("Content-Type", "application/grpc-web+proto");
    headers.emplace_back("X-Grpc-Web", "1");
    headers.emplace_back("x-rerun-client-version", "mutoscope/" MUTOSCOPE_VERSION);
    // The server may have closed an idle connection meanwhile: then it has not seen the call, and another connection is tried.
    while (auto idle = connections->TakeIdle()) {
      if (idle->Post(method, headers, body).ok()) return Make(std::move(connections), std::move(idle));
    }
    ARROW_ASSIGN_OR_RAISE(auto connection, connections->Open());
    if (const auto posted = connection->Post(method, headers, body); !posted.ok()) {
      return base::WithContext(posted, connections->url());
    }
    return Make(std::move(connections), std::move(connection));
  }
  ~WebStream() override { connections_->GiveBack(std::move(connection_)); }

  arrow::Result<std::optional<Pieces>> Next() override {
    if (ended_) return status_.ok() ? arrow::Result<std::optional<Pieces>>(std::nullopt) : status_;
    if (const auto early = EarlyStatus()) return End(*early);
    std::array<uint8_t, kFrameHeaderBytes> header;
    const auto got = connection_->Read(header.data(), header.size());
    if (!got.ok()) return End(Broken(got.status()));
    if (!*got) return End(base::DataLoss("{}: the answer ends without a status", connections_->url()));
    const uint32_t length =
        uint32_t{header[1]} << 24 | uint32_t{header[2]} << 16 | uint32_t{header[3]} << 8 | uint32_t{header[4]};
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> frame, arrow::AllocateBuffer(length));
    if (length > 0) {
      const auto whole = connection_->Read(frame->mutable_data(), length);
      if (!whole.ok() || !*whole)
        return End(Broken(whole.ok() ? base::Unavailable("the answer ends within a message") : whole.status()));
    }
    if ((header[0] & kTrailersFlag) == 0) return Pieces{std::move(frame)};
    trailers_ = ParseTrailers({reinterpret_cast<const char*>(frame->data()), length});
    uint8_t nothing = 0;
    (void)connection_->Read(&nothing, 1);  // the end of the body, so that the connection can be used again
    return End(StatusOf(Trailer("grpc-status"), Trailer("grpc-message")));
  }

  Metadata TrailingMetadata() const override { return trailers_; }
  void Cancel() override {
    cancelled_ = true;
    connection_->Interrupt();
  }

 private:
  WebStream(std::shared_ptr<Connections> connections, std::unique_ptr<HttpConnection> connection)
      : connections_(std::move(connections)), connection_(std::move(connection)) {}
  static std::unique_ptr<WebStream> Make(std::shared_ptr<Connections> connections, std::unique_ptr<HttpConnection> connection) {
    return std::unique_ptr<WebStream>(new WebStream(std::move(connections), std::move(connection)));
  }

  // Errors that are told by the header of the answer alone.
  std::optional<arrow::Status> EarlyStatus() {
    if (const auto code = connection_->Header("grpc-status"); !code.empty()) {
      return StatusOf(code, connection_->Header("grpc-message"));
    }
    if (connection_->status() == 200) return std::nullopt;
    return base::Unimplemented("{} answers HTTP {} to gRPC-web: it is not a Mutoscope server", connections_->url(),
                               connection_->status());
  }

  std::string Trailer(std::string_view name) const {
    for (const auto& [key, value] : trailers_) {
      if (key == name) return value;
    }
    return "";
  }
  arrow::Status Broken(const arrow::Status& status) const {
    return cancelled_ ? base::Cancelled("the call was cancelled") : base::WithContext(status, connections_->url());
  }
  arrow::Result<std::optional<Pieces>> End(arrow::Status status) {
    ended_ = true;
    status_ = std::move(status);
    ARROW_RETURN_NOT_OK(status_);
    return std::nullopt;
  }

  const std::shared_ptr<Connections> connections_;
  std::unique_ptr<HttpConnection> connection_;
  std::atomic<bool> cancelled_ = false;
  bool ended_ = false;
  arrow::Status status_;
  Metadata trailers_;
};

class WebTransport final : public Transport {
 public:
  explicit WebTransport(std::shared_ptr<Connections> connections) : connections_(std::move(connections)) {}

  arrow::Result<Pieces> Unary(const std::string& method, const Metadata& metadata, std::string request) override {
    ARROW_ASSIGN_OR_RAISE(const auto stream, WebStream::Start(connections_, method, metadata, request));
    ARROW_ASSIGN_OR_RAISE(auto answer, stream->Next());
    if (!answer) return base::DataLoss("{}: the server answered nothing", method);
    ARROW_ASSIGN_OR_RAISE(const auto end, stream->Next());
    if (end) return base::DataLoss("{}: the server answered twice", method);
    return std::move(*answer);
  }
  arrow::Result<std::unique_ptr<MessageStream>> Stream(const std::string& method, const Metadata& metadata,
                                                       std::string request) override {
    return WebStream::Start(connections_, method, metadata, request);
  }

  // gRPC-web has no streams from the client, but a stream of one message is a call like any other.
  arrow::Result<Pieces> ClientStream(const std::string& method, const Metadata& metadata, const NextRequest& next) override {
    ARROW_ASSIGN_OR_RAISE(auto only, next());
    if (!only) return base::Unimplemented("{}: a stream without a message needs gRPC", method);
    const uint64_t bytes = only->size();
    ARROW_ASSIGN_OR_RAISE(const auto second, next());
    if (second) {
      return base::Unimplemented(
          "{}: this process was forked from one that used gRPC and can send one message only, here of {} bytes, but there is "
          "more "
          "to send: send less at a time, or start the process anew instead of forking it (multiprocessing: \"spawn\")",
          method, bytes);
    }
    return Unary(method, metadata, std::move(*only));
  }

  arrow::Status Upload(const HttpUpload& upload, arrow::io::RandomAccessFile& content) override {
    return UploadFile(upload, connections_->address(), connections_->url(), content);
  }

 private:
  const std::shared_ptr<Connections> connections_;
};

}  // namespace

std::shared_ptr<Transport> MakeWebTransport(const std::string& address, const std::string& url,
                                            std::chrono::nanoseconds timeout) {
  return std::make_shared<WebTransport>(std::make_shared<Connections>(address, url, timeout));
}

arrow::Result<std::shared_ptr<Transport>> ConnectWeb(const std::string& address, const std::string& url,
                                                     std::chrono::nanoseconds timeout) {
  auto connections = std::make_shared<Connections>(address, url, timeout);
  ARROW_RETURN_NOT_OK(connections->Open().status());
  return std::make_shared<WebTransport>(std::move(connections));
}

}  // namespace mutoscope::native
