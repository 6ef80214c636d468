#include <string_view>
#include <vector>

#include "arrow/compute/expression.h"
#include "native/expression_codec.h"

namespace mutoscope::native {
namespace {

namespace compute = arrow::compute;
using Expressions = std::vector<compute::Expression>;

bool IsChainFunction(std::string_view name) {
  return name == "and_kleene" || name == "or_kleene" || name == "and" || name == "or";
}

compute::Expression Balanced(const compute::Expression& expression);

compute::Expression Tree(const std::string& function, const Expressions& operands, size_t begin, size_t end) {
  if (end - begin == 1) return operands[begin];
  const size_t middle = begin + (end - begin) / 2;
  return compute::call(function, {Tree(function, operands, begin, middle), Tree(function, operands, middle, end)});
}

// The operands of a chain from left to right. A loop: chains may be as long as memory lasts.
Expressions OperandsOf(const std::string& function, const compute::Expression& chain) {
  Expressions operands, waiting = {chain};
  while (!waiting.empty()) {
    const compute::Expression next = std::move(waiting.back());
    waiting.pop_back();
    const auto* call = next.call();
    if (call != nullptr && call->function_name == function && call->arguments.size() == 2) {
      waiting.push_back(call->arguments[1]);
      waiting.push_back(call->arguments[0]);
    } else {
      operands.push_back(Balanced(next));
    }
  }
  return operands;
}

compute::Expression Balanced(const compute::Expression& expression) {
  const auto* call = expression.call();
  if (call == nullptr) return expression;
  if (IsChainFunction(call->function_name) && call->arguments.size() == 2) {
    const auto operands = OperandsOf(call->function_name, expression);
    return Tree(call->function_name, operands, 0, operands.size());
  }
  Expressions arguments;
  for (const auto& argument : call->arguments) arguments.push_back(Balanced(argument));
  return compute::call(call->function_name, std::move(arguments), call->options);
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::Buffer>> EncodeExpression(const compute::Expression& expression) {
  return compute::Serialize(Balanced(expression));
}

}  // namespace mutoscope::native
