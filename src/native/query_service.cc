#include "native/query_service.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "arrow/io/memory.h"
#include "arrow/ipc/writer.h"
#include "base/status.h"
#include "mutoscope/v1/query.grpc.pb.h"
#include "native/ipc_slices.h"
#include "native/query_codec.h"
#include "redap/reactors.h"

namespace mutoscope::native {
namespace {

using redap::Produced;

constexpr size_t kThreadsMin = 4;  // queries wait for disks and for the engine's threads
constexpr size_t kSmallAnswerBytes = 1 << 20;
constexpr size_t kCellThreadsMin = 2;  // apart, so that long queries do not hold up cells

// One call of Query: the engine's reader, and the messages of its current batch.
class RunningQuery {
 public:
  RunningQuery(std::shared_ptr<const Queries> queries, grpc::CallbackServerContext* context)
      : queries_(std::move(queries)), context_(context) {}

  arrow::Status Start(const v1::QueryRequest& wire) {
    ARROW_ASSIGN_OR_RAISE(const auto request, FromProto(wire));
    ARROW_ASSIGN_OR_RAISE(auto reader, queries_->Run(wire.dataset_id(), request));
    ARROW_ASSIGN_OR_RAISE(encoder_, IpcEncoder::Make(reader->schema()));
    const std::lock_guard lock(mutex_);
    reader_ = std::move(reader);
    return cancelled_ ? reader_->Close() : arrow::Status::OK();
  }

  arrow::Result<Produced> Next(grpc::ByteBuffer* out) {
    while (messages_.empty() && !ended_) ARROW_RETURN_NOT_OK(Read());
    // A small answer is mostly the whole answer: knowing that saves a message and rounds of threads.
    if (std::exchange(is_first_, false) && !ended_ && messages_.size() == 1 && messages_.front().Length() <= kSmallAnswerBytes) {
      ARROW_RETURN_NOT_OK(Read());
    }
    if (messages_.empty()) return Produced::kNothing;
    *out = std::move(messages_.front());
    messages_.pop_front();
    return ended_ && messages_.empty() ? Produced::kLastMessage : Produced::kMessage;
  }

  // From any thread: stops the engine, also while it works on the next batch.
  void Cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (reader_ != nullptr) (void)reader_->Close();
  }

 private:
  arrow::Status Read() {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(reader_->ReadNext(&batch));
    if (batch != nullptr) return Append(encoder_->Encode(*batch));
    ended_ = true;
    ARROW_RETURN_NOT_OK(Append(encoder_->EncodeEnd()));
    context_->AddTrailingMetadata(kStatisticsKey, ToProto(reader_->statistics()).SerializeAsString());
    return arrow::Status::OK();
  }

  arrow::Status Append(arrow::Result<std::deque<grpc::ByteBuffer>> messages) {
    ARROW_RETURN_NOT_OK(messages);
    for (auto& message : *messages) messages_.push_back(std::move(message));
    return arrow::Status::OK();
  }

  const std::shared_ptr<const Queries> queries_;
  grpc::CallbackServerContext* const context_;
  std::unique_ptr<IpcEncoder> encoder_;
  std::deque<grpc::ByteBuffer> messages_;
  bool is_first_ = true;
  bool ended_ = false;

  std::mutex mutex_;  // guards these two against Cancel()
  std::shared_ptr<QueryReader> reader_;
  bool cancelled_ = false;
};

template <typename Message>
arrow::Result<Message> Parse(const grpc::ByteBuffer& bytes) {
  Message message;
  grpc::ByteBuffer copy = bytes;  // Deserialize consumes its argument
  const auto parsed = grpc::SerializationTraits<Message>::Deserialize(&copy, &message);
  if (!parsed.ok()) return base::InvalidArgument("the {} does not parse: {}", message.GetTypeName(), parsed.error_message());
  return message;
}

arrow::Result<std::string> SchemaIpc(const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(const auto sink, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(const auto writer, arrow::ipc::MakeStreamWriter(sink, schema));
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_ASSIGN_OR_RAISE(const auto bytes, sink->Finish());
  return bytes->ToString();
}

// Query and Cell in raw form: their answers hold the bytes of recordings, which are not copied into messages.
using Base = v1::QueryService::WithRawCallbackMethod_Cell<
    v1::QueryService::WithRawCallbackMethod_Query<v1::QueryService::CallbackService>>;

class Service final : public Base {
 public:
  explicit Service(std::shared_ptr<const Queries> queries)
      : queries_(std::move(queries)),
        pool_(std::max<size_t>(kThreadsMin, std::thread::hardware_concurrency())),
        cell_pool_(std::max<size_t>(kCellThreadsMin, std::thread::hardware_concurrency())) {}
  ~Service() override {
    pool_.join();
    cell_pool_.join();
  }

  grpc::ServerUnaryReactor* GetSchema(grpc::CallbackServerContext* context, const v1::QueryRequest* wire,
                                      v1::SchemaResponse* response) override {
    return redap::RunUnary(pool_, context, [this, wire, response]() -> arrow::Status {
      ARROW_ASSIGN_OR_RAISE(const auto request, FromProto(*wire));
      ARROW_ASSIGN_OR_RAISE(const auto schema, queries_->Schema(wire->dataset_id(), request));
      ARROW_ASSIGN_OR_RAISE(*response->mutable_schema(), SchemaIpc(schema));
      return arrow::Status::OK();
    });
  }

  grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* context, const v1::ExplainRequest* wire,
                                    v1::ExplainResponse* response) override {
    return redap::RunUnary(pool_, context, [this, wire, response]() -> arrow::Status {
      ARROW_ASSIGN_OR_RAISE(const auto request, FromProto(wire->query()));
      ARROW_ASSIGN_OR_RAISE(*response->mutable_text(), queries_->Explain(wire->query().dataset_id(), request, wire->run()));
      return arrow::Status::OK();
    });
  }

  grpc::ServerUnaryReactor* Cell(grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes,
                                 grpc::ByteBuffer* response) override {
    return redap::RunUnary(cell_pool_, context, [this, bytes, response]() -> arrow::Status {
      ARROW_ASSIGN_OR_RAISE(const auto wire, Parse<v1::CellRequest>(*bytes));
      ARROW_ASSIGN_OR_RAISE(const auto request, FromProto(wire));
      ARROW_ASSIGN_OR_RAISE(const auto cell, queries_->Cell(wire.dataset_id(), request));
      ARROW_ASSIGN_OR_RAISE(*response, EncodeCell(cell));
      return arrow::Status::OK();
    });
  }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Query(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* bytes) override {
    auto query = std::make_shared<RunningQuery>(queries_, context);
    const auto start = [query, bytes](const std::function<bool()>&,
                                      const redap::Waker&) -> arrow::Result<redap::Generator<grpc::ByteBuffer>> {
      ARROW_ASSIGN_OR_RAISE(const auto wire, Parse<v1::QueryRequest>(*bytes));
      ARROW_RETURN_NOT_OK(query->Start(wire));
      return redap::Generator<grpc::ByteBuffer>([query](grpc::ByteBuffer* out) { return query->Next(out); });
    };
    return new redap::StreamReactor<grpc::ByteBuffer>(pool_, start, [query] { query->Cancel(); });
  }

 private:
  const std::shared_ptr<const Queries> queries_;
  boost::asio::thread_pool pool_;
  boost::asio::thread_pool cell_pool_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeQueryService(std::shared_ptr<const Queries> queries) {
  return std::make_unique<Service>(std::move(queries));
}

}  // namespace mutoscope::native
