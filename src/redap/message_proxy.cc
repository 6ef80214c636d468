#include "redap/message_proxy.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <condition_variable>
#include <set>
#include <thread>

#include "base/status.h"
#include "live/reader.h"
#include "live/tables.h"
#include "redap/reactors.h"
#include "redap/write_messages.h"
#include "rerun/v1alpha1/sdk_comms.grpc.pb.h"

namespace mutoscope::redap {
namespace {

namespace comms = rerun::sdk_comms::v1alpha1;

constexpr size_t kThreadsMin = 4;     // messages are written to disks
constexpr size_t kSettleThreads = 8;  // ends of streams, apart from the others: they wait for disks
constexpr std::chrono::milliseconds kReadersEnd{200};

arrow::Status CheckRecorder(const live::Recorder* recorder) {
  if (recorder != nullptr) return arrow::Status::OK();
  return base::FailedPrecondition(
      "this server records no live streams: start it with `mutoscope serve --record-to DATASET` to send data to …/proxy");
}

// Calls that run until their client or the server ends them.
class OpenCalls {
 public:
  void Add(grpc::CallbackServerContext* context) {
    std::lock_guard lock(mutex_);
    contexts_.insert(context);
  }
  void Remove(grpc::CallbackServerContext* context) {
    std::lock_guard lock(mutex_);
    contexts_.erase(context);
    changed_.notify_all();
  }
  // Gives those that can end by themselves some time.
  void End(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, time, [&] { return contexts_.empty(); })) return;
    for (auto* context : contexts_) context->TryCancel();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<grpc::CallbackServerContext*> contexts_;
};

// In OpenCalls as long as its stream lives.
class OpenCall {
 public:
  OpenCall(OpenCalls& calls, grpc::CallbackServerContext* context) : calls_(calls), context_(context) { calls_.Add(context); }
  ~OpenCall() { calls_.Remove(context_); }
  OpenCall(const OpenCall&) = delete;
  OpenCall& operator=(const OpenCall&) = delete;

 private:
  OpenCalls& calls_;
  grpc::CallbackServerContext* context_;
};

class TableWaiter {
 public:
  TableWaiter(live::Tables& tables, Waker wake) : tables_(tables), id_(tables.wakeups().Add(std::move(wake))) {}
  ~TableWaiter() { tables_.wakeups().Remove(id_); }
  TableWaiter(const TableWaiter&) = delete;
  TableWaiter& operator=(const TableWaiter&) = delete;

 private:
  live::Tables& tables_;
  uint64_t id_;
};

class Proxy final : public MessageProxy, private comms::MessageProxyService::CallbackService {
 public:
  explicit Proxy(live::Recorder* recorder)
      : recorder_(recorder),
        pool_(std::max<size_t>(kThreadsMin, std::thread::hardware_concurrency())),
        settle_pool_(kSettleThreads) {}
  ~Proxy() override {
    pool_.join();
    settle_pool_.join();
  }

  grpc::Service* service() override { return this; }

  void Stop() override {
    if (recorder_ == nullptr) return;
    stopping_ = true;
    recorder_->BeginStop();
    tables_.wakeups().Notify();
    writers_.EndAll();
    readers_.End(kReadersEnd);
  }

 private:
  grpc::ServerReadReactor<comms::WriteMessagesRequest>* WriteMessages(grpc::CallbackServerContext* context,
                                                                      comms::WriteMessagesResponse*) override {
    const auto status = CheckRecorder(recorder_);
    if (!status.ok()) return new RefuseMessages(ToGrpc(status));
    return new TakeMessages(*recorder_, context, pool_, settle_pool_, writers_);
  }

  grpc::ServerWriteReactor<comms::ReadMessagesResponse>* ReadMessages(grpc::CallbackServerContext* context,
                                                                      const comms::ReadMessagesRequest*) override {
    using Message = comms::ReadMessagesResponse;
    return new StreamReactor<Message>(pool_,
                                      [this, context](std::function<bool()>, Waker wake) -> arrow::Result<Generator<Message>> {
                                        ARROW_RETURN_NOT_OK(CheckRecorder(recorder_));
                                        auto open = std::make_shared<OpenCall>(readers_, context);
                                        auto reader = std::make_shared<live::Reader>(*recorder_, std::move(wake));
                                        return Generator<Message>([this, open, reader](Message* out) -> arrow::Result<Produced> {
                                          if (stopping_) return Produced::kNothing;
                                          ARROW_ASSIGN_OR_RAISE(const bool found, reader->Next(out->mutable_log_msg()));
                                          return found ? Produced::kMessage : Produced::kLater;
                                        });
                                      });
  }

  grpc::ServerUnaryReactor* WriteTable(grpc::CallbackServerContext* context, const comms::WriteTableRequest* request,
                                       comms::WriteTableResponse*) override {
    return RunUnary(pool_, context, [this, request]() -> arrow::Status {
      ARROW_RETURN_NOT_OK(CheckRecorder(recorder_));
      if (!request->has_id() || request->id().id().empty()) return base::InvalidArgument("WriteTable: the table has no id");
      if (!request->has_data()) return base::InvalidArgument("WriteTable: table '{}' has no data", request->id().id());
      return tables_.Put(request->id().id(), request->data().SerializeAsString());
    });
  }

  grpc::ServerWriteReactor<comms::ReadTablesResponse>* ReadTables(grpc::CallbackServerContext* context,
                                                                  const comms::ReadTablesRequest*) override {
    using Message = comms::ReadTablesResponse;
    return new StreamReactor<Message>(
        pool_, [this, context](std::function<bool()>, Waker wake) -> arrow::Result<Generator<Message>> {
          ARROW_RETURN_NOT_OK(CheckRecorder(recorder_));
          auto open = std::make_shared<OpenCall>(readers_, context);
          auto waiter = std::make_shared<TableWaiter>(tables_, std::move(wake));
          return Generator<Message>([this, open, waiter, last = uint64_t{0}](Message* out) mutable -> arrow::Result<Produced> {
            if (stopping_) return Produced::kNothing;
            const auto table = tables_.Next(last);
            if (!table) return Produced::kLater;
            last = table->number;
            out->mutable_id()->set_id(table->id);
            if (!out->mutable_data()->ParseFromString(table->data)) return base::Internal("table '{}' is damaged", table->id);
            return Produced::kMessage;
          });
        });
  }

  live::Recorder* const recorder_;
  live::Tables tables_;
  OpenCalls readers_;
  Writers writers_;
  std::atomic<bool> stopping_ = false;
  boost::asio::thread_pool pool_;
  boost::asio::thread_pool settle_pool_;
};

}  // namespace

std::unique_ptr<MessageProxy> MakeMessageProxy(live::Recorder* recorder) { return std::make_unique<Proxy>(recorder); }

}  // namespace mutoscope::redap
