#include "native/rows_dataset.h"

#include <string>
#include <utility>
#include <vector>

#include "arrow/dataset/scanner.h"
#include "arrow/util/async_generator.h"
#include "arrow/util/iterator.h"
#include "arrow/util/thread_pool.h"
#include "base/status.h"

namespace mutoscope::native {
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

class RowsFragment final : public dataset::Fragment {
 public:
  // `predicate`: bound to `schema`; all rows of the fragment satisfy it.
  RowsFragment(Rows rows, compute::Expression predicate) : Fragment(std::move(predicate), rows.schema), rows_(std::move(rows)) {}

  std::string type_name() const override { return "mutoscope"; }

  arrow::Result<dataset::RecordBatchGenerator> ScanBatchesAsync(const std::shared_ptr<dataset::ScanOptions>& options) override {
    ARROW_ASSIGN_OR_RAISE(auto reader, Open(*options));
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
    if (!rows_.filters && !IsTrue(predicate)) return arrow::Future<std::optional<int64_t>>::MakeFinished(std::nullopt);
    auto filter = Both(FilterOfFragment(), Unbound(predicate));
    return arrow::DeferNotOk(options->io_context.executor()->Submit(
        [open = rows_.open, filter = std::move(filter)]() -> arrow::Result<std::optional<int64_t>> {
          ARROW_ASSIGN_OR_RAISE(const auto reader, open(std::vector<std::string>(), filter));
          int64_t count = 0;
          for (;;) {
            ARROW_ASSIGN_OR_RAISE(const auto batch, reader->Next());
            if (batch == nullptr) return count;
            count += batch->num_rows();
          }
        }));
  }

 protected:
  arrow::Result<std::shared_ptr<arrow::Schema>> ReadPhysicalSchemaImpl() override { return rows_.schema; }
  arrow::Status ClearCachedMetadata() override { return arrow::Status::OK(); }

 private:
  compute::Expression FilterOfFragment() const { return Unbound(partition_expression_); }

  arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> Open(const dataset::ScanOptions& options) const {
    // What Arrow will still evaluate, after its own simplification.
    ARROW_ASSIGN_OR_RAISE(const auto left, compute::SimplifyWithGuarantee(options.filter, partition_expression_));
    std::vector<std::string> columns;
    for (const auto& field : rows_.schema->fields()) {
      if (Names(options.projection, field->name()) || Names(left, field->name())) columns.push_back(field->name());
    }
    const auto filter = rows_.filters ? Both(FilterOfFragment(), Unbound(options.filter)) : compute::literal(true);
    return rows_.open(std::move(columns), filter);
  }

  static bool Names(const compute::Expression& expression, const std::string& column) {
    for (const auto& ref : compute::FieldsInExpression(expression)) {
      const auto* outermost = ref.IsNested() ? ref.nested_refs()->data() : &ref;
      if (outermost->name() != nullptr && *outermost->name() == column) return true;
    }
    return false;
  }

  const Rows rows_;
};

class RowsDataset final : public dataset::Dataset {
 public:
  explicit RowsDataset(Rows rows) : Dataset(rows.schema), rows_(std::move(rows)) {}

  std::string type_name() const override { return "mutoscope"; }
  arrow::Result<std::shared_ptr<dataset::Dataset>> ReplaceSchema(std::shared_ptr<arrow::Schema>) const override {
    return base::Unimplemented("a query has the schema that its request says: change the request instead");
  }

 protected:
  arrow::Result<dataset::FragmentIterator> GetFragmentsImpl(compute::Expression predicate) override {
    if (!rows_.filters) predicate = compute::literal(true);  // not applied, so not promised
    dataset::FragmentVector fragments = {std::make_shared<RowsFragment>(rows_, std::move(predicate))};
    return arrow::MakeVectorIterator(std::move(fragments));
  }

 private:
  const Rows rows_;
};

}  // namespace

compute::Expression Both(const compute::Expression& a, const compute::Expression& b) {
  if (IsTrue(a) || a.Equals(b)) return b;
  return IsTrue(b) ? a : compute::and_(a, b);
}

arrow::Result<std::shared_ptr<dataset::Dataset>> MakeRowsDataset(Rows rows) {
  return std::make_shared<RowsDataset>(std::move(rows));
}

}  // namespace mutoscope::native
