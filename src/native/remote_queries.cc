#include "native/remote_queries.h"

#include <atomic>
#include <mutex>

#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/record_batch.h"
#include "base/status.h"
#include "native/ipc_stream.h"
#include "native/query_codec.h"
#include "native/redap_calls.h"

namespace mutoscope::native {
namespace {

constexpr char kGetSchema[] = "/mutoscope.v1.QueryService/GetSchema";
constexpr char kQuery[] = "/mutoscope.v1.QueryService/Query";
constexpr char kExplain[] = "/mutoscope.v1.QueryService/Explain";
constexpr char kCell[] = "/mutoscope.v1.QueryService/Cell";

// Servers that do not know the service say so of its method; ours of another version say what they speak.
arrow::Status Explained(const arrow::Status& status) {
  if (base::CodeOf(status) != base::Code::kUnimplemented) return status;
  if (status.message().find("mutoscope.v1 ") != std::string::npos ||
      status.message().find("speaks version") != std::string::npos) {
    return status;
  }
  return base::Unimplemented(
      "the server does not answer queries (mutoscope.v1): it is not a Mutoscope server, or it is older than this client "
      "(mutoscope " MUTOSCOPE_VERSION "); it said: {}",
      status.message());
}

class RemoteReader final : public QueryReader {
 public:
  static arrow::Result<std::shared_ptr<QueryReader>> Open(std::shared_ptr<Transport> transport,
                                                          std::unique_ptr<MessageStream> stream) {
    auto reader = std::make_shared<RemoteReader>();
    reader->transport_ = std::move(transport);
    reader->stream_ = std::move(stream);
    auto messages = std::make_unique<IpcMessages>([reader = reader.get()] { return reader->NextPart(); });
    auto batches = arrow::ipc::RecordBatchStreamReader::Open(std::move(messages), ReceivedIpcOptions());
    if (!batches.ok()) return Explained(reader->ErrorOf(batches.status()));
    reader->batches_ = std::move(batches).ValueUnsafe();
    return reader;
  }

  std::shared_ptr<arrow::Schema> schema() const override { return batches_->schema(); }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    *batch = nullptr;
    if (closed_) return base::Cancelled("the query was closed");
    if (const auto status = batches_->ReadNext(batch); !status.ok()) {
      return closed_ ? base::Cancelled("the query was closed") : ErrorOf(status);
    }
    const std::lock_guard lock(mutex_);
    if (*batch != nullptr && !complete_) statistics_.rows += (*batch)->num_rows();
    return arrow::Status::OK();
  }

  arrow::Status Close() override {
    closed_ = true;
    stream_->Cancel();
    return arrow::Status::OK();
  }

  Statistics statistics() const override {
    const std::lock_guard lock(mutex_);
    return statistics_;
  }

 private:
  arrow::Result<std::optional<IpcPart>> NextPart() {
    auto message = stream_->Next();
    if (!message.ok()) {
      error_ = message.status();  // Arrow's reader would lose its code
      return error_;
    }
    if (!*message) {
      KeepStatistics();
      return std::nullopt;
    }
    ARROW_ASSIGN_OR_RAISE(auto part, ParseIpcPart(**message, v1::QueryResponse::kIpcFieldNumber));
    return part;
  }

  void KeepStatistics() {
    for (const auto& [name, value] : stream_->TrailingMetadata()) {
      v1::Statistics wire;
      if (name != kStatisticsKey || !wire.ParseFromString(value)) continue;
      const std::lock_guard lock(mutex_);
      statistics_ = FromProto(wire);
      complete_ = true;
    }
  }

  arrow::Status ErrorOf(const arrow::Status& status) const { return error_.ok() ? status : error_; }

  std::shared_ptr<Transport> transport_;  // outlives the stream
  std::unique_ptr<MessageStream> stream_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
  arrow::Status error_;
  std::atomic<bool> closed_ = false;

  mutable std::mutex mutex_;  // guards these two
  Statistics statistics_;
  bool complete_ = false;  // the server has told them
};

template <typename Response, typename Message>
arrow::Result<Response> Ask(Transport& transport, const char* method, const Message& request) {
  auto response = CallUnary<Response>(transport, method, {}, request);
  if (!response.ok()) return Explained(response.status());
  return response;
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::Schema>> RemoteQueries::Schema(const std::string& dataset, const Request& request) const {
  ARROW_ASSIGN_OR_RAISE(const auto wire, ToProto(dataset, request));
  ARROW_ASSIGN_OR_RAISE(const auto response, Ask<v1::SchemaResponse>(*transport_, kGetSchema, wire));
  arrow::io::BufferReader source(arrow::Buffer::FromString(response.schema()));
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::ipc::RecordBatchStreamReader::Open(&source));
  return reader->schema();
}

arrow::Result<std::shared_ptr<QueryReader>> RemoteQueries::Run(const std::string& dataset, const Request& request) const {
  ARROW_ASSIGN_OR_RAISE(const auto wire, ToProto(dataset, request));
  ARROW_ASSIGN_OR_RAISE(auto stream, transport_->Stream(kQuery, {}, wire.SerializeAsString()));
  return RemoteReader::Open(transport_, std::move(stream));
}

arrow::Result<std::string> RemoteQueries::Explain(const std::string& dataset, const Request& request, bool run) const {
  v1::ExplainRequest wire;
  ARROW_ASSIGN_OR_RAISE(*wire.mutable_query(), ToProto(dataset, request));
  wire.set_run(run);
  ARROW_ASSIGN_OR_RAISE(const auto response, Ask<v1::ExplainResponse>(*transport_, kExplain, wire));
  return response.text();
}

arrow::Result<std::shared_ptr<arrow::Array>> RemoteQueries::Cell(const std::string& dataset, const CellRequest& request) const {
  const auto answer = transport_->Unary(kCell, {}, ToProto(dataset, request).SerializeAsString());
  if (!answer.ok()) return Explained(answer.status());
  std::optional<IpcPart> part;
  ARROW_ASSIGN_OR_RAISE(part, ParseIpcPart(*answer, v1::CellResponse::kIpcFieldNumber));
  auto messages = std::make_unique<IpcMessages>([&part] { return std::exchange(part, std::nullopt); });
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::ipc::RecordBatchStreamReader::Open(std::move(messages), ReceivedIpcOptions()));
  std::shared_ptr<arrow::RecordBatch> batch;
  ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
  if (batch == nullptr || batch->num_columns() != 1 || batch->num_rows() != 1) {
    return base::DataLoss("the server answered with no cell");
  }
  return batch->column(0);
}

}  // namespace mutoscope::native
