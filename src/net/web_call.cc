#include "net/web_call.h"

#include <utility>

namespace mutoscope::net {

WebCall::WebCall(asio::any_io_executor executor) : executor_(std::move(executor)), wake_(executor_) {
  wake_.expires_at(asio::steady_timer::time_point::max());
}

// gRPC's in-process transport drops a message that is sent together with the status when no read is waiting for it: the first
// read must be there before the service can answer.
void WebCall::Start(WebStub& stub, const std::string& method, const grpc::ByteBuffer& request) {
  self_ = shared_from_this();
  request_ = request;
  stub.PrepareBidiStreamingCall(&context_, method, grpc::StubOptions(), this);
  StartRead(&message_);
  reading_ = true;
  StartWriteLast(&request_, grpc::WriteOptions());
  // Reads are started outside of reactions: without the hold, OnDone may come between two of them.
  AddHold();
  StartCall();
}

asio::awaitable<bool> WebCall::Read(grpc::ByteBuffer* message) {
  if (!reading_) StartRead(&message_);
  reading_ = true;
  while (!has_initial_metadata_ || !read_result_) {
    ErrorCode cancelled;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  reading_ = false;
  const bool more = *std::exchange(read_result_, std::nullopt);
  if (more) message->Swap(&message_);
  co_return more;
}

asio::awaitable<grpc::Status> WebCall::Finish() {
  RemoveHold();
  while (!status_) {
    ErrorCode cancelled;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  co_return *status_;
}

void WebCall::OnReadInitialMetadataDone(bool) {
  asio::post(executor_, [self = shared_from_this()] {
    self->has_initial_metadata_ = true;
    self->wake_.cancel();
  });
}

void WebCall::OnReadDone(bool ok) {
  asio::post(executor_, [self = shared_from_this(), ok] {
    self->read_result_ = ok;
    self->wake_.cancel();
  });
}

void WebCall::OnDone(const grpc::Status& status) {
  asio::post(executor_, [self = std::move(self_), status] {
    self->status_ = status;
    self->wake_.cancel();
  });
}

}  // namespace mutoscope::net
