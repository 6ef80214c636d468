#include "net/web_call.h"

#include <utility>

namespace mutoscope::net {

WebCall::WebCall(asio::any_io_executor executor) : executor_(std::move(executor)), wake_(executor_) {
  wake_.expires_at(asio::steady_timer::time_point::max());
}

void WebCall::Start(WebStub& stub, const std::string& method, grpc::ByteBuffer request) {
  self_ = shared_from_this();
  request_ = std::move(request);
  stub.PrepareBidiStreamingCall(&context_, method, grpc::StubOptions(), this);
  StartWriteLast(&request_, grpc::WriteOptions());
  // Reads are started outside of reactions: without the hold, OnDone may come between two of them.
  AddHold();
  StartCall();
}

asio::awaitable<bool> WebCall::Read(grpc::ByteBuffer* message) {
  read_result_.reset();
  StartRead(message);
  while (!has_initial_metadata_ || !read_result_) {
    ErrorCode cancelled;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  co_return *read_result_;
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
