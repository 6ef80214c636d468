// The functions that a filter from the wire may call.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "arrow/compute/function_options.h"
#include "arrow/result.h"
#include "arrow/scalar.h"

namespace mutoscope::native {

// Functions of one row that take time linear in their input and cannot ask for memory beyond it.
bool IsAllowedFunction(std::string_view name);

// Values that a literal, a set of values, or the target of a cast may have.
bool IsPlainType(const arrow::DataType& type);

// The options of a call; null if `serialized` is null. INVALID_ARGUMENT if they are not the ones that the function takes: kernels
// do not check that.
arrow::Result<std::shared_ptr<arrow::compute::FunctionOptions>> DecodeOptions(const std::string& function,
                                                                              const arrow::StructScalar* serialized);

}  // namespace mutoscope::native
