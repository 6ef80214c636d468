// Filters on the wire: Arrow's own serialisation of expressions (arrow::compute::Serialize).
//
// What comes from the wire is untrusted. Arrow's Deserialize trusts it (positions, types of options, depth), so decoding is done
// here, over the same bytes, and makes nothing but what is listed in function_list.h.
#pragma once

#include <cstdint>
#include <memory>

#include "arrow/buffer.h"
#include "arrow/compute/expression.h"
#include "arrow/result.h"

namespace mutoscope::native {

inline constexpr int64_t kExpressionBytesMax = int64_t{1} << 20;
inline constexpr uint64_t kExpressionNodesMax = 4096;  // literals, columns and calls
inline constexpr int kExpressionDepthMax = 64;

// Long chains of AND or OR become balanced trees first, so that they stay within the depth; what they mean does not change.
arrow::Result<std::shared_ptr<arrow::Buffer>> EncodeExpression(const arrow::compute::Expression& expression);

// INVALID_ARGUMENT naming the function that is not allowed, the limit that is exceeded, or what is damaged. Literals are plain
// values or lists of them.
arrow::Result<arrow::compute::Expression> DecodeExpression(const std::shared_ptr<arrow::Buffer>& bytes);

}  // namespace mutoscope::native
