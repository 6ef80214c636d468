// A query as an Arrow dataset.
//
// What holds: GetFragments(p) yields one fragment whose rows are those of the request that satisfy p: the engine applies p. So p
// is the fragment's partition expression, and Arrow's scanner, which applies its filter again, first simplifies it with that
// guarantee. What Arrow can simplify (AND of comparisons of columns with literals, IS NOT NULL) is then not evaluated a second
// time, and no blob is copied through a filter kernel; any other filter is evaluated once more by Arrow, over rows that all pass,
// which costs a copy of the columns and is still right. Columns that only a simplified filter names are not read.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arrow/compute/initialize.h"
#include "arrow/dataset/dataset.h"
#include "arrow/dataset/scanner.h"
#include "arrow/record_batch.h"
#include "arrow/util/async_generator.h"
#include "arrow/util/iterator.h"
#include "arrow/util/thread_pool.h"
#include "base/status.h"
#include "mutoscope/dataset.h"

namespace mutoscope {
namespace {

namespace compute = arrow::compute;
namespace dataset = arrow::dataset;

bool IsTrue(const compute::Expression& filter) { return filter.Equals(compute::literal(true)); }

// Bound expressions hold positions in a schema that need not be the engine's.
compute::Expression Unbound(const compute::Expression& expression) {
  if (const auto* literal = expression.literal()) return compute::literal(*literal);
  if (const auto* column = expression.field_ref()) return compute::field_ref(*column);
  const auto* call = expression.call();
  std::vector<compute::Expression> arguments;
  for (const auto& argument : call->arguments) arguments.push_back(Unbound(argument));
  return compute::call(call->function_name, std::move(arguments), call->options);
}

compute::Expression Both(const compute::Expression& a, const compute::Expression& b) {
  if (IsTrue(a) || a.Equals(b)) return b;
  return IsTrue(b) ? a : compute::and_(a, b);
}

class QueryFragment final : public dataset::Fragment {
 public:
  // `predicate`: bound to `schema`; all rows of the fragment satisfy it.
  QueryFragment(std::shared_ptr<const Dataset> source, Request request, std::shared_ptr<arrow::Schema> schema,
                compute::Expression predicate)
      : Fragment(std::move(predicate), schema),
        source_(std::move(source)),
        request_(std::move(request)),
        schema_(std::move(schema)) {}

  std::string type_name() const override { return "mutoscope"; }

  arrow::Result<dataset::RecordBatchGenerator> ScanBatchesAsync(const std::shared_ptr<dataset::ScanOptions>& options) override {
    ARROW_ASSIGN_OR_RAISE(const Request request, ScanRequest(*options));
    ARROW_ASSIGN_OR_RAISE(auto reader, source_->Query(request));
    // Not arrow::MakeBackgroundGenerator: one that was abandoned waits for its task, for ever if the process ends meanwhile. The
    // engine works ahead of its reader anyway.
    auto* executor = options->use_threads ? options->io_context.executor() : nullptr;
    return dataset::RecordBatchGenerator(
        [reader = std::move(reader), executor]() -> arrow::Future<std::shared_ptr<arrow::RecordBatch>> {
          if (executor == nullptr) return arrow::Future<std::shared_ptr<arrow::RecordBatch>>::MakeFinished(reader->Next());
          return arrow::DeferNotOk(executor->Submit([reader] { return reader->Next(); }));
        });
  }

  arrow::Future<std::optional<int64_t>> CountRows(compute::Expression predicate,
                                                  const std::shared_ptr<dataset::ScanOptions>& options) override {
    if (!Pushes() && !IsTrue(predicate)) return arrow::Future<std::optional<int64_t>>::MakeFinished(std::nullopt);
    Request request = request_;
    request.columns = std::vector<std::string>();
    request.filter = Both(FilterOfFragment(), Both(Unbound(predicate), request_.filter));
    return arrow::DeferNotOk(options->io_context.executor()->Submit(
        [source = source_, request = std::move(request)]() -> arrow::Result<std::optional<int64_t>> {
          ARROW_ASSIGN_OR_RAISE(const auto reader, source->Query(request));
          int64_t rows = 0;
          for (;;) {
            ARROW_ASSIGN_OR_RAISE(const auto batch, reader->Next());
            if (batch == nullptr) return rows;
            rows += batch->num_rows();
          }
        }));
  }

 protected:
  arrow::Result<std::shared_ptr<arrow::Schema>> ReadPhysicalSchemaImpl() override { return schema_; }
  arrow::Status ClearCachedMetadata() override { return arrow::Status::OK(); }

 private:
  // A limit counts rows before a scan's filter, so the filter must stay behind it.
  bool Pushes() const { return !request_.limit; }
  compute::Expression FilterOfFragment() const { return Unbound(partition_expression_); }

  arrow::Result<Request> ScanRequest(const dataset::ScanOptions& options) const {
    Request request = request_;
    // What Arrow will still evaluate, after its own simplification.
    ARROW_ASSIGN_OR_RAISE(const auto left, compute::SimplifyWithGuarantee(options.filter, partition_expression_));
    if (Pushes()) request.filter = Both(Both(FilterOfFragment(), Unbound(options.filter)), request_.filter);
    std::vector<std::string> columns;
    for (const auto& field : schema_->fields()) {
      if (Names(options.projection, field->name()) || Names(left, field->name())) columns.push_back(field->name());
    }
    request.columns = std::move(columns);
    return request;
  }

  static bool Names(const compute::Expression& expression, const std::string& column) {
    for (const auto& ref : compute::FieldsInExpression(expression)) {
      const auto* outermost = ref.IsNested() ? ref.nested_refs()->data() : &ref;
      if (outermost->name() != nullptr && *outermost->name() == column) return true;
    }
    return false;
  }

  const std::shared_ptr<const Dataset> source_;
  const Request request_;
  const std::shared_ptr<arrow::Schema> schema_;
};

class QueryDataset final : public dataset::Dataset {
 public:
  QueryDataset(std::shared_ptr<const mutoscope::Dataset> source, Request request, std::shared_ptr<arrow::Schema> schema)
      : Dataset(std::move(schema)), source_(std::move(source)), request_(std::move(request)) {}

  std::string type_name() const override { return "mutoscope"; }
  arrow::Result<std::shared_ptr<dataset::Dataset>> ReplaceSchema(std::shared_ptr<arrow::Schema>) const override {
    return base::Unimplemented("a query has the schema that its request says: change the request instead");
  }

 protected:
  arrow::Result<dataset::FragmentIterator> GetFragmentsImpl(compute::Expression predicate) override {
    if (request_.limit) predicate = compute::literal(true);  // not applied, so not promised
    dataset::FragmentVector fragments = {std::make_shared<QueryFragment>(source_, request_, schema_, std::move(predicate))};
    return arrow::MakeVectorIterator(std::move(fragments));
  }

 private:
  const std::shared_ptr<const mutoscope::Dataset> source_;
  const Request request_;
};

}  // namespace

arrow::Result<std::shared_ptr<dataset::Dataset>> ToArrowDataset(std::shared_ptr<const Dataset> source, Request request) {
  ARROW_RETURN_NOT_OK(compute::Initialize());
  ARROW_ASSIGN_OR_RAISE(auto schema, source->QuerySchema(request));
  return std::make_shared<QueryDataset>(std::move(source), std::move(request), std::move(schema));
}

}  // namespace mutoscope
