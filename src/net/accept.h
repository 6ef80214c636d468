// The listening socket: accepts connections, tells HTTP/2 from HTTP/1.1 by the first bytes, and passes them on.
#pragma once

#include <atomic>
#include <memory>

#include "arrow/result.h"
#include "grpcpp/server_builder.h"
#include "net/asio.h"
#include "net/connection.h"
#include "net/grpc_connections.h"
#include "net/http1.h"

namespace mutoscope::net {

// Who gets the connections. All outlive the acceptor's work in the io_context.
struct AcceptTargets {
  grpc::experimental::ExternalConnectionAcceptor* grpc = nullptr;
  GrpcConnections* grpc_connections = nullptr;
  ConnectionSet* http1_connections = nullptr;
  Http1Context http1;
};

class Acceptor {
 public:
  // Binds and listens. UNAVAILABLE or INVALID_ARGUMENT as Server::Start.
  static arrow::Result<std::unique_ptr<Acceptor>> Listen(asio::io_context& io, const std::string& host, uint16_t port);

  uint16_t port() const { return port_; }
  void Start(AcceptTargets targets);
  // Closes the listening socket; connections go on. Thread-safe.
  void Stop();

 private:
  explicit Acceptor(asio::io_context& io) : io_(io), acceptor_(asio::make_strand(io)) {}
  asio::awaitable<void> AcceptLoop();
  void Take(asio::ip::tcp::socket socket);
  asio::awaitable<void> Serve(std::shared_ptr<Connection> connection);
  void HandToGrpc(Connection& connection);

  asio::io_context& io_;
  asio::ip::tcp::acceptor acceptor_;
  uint16_t port_ = 0;
  AcceptTargets targets_;
};

}  // namespace mutoscope::net
