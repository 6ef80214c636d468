#include "net/grpc_connections.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/status.h"

namespace mutoscope::net {

arrow::Result<std::unique_ptr<GrpcConnections>> GrpcConnections::Make(asio::io_context& io, Metrics* metrics) {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) return base::ResourceExhausted("cannot watch connections: epoll_create1: {}", std::strerror(errno));
  return std::unique_ptr<GrpcConnections>(new GrpcConnections(io, metrics, epoll_fd));
}

GrpcConnections::GrpcConnections(asio::io_context& io, Metrics* metrics, int epoll_fd)
    : metrics_(metrics), closed_(asio::make_strand(io), epoll_fd) {
  asio::co_spawn(closed_.get_executor(), Watch(), asio::detached);
}

GrpcConnections::~GrpcConnections() {
  for (const int fd : duplicates_) close(fd);
}

bool GrpcConnections::Add(int fd) {
  const int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (duplicate < 0) return false;
  std::lock_guard lock(mutex_);
  epoll_event event{};
  event.events = EPOLLRDHUP;
  event.data.fd = duplicate;
  if (epoll_ctl(closed_.native_handle(), EPOLL_CTL_ADD, duplicate, &event) != 0) {
    close(duplicate);
    return false;
  }
  duplicates_.insert(duplicate);
  metrics_->grpc_connections.store(static_cast<int64_t>(duplicates_.size()));
  return true;
}

void GrpcConnections::CloseAll() {
  std::lock_guard lock(mutex_);
  for (const int fd : duplicates_) shutdown(fd, SHUT_RDWR);
}

void GrpcConnections::Stop() {
  asio::post(closed_.get_executor(), [this] { closed_.cancel(); });
}

asio::awaitable<void> GrpcConnections::Watch() {
  ErrorCode error;
  while (!error) {
    co_await closed_.async_wait(asio::posix::stream_descriptor::wait_read, asio::redirect_error(asio::use_awaitable, error));
    if (!error) CollectClosed();
  }
}

void GrpcConnections::CollectClosed() {
  std::array<epoll_event, 64> events;
  std::lock_guard lock(mutex_);
  int count = 0;
  while ((count = epoll_wait(closed_.native_handle(), events.data(), static_cast<int>(events.size()), 0)) > 0) {
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      epoll_ctl(closed_.native_handle(), EPOLL_CTL_DEL, fd, nullptr);  // gRPC's descriptor would keep it in the set
      close(fd);
      duplicates_.erase(fd);
    }
  }
  metrics_->grpc_connections.store(static_cast<int64_t>(duplicates_.size()));
}

}  // namespace mutoscope::net
