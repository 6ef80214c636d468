#include "native/table_reader.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "arrow/compute/api_vector.h"
#include "arrow/compute/initialize.h"
#include "base/status.h"
#include "native/redap_calls.h"

namespace mutoscope::native {
namespace {

namespace cloud = rerun::cloud::v1alpha1;
namespace compute = arrow::compute;

// The batch in the order of the schema, with its fields: servers may leave their metadata out.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> Conformed(const arrow::RecordBatch& batch,
                                                             const std::shared_ptr<arrow::Schema>& schema) {
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const auto& field : schema->fields()) {
    auto column = batch.GetColumnByName(field->name());
    if (column == nullptr || !column->type()->Equals(field->type())) {
      return base::DataLoss("the server sent rows whose column '{}' is {}, where its schema of the table says {}", field->name(),
                            column == nullptr ? "missing" : column->type()->ToString(), field->type()->ToString());
    }
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(columns));
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> Filtered(std::shared_ptr<arrow::RecordBatch> batch,
                                                            const compute::Expression& filter) {
  ARROW_ASSIGN_OR_RAISE(const auto mask, compute::ExecuteScalarExpression(filter, *batch->schema(), arrow::Datum(batch)));
  if (mask.is_scalar()) {
    const auto& keeps = mask.scalar_as<arrow::BooleanScalar>();
    return keeps.is_valid && keeps.value ? batch : batch->Slice(0, 0);
  }
  ARROW_ASSIGN_OR_RAISE(const auto kept, compute::Filter(batch, mask));
  return kept.record_batch();
}

class TableReader final : public arrow::RecordBatchReader {
 public:
  TableReader(std::shared_ptr<Transport> transport, std::unique_ptr<MessageStream> stream, TableScanPlan plan)
      : transport_(std::move(transport)), stream_(std::move(stream)), plan_(std::move(plan)), left_(plan_.limit) {}

  std::shared_ptr<arrow::Schema> schema() const override { return plan_.answer; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    *out = nullptr;
    while (!left_ || *left_ > 0) {
      if (closed_) return base::Cancelled("the scan was closed");
      auto message = stream_->Next();
      if (!message.ok()) return closed_ ? base::Cancelled("the scan was closed") : message.status();
      if (!*message) return arrow::Status::OK();
      ARROW_ASSIGN_OR_RAISE(*out, Answer(**message));
      if (left_) *left_ -= (*out)->num_rows();
      if ((*out)->num_rows() > 0) return arrow::Status::OK();
      *out = nullptr;
    }
    return Close();
  }

  arrow::Status Close() override {
    closed_ = true;
    stream_->Cancel();
    return arrow::Status::OK();
  }

 private:
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Answer(const Pieces& message) const {
    cloud::ScanTableResponse response;
    ARROW_RETURN_NOT_OK(ParseAnswer(message, &response));
    ARROW_ASSIGN_OR_RAISE(const auto received, redap::FromProto(response.dataframe_part()));
    ARROW_ASSIGN_OR_RAISE(auto batch, Conformed(*received, plan_.schema));
    if (plan_.filter) {
      ARROW_ASSIGN_OR_RAISE(batch, Filtered(std::move(batch), *plan_.filter));
    }
    if (left_ && batch->num_rows() > *left_) batch = batch->Slice(0, *left_);
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (const int column : plan_.columns) columns.push_back(batch->column(column));
    return arrow::RecordBatch::Make(plan_.answer, batch->num_rows(), std::move(columns));
  }

  std::shared_ptr<Transport> transport_;  // outlives the stream
  std::unique_ptr<MessageStream> stream_;
  const TableScanPlan plan_;
  std::optional<int64_t> left_;  // rows that may still come
  std::atomic<bool> closed_ = false;
};

}  // namespace

arrow::Result<TableScanPlan> PlanTableScan(std::shared_ptr<arrow::Schema> schema, const TableScan& scan) {
  TableScanPlan plan{schema, schema, {}, std::nullopt, scan.limit};
  if (scan.limit && *scan.limit < 0) return base::InvalidArgument("a limit of {} rows: expected 0 or more", *scan.limit);
  arrow::FieldVector fields;
  for (const auto& name : scan.columns.value_or(schema->field_names())) {
    const int column = schema->GetFieldIndex(name);
    if (column < 0) {
      return base::InvalidArgument("the table has no column '{}': expected one of {}", name, schema->ToString(false));
    }
    plan.columns.push_back(column);
    fields.push_back(schema->field(column));
  }
  plan.answer = arrow::schema(std::move(fields), schema->metadata());
  if (scan.filter.Equals(compute::literal(true))) return plan;
  ARROW_RETURN_NOT_OK(compute::Initialize());
  auto bound = scan.filter.Bind(*schema);
  if (!bound.ok() || bound->type()->id() != arrow::Type::BOOL) {
    return base::InvalidArgument("the filter {} does not fit the columns of the table: {}", scan.filter.ToString(),
                                 bound.ok() ? "it is no condition but " + bound->type()->ToString() : bound.status().message());
  }
  plan.filter = std::move(bound).ValueUnsafe();
  return plan;
}

std::shared_ptr<arrow::RecordBatchReader> MakeTableReader(std::shared_ptr<Transport> transport,
                                                          std::unique_ptr<MessageStream> stream, TableScanPlan plan) {
  return std::make_shared<TableReader>(std::move(transport), std::move(stream), std::move(plan));
}

}  // namespace mutoscope::native
