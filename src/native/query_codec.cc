#include "native/query_codec.h"

#include <cstring>

#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/ipc/writer.h"
#include "arrow/record_batch.h"
#include "base/status.h"
#include "chunk/ipc_read.h"
#include "native/expression_codec.h"

namespace mutoscope::native {
namespace {

constexpr char kValuesColumn[] = "values";

arrow::Status CheckVersion(uint32_t major) {
  if (major == kApiMajor) return arrow::Status::OK();
  return base::Unimplemented("the client speaks version {} of mutoscope.v1, this server (mutoscope " MUTOSCOPE_VERSION
                             ") speaks version {}: update the {}, or use versions of both that belong together",
                             major, kApiMajor, major > kApiMajor ? "server" : "client");
}

void SetStrings(const std::vector<std::string>& values, v1::Strings* wire) {
  wire->mutable_values()->Add(values.begin(), values.end());
}

std::vector<std::string> StringsOf(const v1::Strings& wire) { return {wire.values().begin(), wire.values().end()}; }

arrow::Result<std::string> ValuesToIpc(const std::shared_ptr<arrow::Array>& values) {
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field(kValuesColumn, values->type())}), values->length(), {values});
  ARROW_ASSIGN_OR_RAISE(const auto sink, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(const auto writer, arrow::ipc::MakeStreamWriter(sink, batch->schema()));
  ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batch));
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_ASSIGN_OR_RAISE(const auto bytes, sink->Finish());
  return bytes->ToString();
}

// The bytes are untrusted: read as those of a recording are.
arrow::Result<std::shared_ptr<arrow::Array>> ValuesFromIpc(const std::string& bytes) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> aligned, arrow::AllocateBuffer(static_cast<int64_t>(bytes.size())));
  if (!bytes.empty()) std::memcpy(aligned->mutable_data(), bytes.data(), bytes.size());
  const auto batch = chunk::ReadStoredBatch(aligned);
  if (!batch.ok()) return base::WithContext(batch.status(), "index values");
  if ((*batch)->num_columns() != 1) {
    return base::InvalidArgument("index values: expected one column, found {}", (*batch)->num_columns());
  }
  return (*batch)->column(0);
}

}  // namespace

arrow::Result<v1::QueryRequest> ToProto(const std::string& dataset, const Request& request) {
  v1::QueryRequest wire;
  wire.set_api_major(kApiMajor);
  wire.set_dataset_id(dataset);
  if (request.segments) SetStrings(*request.segments, wire.mutable_segments());
  for (const auto& rules : request.contents) SetStrings(rules, wire.add_contents());
  if (request.index) wire.set_index(*request.index);
  if (request.columns) SetStrings(*request.columns, wire.mutable_columns());
  if (!request.filter.Equals(arrow::compute::literal(true))) {
    ARROW_ASSIGN_OR_RAISE(const auto filter, EncodeExpression(request.filter));
    wire.set_filter(filter->data(), static_cast<size_t>(filter->size()));
  }
  wire.set_fill_latest_at(request.fill_latest_at);
  wire.set_include_tombstone_columns(request.include_tombstone_columns);
  wire.set_include_semantically_empty_columns(request.include_semantically_empty_columns);
  if (request.index_values != nullptr) {
    ARROW_ASSIGN_OR_RAISE(*wire.mutable_index_values(), ValuesToIpc(request.index_values));
  }
  if (request.segment_index_values) {
    auto* list = wire.mutable_segment_index_values();
    for (const auto& [segment, values] : *request.segment_index_values) {
      if (values == nullptr) return base::InvalidArgument("index values of segment '{}': they are missing", segment);
      auto* entry = list->add_segments();
      entry->set_segment(segment);
      ARROW_ASSIGN_OR_RAISE(*entry->mutable_values(), ValuesToIpc(values));
    }
  }
  if (request.limit) wire.set_limit(*request.limit);
  return wire;
}

arrow::Result<Request> FromProto(const v1::QueryRequest& wire) {
  ARROW_RETURN_NOT_OK(CheckVersion(wire.api_major()));
  Request request;
  if (wire.has_segments()) request.segments = StringsOf(wire.segments());
  for (const auto& rules : wire.contents()) request.contents.push_back(StringsOf(rules));
  if (wire.has_index()) request.index = wire.index();
  if (wire.has_columns()) request.columns = StringsOf(wire.columns());
  if (!wire.filter().empty()) {
    ARROW_ASSIGN_OR_RAISE(request.filter, DecodeExpression(std::make_shared<arrow::Buffer>(wire.filter())));
  }
  request.fill_latest_at = wire.fill_latest_at();
  request.include_tombstone_columns = wire.include_tombstone_columns();
  request.include_semantically_empty_columns = wire.include_semantically_empty_columns();
  if (wire.has_index_values()) {
    ARROW_ASSIGN_OR_RAISE(request.index_values, ValuesFromIpc(wire.index_values()));
  }
  if (wire.has_segment_index_values()) {
    auto& lists = request.segment_index_values.emplace();
    for (const auto& entry : wire.segment_index_values().segments()) {
      ARROW_ASSIGN_OR_RAISE(auto values, ValuesFromIpc(entry.values()));
      lists.emplace_back(entry.segment(), std::move(values));
    }
  }
  if (wire.has_limit()) request.limit = wire.limit();
  return request;
}

v1::CellRequest ToProto(const std::string& dataset, const CellRequest& request) {
  v1::CellRequest wire;
  wire.set_api_major(kApiMajor);
  wire.set_dataset_id(dataset);
  wire.set_column(request.column);
  wire.set_index(request.index);
  wire.set_at(request.at);
  if (request.segment) wire.set_segment(*request.segment);
  wire.set_latest(request.latest);
  return wire;
}

arrow::Result<CellRequest> FromProto(const v1::CellRequest& wire) {
  ARROW_RETURN_NOT_OK(CheckVersion(wire.api_major()));
  CellRequest request;
  request.column = wire.column();
  request.index = wire.index();
  request.at = wire.at();
  if (wire.has_segment()) request.segment = wire.segment();
  request.latest = wire.latest();
  return request;
}

#define MUTOSCOPE_STATISTICS(EACH) \
  EACH(rows)                       \
  EACH(rows_considered)            \
  EACH(segments)                   \
  EACH(chunks)                     \
  EACH(cells_verbatim)             \
  EACH(chunks_decoded)             \
  EACH(cache_hits) EACH(bytes_read) EACH(bytes_decoded) EACH(plan_ns) EACH(index_ns) EACH(filter_ns) EACH(payload_ns)

v1::Statistics ToProto(const Statistics& statistics) {
  v1::Statistics wire;
#define SET(name) wire.set_##name(statistics.name);
  MUTOSCOPE_STATISTICS(SET)
#undef SET
  return wire;
}

Statistics FromProto(const v1::Statistics& wire) {
  Statistics statistics;
#define GET(name) statistics.name = wire.name();
  MUTOSCOPE_STATISTICS(GET)
#undef GET
  return statistics;
}

}  // namespace mutoscope::native
