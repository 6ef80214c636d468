// Runs handlers on a thread pool behind gRPC's callback API: handlers block on disks, gRPC's own threads must not.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "arrow/result.h"

namespace mutoscope::redap {

grpc::Status ToGrpc(const arrow::Status& status);

// Runs `handler` on the pool and finishes the call with its status.
template <typename Handler>
grpc::ServerUnaryReactor* RunUnary(boost::asio::thread_pool& pool, grpc::CallbackServerContext* context, Handler handler) {
  auto* reactor = context->DefaultReactor();
  boost::asio::post(pool, [reactor, handler = std::move(handler)] { reactor->Finish(ToGrpc(handler())); });
  return reactor;
}

enum class Produced { kMessage, kLastMessage, kNothing };  // the last two end the stream

// Produces the next message. A stream of one message that is known to be the last saves a round of threads and a packet.
template <typename Message>
using Generator = std::function<arrow::Result<Produced>(Message*)>;

// A bounded stream with back-pressure: one message on the wire and one ready behind it, no more. A client that goes away stops
// it.
template <typename Message>
class StreamReactor final : public grpc::ServerWriteReactor<Message> {
 public:
  // `start` runs on the pool and makes the generator; `cancelled` is what handlers ask. `on_cancel` is called once, from a thread
  // of gRPC, when the client has gone away: for generators that wait where they cannot ask.
  StreamReactor(boost::asio::thread_pool& pool,
                std::function<arrow::Result<Generator<Message>>(std::function<bool()> cancelled)> start,
                std::function<void()> on_cancel = nullptr)
      : pool_(pool), start_(std::move(start)), on_cancel_(std::move(on_cancel)), producing_(true) {
    boost::asio::post(pool_, [this] { Start(); });
  }

  void OnWriteDone(bool ok) override {
    std::unique_lock lock(mutex_);
    writing_ = false;
    if (!ok) cancelled_ = true;
    Pump(std::move(lock));
  }
  void OnCancel() override {
    cancelled_ = true;
    if (on_cancel_) on_cancel_();
  }
  void OnDone() override { delete this; }

 private:
  void Start() {
    auto generator = start_([this] { return cancelled_.load(); });
    if (generator.ok()) {
      generator_ = std::move(generator).ValueUnsafe();
      Produce();
      return;
    }
    std::unique_lock lock(mutex_);
    producing_ = false;
    ended_ = true;
    status_ = generator.status();
    Pump(std::move(lock));
  }

  void Produce() {
    Message message;
    const auto produced = cancelled_ ? arrow::Result<Produced>(Produced::kNothing) : generator_(&message);
    std::unique_lock lock(mutex_);
    producing_ = false;
    status_ = produced.status();
    if (produced.ok() && *produced != Produced::kNothing) ready_ = std::move(message);
    ended_ = !produced.ok() || *produced != Produced::kMessage;
    Pump(std::move(lock));
  }

  // Starts whatever can go on; calls gRPC without the lock, since it may call back at once.
  void Pump(std::unique_lock<std::mutex> lock) {
    if (writing_) return;
    if (ready_ && !cancelled_) {
      current_ = std::move(*ready_);
      ready_.reset();
      if (ended_ && first_) {  // not later: net/web_call.h
        finished_ = true;
        lock.unlock();
        this->StartWriteAndFinish(&current_, grpc::WriteOptions(), ToGrpc(status_));
        return;
      }
      first_ = false;
      writing_ = true;
      if (!ended_ && !producing_) {
        producing_ = true;
        boost::asio::post(pool_, [this] { Produce(); });
      }
      lock.unlock();
      this->StartWrite(&current_);
      return;
    }
    if (producing_ || finished_) return;
    if (!ended_ && !cancelled_) return;
    finished_ = true;
    const auto status = cancelled_ ? grpc::Status::CANCELLED : ToGrpc(status_);
    lock.unlock();
    this->Finish(status);
  }

  boost::asio::thread_pool& pool_;
  std::function<arrow::Result<Generator<Message>>(std::function<bool()>)> start_;
  std::function<void()> on_cancel_;
  Generator<Message> generator_;
  std::mutex mutex_;
  std::atomic<bool> cancelled_ = false;
  bool first_ = true;  // no message was written yet
  bool producing_ = false;
  bool writing_ = false;
  bool ended_ = false;
  bool finished_ = false;
  arrow::Status status_;
  std::optional<Message> ready_;
  Message current_;
};

// A stream of messages that are ready already.
template <typename Message>
Generator<Message> Each(std::vector<Message> messages) {
  return [messages = std::move(messages), next = size_t{0}](Message* out) mutable -> arrow::Result<Produced> {
    if (next == messages.size()) return Produced::kNothing;
    *out = std::move(messages[next++]);
    return next == messages.size() ? Produced::kLastMessage : Produced::kMessage;
  };
}

}  // namespace mutoscope::redap
