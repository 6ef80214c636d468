// Runs handlers on a thread pool behind gRPC's callback API: handlers block on disks, gRPC's own threads must not.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
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

enum class Produced {
  kMessage,
  kLastMessage,  // ends the stream with this message
  kNothing,      // ends it without one
  kLater,        // there is none yet: ask again after somebody has called the stream's Waker
};

// Produces the next message. A stream of one message that is known to be the last saves a round of threads and a packet.
template <typename Message>
using Generator = std::function<arrow::Result<Produced>(Message*)>;

// Makes a stream whose generator answered kLater ask it again. Thread-safe, cheap, at any time: does nothing once the stream is
// over.
using Waker = std::function<void()>;

// A bounded stream with back-pressure: one message on the wire and one ready behind it, no more. A client that goes away stops
// it.
template <typename Message>
class StreamReactor final : public grpc::ServerWriteReactor<Message> {
 public:
  // `start` runs on the pool and makes the generator; `cancelled` is what handlers ask. `on_cancel` is called once, from a thread
  // of gRPC, when the client has gone away: for generators that wait where they cannot ask.
  using Start = std::function<arrow::Result<Generator<Message>>(std::function<bool()> cancelled, Waker wake)>;
  StreamReactor(boost::asio::thread_pool& pool, Start start, std::function<void()> on_cancel = nullptr)
      : pool_(pool), start_(std::move(start)), on_cancel_(std::move(on_cancel)), producing_(true) {
    sleeper_->reactor = this;
    boost::asio::post(pool_, [this] { Begin(); });
  }

  void OnWriteDone(bool ok) override {
    std::unique_lock lock(mutex_);
    writing_ = false;
    if (!ok) cancelled_ = true;
    Pump(std::move(lock));
  }
  void OnSendInitialMetadataDone(bool ok) override {
    std::unique_lock lock(mutex_);
    producing_ = false;
    if (!ok) cancelled_ = true;
    FallAsleep(std::move(lock));
  }
  void OnCancel() override {
    cancelled_ = true;
    if (on_cancel_) on_cancel_();
    std::unique_lock lock(mutex_);
    if (asleep_) Pump(std::move(lock));
  }
  void OnDone() override {
    {
      std::lock_guard lock(sleeper_->mutex);
      sleeper_->reactor = nullptr;
    }
    delete this;
  }

 private:
  // Outlives the stream, for wakers that come late.
  struct Sleeper {
    std::mutex mutex;
    StreamReactor* reactor = nullptr;
    void Wake() {
      std::lock_guard lock(mutex);
      if (reactor != nullptr) reactor->Wake();
    }
  };

  void Wake() {
    std::lock_guard lock(mutex_);
    woken_ = true;
    ProduceAgain();
  }

  void FallAsleep(std::unique_lock<std::mutex> lock) {
    asleep_ = true;
    ProduceAgain();
    Pump(std::move(lock));
  }

  // If the stream sleeps and was woken; the lock is held.
  void ProduceAgain() {
    if (!asleep_ || !woken_ || finished_) return;
    asleep_ = woken_ = false;
    producing_ = true;
    boost::asio::post(pool_, [this] { Produce(); });
  }

  void Begin() {
    auto generator = start_([this] { return cancelled_.load(); }, [sleeper = sleeper_] { sleeper->Wake(); });
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
    if (produced.ok() && *produced == Produced::kLater) {
      if (!std::exchange(told_, true) && first_) {  // the client learns that its stream stands
        producing_ = true;                          // nothing is written meanwhile
        lock.unlock();
        this->StartSendInitialMetadata();
        return;
      }
      return FallAsleep(std::move(lock));
    }
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
      if (!ended_ && !producing_ && !asleep_) {
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
  Start start_;
  std::function<void()> on_cancel_;
  Generator<Message> generator_;
  std::mutex mutex_;
  std::atomic<bool> cancelled_ = false;
  bool first_ = true;  // no message was written yet
  bool told_ = false;  // the initial metadata was sent before there was a message
  bool producing_ = false;
  bool asleep_ = false;  // the generator answered kLater
  bool woken_ = false;   // since it was last asked
  bool writing_ = false;
  bool ended_ = false;
  bool finished_ = false;
  arrow::Status status_;
  std::optional<Message> ready_;
  Message current_;
  const std::shared_ptr<Sleeper> sleeper_ = std::make_shared<Sleeper>();
};

// What takes the messages of a client's stream, one at a time, and answers at its end. A client that goes away before the end
// destroys it without Finish(): whatever is not finished must leave no trace.
template <typename Request, typename Response>
class Consumer {
 public:
  virtual ~Consumer() = default;
  // An error ends the call with it; no further message is read.
  virtual arrow::Status Take(Request request) = 0;
  virtual arrow::Status Finish(Response* response) = 0;
};

// Reads a client's stream with back-pressure: the next message is read when the last one was taken. Holds no thread between.
template <typename Request, typename Response>
class ReadReactor final : public grpc::ServerReadReactor<Request> {
 public:
  using Start = std::function<arrow::Result<std::unique_ptr<Consumer<Request, Response>>>()>;
  ReadReactor(boost::asio::thread_pool& pool, grpc::CallbackServerContext* context, Response* response, Start start)
      : pool_(pool), context_(context), response_(response) {
    boost::asio::post(pool_, [this, start = std::move(start)] {
      auto consumer = start();
      if (!consumer.ok()) return this->Finish(ToGrpc(consumer.status()));
      consumer_ = std::move(consumer).ValueUnsafe();
      this->StartRead(&request_);
    });
  }

  void OnReadDone(bool ok) override {
    boost::asio::post(pool_, [this, ok] {
      if (ok) return Take();
      // The end of a stream looks like its loss.
      if (context_->IsCancelled()) return End(grpc::Status::CANCELLED);
      End(ToGrpc(consumer_->Finish(response_)));
    });
  }
  void OnDone() override { delete this; }

 private:
  void Take() {
    const auto status = consumer_->Take(std::move(request_));
    if (!status.ok()) return End(ToGrpc(status));
    request_ = Request();
    this->StartRead(&request_);
  }
  void End(const grpc::Status& status) {
    consumer_.reset();
    this->Finish(status);
  }

  boost::asio::thread_pool& pool_;
  grpc::CallbackServerContext* context_;
  Response* response_;
  std::unique_ptr<Consumer<Request, Response>> consumer_;
  Request request_;
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
