#include "query/list_element.h"

#include <mutex>

#include "arrow/array.h"
#include "arrow/builder.h"
#include "arrow/compute/api.h"
#include "arrow/compute/function.h"
#include "arrow/compute/initialize.h"
#include "arrow/compute/kernel.h"
#include "arrow/compute/registry.h"
#include "base/status.h"
#include "query/predicate.h"

namespace mutoscope::query {
namespace {

namespace compute = arrow::compute;

arrow::Result<int64_t> ElementAsked(const compute::ExecValue& value) {
  if (value.is_array()) return base::InvalidArgument("the number of a list element must be a literal");
  ARROW_ASSIGN_OR_RAISE(const auto wide, compute::Cast(arrow::Datum(value.scalar->GetSharedPtr()), arrow::int64()));
  const auto& number = static_cast<const arrow::Int64Scalar&>(*wide.scalar());
  if (!number.is_valid || number.value < 0)
    return base::InvalidArgument("list elements are numbered from 0, found {}", number.ToString());
  return number.value;
}

arrow::Status TakeElements(compute::KernelContext* context, const compute::ExecSpan& batch, compute::ExecResult* out) {
  ARROW_ASSIGN_OR_RAISE(const int64_t element, ElementAsked(batch[1]));
  if (batch[0].is_scalar()) return arrow::Status::NotImplemented("list_element of a literal");
  const arrow::ListArray lists(batch[0].array.ToArrayData());
  arrow::Int64Builder indices(context->memory_pool());
  ARROW_RETURN_NOT_OK(indices.Reserve(lists.length()));
  for (int64_t row = 0; row < lists.length(); ++row) {
    if (lists.IsNull(row) || element >= lists.value_length(row)) {
      indices.UnsafeAppendNull();
    } else {
      indices.UnsafeAppend(lists.value_offset(row) + element);
    }
  }
  ARROW_ASSIGN_OR_RAISE(const auto positions, indices.Finish());
  ARROW_ASSIGN_OR_RAISE(const auto taken, compute::Take(lists.values(), positions));
  out->value = taken.array();
  return arrow::Status::OK();
}

arrow::Result<arrow::TypeHolder> ElementType(compute::KernelContext*, const std::vector<arrow::TypeHolder>& types) {
  return arrow::TypeHolder(static_cast<const arrow::ListType&>(*types[0].type).value_type());
}

class ListElementOrNull final : public compute::ScalarFunction {
 public:
  ListElementOrNull()
      : ScalarFunction(kListElementOrNull, compute::Arity::Binary(),
                       compute::FunctionDoc("Element of a list, null if it is not there", "Elements are numbered from 0.",
                                            {"lists", "element"})) {
    compute::ScalarKernel kernel({compute::InputType(arrow::Type::LIST), compute::InputType()}, compute::OutputType(ElementType),
                                 TakeElements);
    kernel.null_handling = compute::NullHandling::COMPUTED_NO_PREALLOCATE;
    kernel.mem_allocation = compute::MemAllocation::NO_PREALLOCATE;
    kernel.can_write_into_slices = false;
    (void)AddKernel(std::move(kernel));
  }
};

}  // namespace

void RegisterFunctions() {
  static std::once_flag once;
  std::call_once(once, [] {
    (void)compute::Initialize();
    (void)compute::GetFunctionRegistry()->AddFunction(std::make_shared<ListElementOrNull>(), /*allow_overwrite=*/true);
  });
}

}  // namespace mutoscope::query
