#include "net/accept.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace mutoscope::net {
namespace {

using asio::ip::tcp;

// HTTP/2 connections begin with "PRI * HTTP/2.0"; no HTTP/1 method begins like that.
constexpr std::string_view kHttp2Start = "PRI";
constexpr std::chrono::milliseconds kAcceptRetry{100};

enum class Protocol { kHttp2, kHttp1, kNone };

std::string Printable(const std::string& host, uint16_t port) {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

arrow::Status ListenError(const std::string& host, uint16_t port, ErrorCode error) {
  if (error == asio::error::address_in_use) {
    return base::Unavailable(
        "cannot listen on {}: the address is in use by another program; stop it or choose another port (0 takes any free one)",
        Printable(host, port));
  }
  if (error == asio::error::access_denied) {
    return base::Unavailable("cannot listen on {}: not permitted; ports below 1024 need extra rights", Printable(host, port));
  }
  return base::Unavailable("cannot listen on {}: {}; choose an address of this machine", Printable(host, port), error.message());
}

// Waits until a connection has said which protocol it speaks.
asio::awaitable<Protocol> FirstBytes(tcp::socket& socket, std::chrono::milliseconds timeout) {
  // Not readable before that many bytes, or the end, have come.
  ErrorCode error;
  socket.set_option(asio::socket_base::receive_low_watermark(static_cast<int>(kHttp2Start.size())), error);
  asio::steady_timer timer(socket.get_executor(), timeout);
  auto expired = std::make_shared<bool>(false);
  timer.async_wait([&socket, expired](ErrorCode cancelled) {
    if (cancelled) return;
    *expired = true;
    socket.cancel(cancelled);
  });
  std::array<char, kHttp2Start.size()> start;
  ssize_t count = -1;
  do {  // a wait may end with nothing to read
    co_await socket.async_wait(tcp::socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
    if (error || *expired) co_return Protocol::kNone;
    count = recv(socket.native_handle(), start.data(), start.size(), MSG_PEEK | MSG_DONTWAIT);
  } while (count < 0 && errno == EAGAIN);
  timer.cancel();
  if (count <= 0) co_return Protocol::kNone;
  socket.set_option(asio::socket_base::receive_low_watermark(1), error);
  co_return std::string_view(start.data(), static_cast<size_t>(count)) == kHttp2Start ? Protocol::kHttp2 : Protocol::kHttp1;
}

}  // namespace

arrow::Result<std::unique_ptr<Acceptor>> Acceptor::Listen(asio::io_context& io, const std::string& host, uint16_t port) {
  ErrorCode error;
  const auto address = asio::ip::make_address(host, error);
  if (error) {
    return base::InvalidArgument("the host '{}' is no IP address; give one such as 127.0.0.1, 0.0.0.0 or ::1", host);
  }
  auto acceptor = std::unique_ptr<Acceptor>(new Acceptor(io));
  const tcp::endpoint endpoint(address, port);
  tcp::acceptor& socket = acceptor->acceptor_;
  socket.open(endpoint.protocol(), error);
  if (!error) socket.set_option(tcp::acceptor::reuse_address(true), error);  // not hindered by connections in TIME_WAIT
  if (!error) socket.bind(endpoint, error);
  if (!error) socket.listen(tcp::acceptor::max_listen_connections, error);
  tcp::endpoint bound;
  if (!error) bound = socket.local_endpoint(error);
  if (error) return ListenError(host, port, error);
  acceptor->port_ = bound.port();
  return acceptor;
}

void Acceptor::Start(AcceptTargets targets) {
  targets_ = targets;
  asio::co_spawn(acceptor_.get_executor(), AcceptLoop(), asio::detached);
}

void Acceptor::Stop() {
  asio::post(acceptor_.get_executor(), [this] {
    ErrorCode ignored;
    acceptor_.close(ignored);
  });
}

asio::awaitable<void> Acceptor::AcceptLoop() {
  asio::steady_timer retry(acceptor_.get_executor());
  while (acceptor_.is_open()) {
    ErrorCode error;
    tcp::socket socket =
        co_await acceptor_.async_accept(asio::make_strand(io_), asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      Take(std::move(socket));
    } else if (acceptor_.is_open() && error != asio::error::connection_aborted) {
      // Out of descriptors or memory: the connection stays in the backlog until others have ended.
      retry.expires_after(kAcceptRetry);
      co_await retry.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

void Acceptor::Take(tcp::socket socket) {
  Metrics& metrics = *targets_.http1.metrics;
  if (metrics.grpc_connections.load() + metrics.http1_connections.load() >= targets_.http1.options->limits.connections_max) {
    metrics.refused_connections.fetch_add(1);
    return;
  }
  ErrorCode ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  auto connection = std::make_shared<Connection>(std::move(socket));
  targets_.http1_connections->Add(connection);
  asio::co_spawn(connection->stream.get_executor(), Serve(connection), asio::detached);
}

asio::awaitable<void> Acceptor::Serve(std::shared_ptr<Connection> connection) {
  const auto& limits = targets_.http1.options->limits;
  Protocol protocol = Protocol::kNone;
  // One accepted while Stop() closed the idle ones is not among them.
  if (!targets_.http1.stopping->load()) {
    protocol = co_await FirstBytes(connection->stream.socket(), limits.first_bytes_timeout);
  }
  if (protocol == Protocol::kHttp2) HandToGrpc(*connection);
  if (protocol == Protocol::kHttp1) co_await ServeHttp1(targets_.http1, connection);
  connection->stream.close();
  targets_.http1_connections->Remove(connection);
}

void Acceptor::HandToGrpc(Connection& connection) {
  ErrorCode error;
  tcp::socket socket = connection.stream.release_socket();
  socket.native_non_blocking(true, error);
  if (error || !targets_.grpc_connections->Add(socket.native_handle())) return;
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = acceptor_.native_handle();
  parameters.fd = socket.release(error);
  if (!error) targets_.grpc->HandleNewConnection(&parameters);
}

}  // namespace mutoscope::net
