#include "redap/scan_parameters.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "arrow/compute/api.h"
#include "arrow/compute/expression.h"
#include "base/status.h"
#include "query/where.h"

namespace mutoscope::redap {
namespace {

namespace common = rerun::common::v1alpha1;
namespace compute = arrow::compute;
using Batch = std::shared_ptr<arrow::RecordBatch>;

arrow::Result<Batch> Filter(const std::string& text, const Batch& batch) {
  ARROW_ASSIGN_OR_RAISE(const auto parsed, query::ParseWhere(text, *batch->schema()));
  ARROW_ASSIGN_OR_RAISE(const auto bound, parsed.Bind(*batch->schema()));
  if (bound.type()->id() != arrow::Type::BOOL) {
    return base::InvalidArgument("scan_parameters.filter '{}': a condition was expected, this is of type {}", text,
                                 bound.type()->ToString());
  }
  ARROW_ASSIGN_OR_RAISE(const auto mask, compute::ExecuteScalarExpression(bound, compute::ExecBatch(*batch)));
  if (mask.is_scalar()) {  // TRUE or FALSE; null keeps nothing
    const auto& value = mask.scalar_as<arrow::BooleanScalar>();
    return value.is_valid && value.value ? batch : batch->Slice(0, 0);
  }
  ARROW_ASSIGN_OR_RAISE(const auto kept, compute::Filter(batch, mask));
  return kept.record_batch();
}

arrow::Result<Batch> Order(const common::ScanParameters& scan, const Batch& batch) {
  std::vector<compute::SortKey> keys;
  for (const auto& clause : scan.order_by()) {
    if (batch->schema()->GetFieldIndex(clause.column_name()) < 0) {
      return base::InvalidArgument("scan_parameters.order_by: there is no column '{}'", clause.column_name());
    }
    keys.emplace_back(arrow::FieldRef(clause.column_name()),
                      clause.descending() ? compute::SortOrder::Descending : compute::SortOrder::Ascending,
                      clause.nulls_last() ? compute::NullPlacement::AtEnd : compute::NullPlacement::AtStart);
  }
  ARROW_ASSIGN_OR_RAISE(const auto order, compute::SortIndices(batch, compute::SortOptions(keys)));
  ARROW_ASSIGN_OR_RAISE(const auto sorted, compute::Take(batch, order));
  return sorted.record_batch();
}

arrow::Result<Batch> Slice(const common::ScanParameters& scan, const Batch& batch) {
  const int64_t rows = batch->num_rows();
  const int64_t offset = scan.has_limit_offset() ? scan.limit_offset() : 0;
  const int64_t length = scan.has_limit_len() ? scan.limit_len() : rows;
  if (offset < 0 || length < 0) {
    return base::InvalidArgument("scan_parameters: limit_offset {} and limit_len {} must not be negative", offset, length);
  }
  return batch->Slice(std::min(offset, rows), length);
}

arrow::Result<Batch> Project(const common::ScanParameters& scan, const Batch& batch) {
  std::vector<int> wanted;
  std::set<std::string> seen;
  for (const auto& name : scan.columns()) {
    if (!seen.insert(name).second) return base::InvalidArgument("scan_parameters: column '{}' is named twice", name);
    const int position = batch->schema()->GetFieldIndex(name);
    if (position >= 0) {
      wanted.push_back(position);
    } else if (scan.on_missing_columns() == common::IF_MISSING_BEHAVIOR_ERROR) {
      return base::InvalidArgument("scan_parameters: there is no column '{}'", name);
    }
  }
  return batch->SelectColumns(wanted);
}

}  // namespace

arrow::Result<Batch> ApplyScanParameters(const common::ScanParameters& scan, Batch batch) {
  if (scan.has_filter()) {
    ARROW_ASSIGN_OR_RAISE(batch, Filter(scan.filter(), batch));
  }
  if (scan.order_by_size() > 0) {
    ARROW_ASSIGN_OR_RAISE(batch, Order(scan, batch));
  }
  if (scan.has_limit_offset() || scan.has_limit_len()) {
    ARROW_ASSIGN_OR_RAISE(batch, Slice(scan, batch));
  }
  if (scan.columns_size() > 0) {
    ARROW_ASSIGN_OR_RAISE(batch, Project(scan, batch));
  }
  return batch;
}

}  // namespace mutoscope::redap
