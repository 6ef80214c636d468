#include "redap/write_messages.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "base/status.h"
#include "redap/reactors.h"

namespace mutoscope::redap {

void Writers::EndAll() {
  std::lock_guard lock(mutex_);
  ending_ = true;
  for (TakeMessages* stream : streams_) stream->EndEarly();
}

void Writers::Add(TakeMessages* stream) {
  std::lock_guard lock(mutex_);
  streams_.insert(stream);
  if (ending_) stream->EndEarly();
}

void Writers::Remove(TakeMessages* stream) {
  std::lock_guard lock(mutex_);
  streams_.erase(stream);
}

TakeMessages::TakeMessages(live::Recorder& recorder, grpc::CallbackServerContext* context, boost::asio::thread_pool& pool,
                           boost::asio::thread_pool& settle_pool, Writers& writers)
    : stream_(recorder), context_(context), pool_(pool), settle_pool_(settle_pool), writers_(writers) {
  StartRead(&request_);
  writers_.Add(this);
}

TakeMessages::~TakeMessages() { writers_.Remove(this); }

void TakeMessages::OnReadDone(bool ok) {
  if (ok) {
    boost::asio::post(pool_, [this] { Take(); });
  } else {
    boost::asio::post(settle_pool_, [this] { End(); });
  }
}

void TakeMessages::Take() {
  arrow::Status status;
  if (!request_.has_log_msg()) {
    status = base::InvalidArgument("WriteMessages: a request without a log message");
  } else {
    status = stream_.Take(request_.log_msg());
  }
  request_.Clear();
  if (!status.ok()) return Finish(ToGrpc(status));
  StartRead(&request_);
}

void TakeMessages::End() {
  // The end of a stream looks like its loss.
  if (context_->IsCancelled()) return Finish(grpc::Status::CANCELLED);
  settling_ = true;
  Finish(ToGrpc(stream_.Settle()));
}

void TakeMessages::EndEarly() {
  if (!settling_) context_->TryCancel();
}

}  // namespace mutoscope::redap
