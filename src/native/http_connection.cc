#include "native/http_connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "arrow/buffer.h"
#include "base/status.h"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http.hpp"
#include "net/asio.h"

namespace mutoscope::native {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr size_t kReadBufferBytes = 256 << 10;
constexpr int64_t kSendBytes = 1 << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// 0, or why not.
int ConnectTo(int fd, const addrinfo& target, std::chrono::milliseconds timeout) {
  if (connect(fd, target.ai_addr, target.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd waiting{fd, POLLOUT, 0};
  int ready = 0;
  while ((ready = poll(&waiting, 1, static_cast<int>(timeout.count()))) < 0 && errno == EINTR) continue;
  if (ready <= 0) return ready == 0 ? ETIMEDOUT : errno;
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

class BeastConnection final : public HttpConnection {
 public:
  BeastConnection(int fd, int family) : socket_(io_), fd_(fd) {
    error_code error;
    socket_.assign(family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), fd, error);
    buffer_.reserve(kReadBufferBytes);
  }

  arrow::Status Post(const std::string& path, const Headers& headers, const std::string& body) override {
    http::request<http::string_body> request{http::verb::post, path, 11, body};
    for (const auto& [name, value] : headers) request.set(name, value);
    request.prepare_payload();
    error_code error;
    http::write(socket_, request, error);
    if (error) return Broken(error);
    return ReadHeader();
  }

  arrow::Status SendFile(const std::string& method, const std::string& path, const Headers& headers,
                         arrow::io::RandomAccessFile& body) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t size, body.GetSize());
    http::request<http::empty_body> request;
    request.method_string(method);
    request.target(path);
    for (const auto& [name, value] : headers) request.set(name, value);
    request.content_length(static_cast<uint64_t>(size));
    http::request_serializer<http::empty_body> serializer(request);
    error_code error;
    http::write_header(socket_, serializer, error);
    for (int64_t at = 0; at < size && !error;) {
      ARROW_ASSIGN_OR_RAISE(const auto piece, body.ReadAt(at, std::min(kSendBytes, size - at)));
      if (piece->size() == 0) return base::DataLoss("the file ends at byte {} of {}: it has changed meanwhile", at, size);
      asio::write(socket_, asio::buffer(piece->data(), static_cast<size_t>(piece->size())), error);
      at += piece->size();
    }
    const auto answered = ReadHeader();
    return answered.ok() || !error ? answered : Broken(error);
  }

  int status() const override { return static_cast<int>(parser_->get().result_int()); }
  std::string Header(const std::string& name) const override { return std::string(parser_->get()[name]); }

  arrow::Result<bool> Read(uint8_t* out, size_t bytes) override {
    size_t read = 0;
    while (read < bytes && !parser_->is_done()) {
      auto& body = parser_->get().body();
      body.data = out + read;
      body.size = bytes - read;
      error_code error;
      http::read(socket_, buffer_, *parser_, error);
      read = bytes - body.size;
      if (error && error != http::error::need_buffer) return Broken(error);
    }
    if (read == bytes) return true;
    if (read == 0) return false;
    return base::Unavailable("the answer ends within a message");
  }

  bool reusable() const override { return parser_ && parser_->is_done() && parser_->get().keep_alive(); }
  void Interrupt() override { shutdown(fd_, SHUT_RDWR); }

 private:
  arrow::Status ReadHeader() {
    error_code error;
    parser_.emplace();
    parser_->body_limit(boost::none);
    http::read_header(socket_, buffer_, *parser_, error);
    return error ? Broken(error) : arrow::Status::OK();
  }

  static arrow::Status Broken(const error_code& error) { return base::Unavailable("the connection broke: {}", error.message()); }

  asio::io_context io_{1};
  asio::ip::tcp::socket socket_;
  const int fd_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::response_parser<http::buffer_body>> parser_;
};

}  // namespace

arrow::Result<std::unique_ptr<HttpConnection>> HttpConnection::Open(const std::string& address,
                                                                    std::chrono::nanoseconds timeout) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return base::InvalidArgument("'{}': expected HOST:PORT", address);
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &found); error != 0) {
    return base::Unavailable("{}: {}", address, gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> targets(found, freeaddrinfo);
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(timeout);
  int reason = EADDRNOTAVAIL;
  for (const addrinfo* target = targets.get(); target != nullptr; target = target->ai_next) {
    Descriptor socket(::socket(target->ai_family, target->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, target->ai_protocol));
    reason = socket.fd() < 0 ? errno : ConnectTo(socket.fd(), *target, milliseconds);
    if (reason != 0) continue;
    fcntl(socket.fd(), F_SETFL, fcntl(socket.fd(), F_GETFL) & ~O_NONBLOCK);
    const int on = 1;
    setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return std::make_unique<BeastConnection>(socket.Release(), target->ai_family);
  }
  return base::Unavailable("{}: {}", address, std::strerror(reason));
}

}  // namespace mutoscope::native
