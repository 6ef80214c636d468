// Counts the connections that gRPC owns: it does not tell when it closes one.
#pragma once

#include <memory>
#include <mutex>
#include <set>

#include "arrow/result.h"
#include "boost/asio/posix/stream_descriptor.hpp"
#include "net/asio.h"
#include "net/metrics.h"

namespace mutoscope::net {

// Keeps a duplicate of each descriptor until either side has shut the connection down. Thread-safe.
class GrpcConnections {
 public:
  static arrow::Result<std::unique_ptr<GrpcConnections>> Make(asio::io_context& io, Metrics* metrics);
  ~GrpcConnections();

  // Counts the connection of `fd`, which stays the caller's. False if the process has no descriptor left.
  bool Add(int fd);
  // Both sides see the end of all connections, whatever they do. What is sent already still arrives.
  void CloseAll();
  // Ends the waiting in `io`.
  void Stop();

 private:
  GrpcConnections(asio::io_context& io, Metrics* metrics, int epoll_fd);
  asio::awaitable<void> Watch();
  void CollectClosed();

  Metrics* metrics_;
  asio::posix::stream_descriptor closed_;  // an epoll set of its own: the ends of connections wake it, not their traffic
  std::mutex mutex_;
  std::set<int> duplicates_;
};

}  // namespace mutoscope::net
