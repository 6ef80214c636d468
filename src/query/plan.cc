#include "query/plan.h"

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "arrow/compute/exec.h"
#include "arrow/compute/expression.h"
#include "base/status.h"

namespace mutoscope::query {
namespace {

namespace compute = arrow::compute;

arrow::Status AddProjection(const Request& request, Plan* plan) {
  const QueryColumns& columns = *plan->columns;
  const auto kind_of = [&](int field) -> OutputColumn {
    if (field == 0) return {Operand::Kind::kSegmentId, 0};
    if (field < columns.first_component_field()) return {Operand::Kind::kIndex, static_cast<uint32_t>(field - 1)};
    return {Operand::Kind::kComponent, static_cast<uint32_t>(field - columns.first_component_field())};
  };
  arrow::FieldVector fields;
  const auto add = [&](int field) {
    plan->projection.push_back(kind_of(field));
    fields.push_back(columns.schema->field(field));
  };
  if (request.columns) {
    for (const auto& name : *request.columns) {
      const int field = columns.schema->GetFieldIndex(name);
      if (field < 0) {
        return base::InvalidArgument("column '{}' does not exist in the answer; schema() lists the columns of the dataset", name);
      }
      add(field);
    }
  } else {
    for (int field = 0; field < columns.schema->num_fields(); ++field) add(field);
  }
  plan->schema = arrow::schema(std::move(fields), columns.schema->metadata());
  return arrow::Status::OK();
}

bool IsIndexOnly(const Plan& plan) {
  const auto is_other = [&](Operand::Kind kind, uint32_t id) {
    return kind == Operand::Kind::kComponent || (kind == Operand::Kind::kIndex && plan.columns->index != id);
  };
  return plan.columns->index && std::ranges::none_of(plan.projection, [&](const auto& c) { return is_other(c.kind, c.id); }) &&
         std::ranges::all_of(plan.predicate.conditions, [](const auto& c) { return c.stage <= Stage::kIndex; });
}

// What the conditions on segment ids alone leave.
arrow::Status FilterSegments(Plan* plan) {
  for (const auto& condition : plan->predicate.conditions) {
    if (condition.stage != Stage::kSegment) continue;
    std::vector<uint32_t> kept;
    for (const uint32_t segment : plan->segments) {
      std::vector<arrow::Datum> values(condition.operands.size(), arrow::Datum(plan->snapshot->segments[segment].id));
      ARROW_ASSIGN_OR_RAISE(const auto passes,
                            compute::ExecuteScalarExpression(condition.expression, compute::ExecBatch(std::move(values), 1)));
      const auto scalar = passes.is_scalar() ? passes.scalar() : passes.make_array()->GetScalar(0).ValueOr(nullptr);
      if (scalar != nullptr && scalar->is_valid && static_cast<const arrow::BooleanScalar&>(*scalar).value)
        kept.push_back(segment);
    }
    plan->all_segments = plan->all_segments && kept.size() == plan->segments.size();
    plan->segments = std::move(kept);
  }
  return arrow::Status::OK();
}

arrow::Status AddSegments(const Request& request, Plan* plan) {
  const auto& snapshot = *plan->snapshot;
  const auto add = [&](const std::string& id) {
    if (plan->predicate.segments && !plan->predicate.segments->contains(id)) return;
    const auto found = snapshot.segment_positions.find(id);
    if (found != snapshot.segment_positions.end()) plan->segments.push_back(found->second);
  };
  if (plan->predicate.never) return arrow::Status::OK();
  if (request.segments) {
    for (const auto& id : *request.segments) add(id);
  } else if (plan->predicate.segments) {
    for (const auto& id : *plan->predicate.segments) add(id);
  } else {
    plan->segments.resize(snapshot.segments.size());
    std::iota(plan->segments.begin(), plan->segments.end(), uint32_t{0});
    plan->all_segments = true;
  }
  if (!plan->all_segments) std::ranges::sort(plan->segments);
  plan->segments.erase(std::unique(plan->segments.begin(), plan->segments.end()), plan->segments.end());
  return FilterSegments(plan);
}

arrow::Status CheckAvailable(const Plan& plan) {
  for (const auto& [layer, why] : plan.snapshot->unavailable_layers) {
    const auto position = plan.snapshot->layer_positions.find(layer);
    if (position == plan.snapshot->layer_positions.end()) continue;
    const auto segment = plan.snapshot->segment_positions.find(plan.snapshot->layers[position->second]->segment_id);
    if (segment != plan.snapshot->segment_positions.end() && std::ranges::binary_search(plan.segments, segment->second))
      return why;
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<Plan> MakePlan(std::shared_ptr<const catalog::DatasetSnapshot> snapshot,
                             std::shared_ptr<const QueryColumns> columns, const Request& request) {
  Plan plan;
  plan.snapshot = std::move(snapshot);
  plan.columns = std::move(columns);
  plan.fill = request.fill_latest_at;
  if (request.limit && *request.limit < 0) return base::InvalidArgument("limit {}: expected 0 or more", *request.limit);
  plan.limit = request.limit;
  if (!request.index && request.index_values != nullptr)
    return base::InvalidArgument("index must be provided when using_index_values is specified");
  ARROW_ASSIGN_OR_RAISE(plan.predicate, AnalysePredicate(*plan.columns, request.filter));
  ARROW_RETURN_NOT_OK(AddProjection(request, &plan));
  plan.index_only = IsIndexOnly(plan);
  ARROW_RETURN_NOT_OK(AddSegments(request, &plan));
  ARROW_RETURN_NOT_OK(CheckAvailable(plan));
  return plan;
}

}  // namespace mutoscope::query
