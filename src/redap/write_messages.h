// The client streams of MessageProxyService.WriteMessages. Private to message_proxy.cc.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <mutex>
#include <set>

#include "live/recorder.h"
#include "rerun/v1alpha1/sdk_comms.grpc.pb.h"

namespace mutoscope::redap {

using WriteMessagesReactor = grpc::ServerReadReactor<rerun::sdk_comms::v1alpha1::WriteMessagesRequest>;

class RefuseMessages final : public WriteMessagesReactor {
 public:
  explicit RefuseMessages(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

class TakeMessages;

// The streams that are open. Thread-safe.
class Writers {
 public:
  // All of them, and those that come, end with CANCELLED.
  void EndAll();
  void Add(TakeMessages* stream);
  void Remove(TakeMessages* stream);

 private:
  std::mutex mutex_;
  std::set<TakeMessages*> streams_;
  bool ending_ = false;
};

// Hands one message after the other to the recorder, with back-pressure: the next is read when the last was written. The answer
// comes when all that was taken is on disk and visible. What was taken of a client that vanishes, or errs later, stays recorded.
class TakeMessages final : public WriteMessagesReactor {
 public:
  TakeMessages(live::Recorder& recorder, grpc::CallbackServerContext* context, boost::asio::thread_pool& pool,
               boost::asio::thread_pool& settle_pool, Writers& writers);
  ~TakeMessages() override;

  void OnReadDone(bool ok) override;
  void OnDone() override { delete this; }
  // Cancels the call, unless its client has sent all and waits for the answer only.
  void EndEarly();

 private:
  void Take();
  void End();

  live::Recorder::Stream stream_;
  grpc::CallbackServerContext* context_;
  boost::asio::thread_pool& pool_;
  boost::asio::thread_pool& settle_pool_;
  Writers& writers_;
  rerun::sdk_comms::v1alpha1::WriteMessagesRequest request_;
  std::atomic<bool> settling_ = false;
};

}  // namespace mutoscope::redap
