// Calls of the redap service with messages, over any transport.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "arrow/buffer.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/table.h"
#include "base/status.h"
#include "native/redap_methods.h"
#include "native/transport.h"
#include "redap/convert.h"

namespace mutoscope::native {

// The header that names a dataset.
Metadata EntryHeader(const std::string& entry_id);

// One buffer of all pieces; does not copy a single one.
arrow::Result<std::shared_ptr<arrow::Buffer>> Join(const Pieces& pieces);

template <typename Response>
arrow::Status ParseAnswer(const Pieces& pieces, Response* response) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, Join(pieces));
  if (bytes->size() > INT32_MAX || !response->ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) {
    return base::DataLoss("the server's {} of {} bytes does not parse", response->GetTypeName(), bytes->size());
  }
  return arrow::Status::OK();
}

template <typename Response, typename Request>
arrow::Result<Response> CallUnary(Transport& transport, const char* method, const Metadata& metadata, const Request& request) {
  ARROW_ASSIGN_OR_RAISE(const auto pieces, transport.Unary(method, metadata, request.SerializeAsString()));
  Response response;
  ARROW_RETURN_NOT_OK(ParseAnswer(pieces, &response));
  return response;
}

// `take` gets each message of a stream; its error ends the call.
template <typename Response, typename Request, typename Take>
arrow::Status CallStream(Transport& transport, const char* method, const Metadata& metadata, const Request& request, Take take) {
  ARROW_ASSIGN_OR_RAISE(const auto stream, transport.Stream(method, metadata, request.SerializeAsString()));
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto pieces, stream->Next());
    if (!pieces) return arrow::Status::OK();
    Response response;
    ARROW_RETURN_NOT_OK(ParseAnswer(*pieces, &response));
    ARROW_RETURN_NOT_OK(take(response));
  }
}

// All messages of a stream, each with a dataframe part in `data`, as one table.
template <typename Response, typename Request>
arrow::Result<std::shared_ptr<arrow::Table>> CallTable(Transport& transport, const char* method, const Metadata& metadata,
                                                       const Request& request) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  ARROW_RETURN_NOT_OK(CallStream<Response>(transport, method, metadata, request, [&](const Response& response) {
    return redap::FromProto(response.data()).Value(&batches.emplace_back());
  }));
  if (batches.empty()) return base::Internal("{}: the server answered a table without a single batch", method);
  ARROW_ASSIGN_OR_RAISE(const auto table, arrow::Table::FromRecordBatches(batches));
  return table->CombineChunks();
}

// Of an IPC stream that has nothing but a schema.
arrow::Result<std::shared_ptr<arrow::Schema>> SchemaFromProto(const rerun::common::v1alpha1::Schema& schema);

// Text of a string column's cell, empty for null and where there is no such column.
std::string CellText(const arrow::Table& table, const std::string& column, int64_t row);
uint64_t CellNumber(const arrow::Table& table, const std::string& column, int64_t row);

}  // namespace mutoscope::native
