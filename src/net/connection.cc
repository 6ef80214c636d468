#include "net/connection.h"

#include <utility>

namespace mutoscope::net {

void Connection::Close() {
  if (call) call->Cancel();
  stream.close();
}

void ConnectionSet::Add(std::shared_ptr<Connection> connection) {
  std::lock_guard lock(mutex_);
  connections_.insert(std::move(connection));
  metrics_->http1_connections.store(static_cast<int64_t>(connections_.size()));
}

void ConnectionSet::Remove(const std::shared_ptr<Connection>& connection) {
  std::lock_guard lock(mutex_);
  connections_.erase(connection);
  metrics_->http1_connections.store(static_cast<int64_t>(connections_.size()));
  removed_.notify_all();
}

void ConnectionSet::CloseIdle() { Close(false); }

void ConnectionSet::CloseAll() { Close(true); }

bool ConnectionSet::WaitUntilEmpty(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return removed_.wait_until(lock, deadline, [&] { return connections_.empty(); });
}

void ConnectionSet::Close(bool busy_too) {
  std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) {
    asio::post(connection->stream.get_executor(), [connection, busy_too] {
      if (busy_too || !connection->busy) connection->Close();
    });
  }
}

}  // namespace mutoscope::net
