// One TCP connection from accept until it is closed or handed to gRPC, and the set of them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>

#include "net/asio.h"
#include "net/metrics.h"
#include "net/web_call.h"

namespace mutoscope::net {

// Used on the strand of `stream` only.
struct Connection {
  explicit Connection(asio::ip::tcp::socket socket) : stream(std::move(socket)) {}

  // Ends whatever its coroutine waits for.
  void Close();

  beast::tcp_stream stream;
  bool busy = false;  // a request is being read or answered
  std::shared_ptr<WebCall> call;
};

// Thread-safe.
class ConnectionSet {
 public:
  explicit ConnectionSet(Metrics* metrics) : metrics_(metrics) {}

  void Add(std::shared_ptr<Connection> connection);
  void Remove(const std::shared_ptr<Connection>& connection);

  // Close those without a request, or all. What they do ends soon after, on their strands.
  void CloseIdle();
  void CloseAll();
  // False if some are left at `deadline`.
  bool WaitUntilEmpty(std::chrono::steady_clock::time_point deadline);

 private:
  void Close(bool busy_too);

  Metrics* metrics_;
  std::mutex mutex_;
  std::condition_variable removed_;
  std::set<std::shared_ptr<Connection>> connections_;
};

}  // namespace mutoscope::net
