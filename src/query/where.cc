#include "query/where.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "arrow/array.h"
#include "arrow/builder.h"
#include "arrow/compute/api_scalar.h"
#include "base/status.h"
#include "query/where_literal.h"
#include "query/where_tokens.h"

namespace mutoscope::query {
namespace {

namespace compute = arrow::compute;
using compute::Expression;
using Kind = Token::Kind;

constexpr int kDepthMax = 100;  // parentheses and NOTs within each other

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

// One side of a comparison.
struct Value {
  std::optional<Expression> column;
  std::shared_ptr<arrow::DataType> type;  // of the column
  Literal literal;                        // if there is no column
};

class Parser {
 public:
  Parser(std::vector<Token> tokens, const arrow::Schema& schema) : tokens_(std::move(tokens)), schema_(schema) {}

  arrow::Result<Expression> Parse() {
    ARROW_ASSIGN_OR_RAISE(auto condition, Or(0));
    if (Peek().kind != Kind::kEnd) return Unexpected("AND, OR or the end");
    return condition;
  }

 private:
  arrow::Result<Expression> Or(int depth) {
    ARROW_ASSIGN_OR_RAISE(auto left, And(depth));
    while (TakeWord("or")) {
      ARROW_ASSIGN_OR_RAISE(auto right, And(depth));
      left = compute::or_(std::move(left), std::move(right));
    }
    return left;
  }

  arrow::Result<Expression> And(int depth) {
    ARROW_ASSIGN_OR_RAISE(auto left, Not(depth));
    while (TakeWord("and")) {
      ARROW_ASSIGN_OR_RAISE(auto right, Not(depth));
      left = compute::and_(std::move(left), std::move(right));
    }
    return left;
  }

  arrow::Result<Expression> Not(int depth) {
    if (depth > kDepthMax) return WhereError(Peek().position, fmt::format("nested deeper than {} levels", kDepthMax));
    if (TakeWord("not")) {
      ARROW_ASSIGN_OR_RAISE(auto condition, Not(depth + 1));
      return compute::not_(std::move(condition));
    }
    if (!TakeSymbol("(")) return Comparison();
    ARROW_ASSIGN_OR_RAISE(auto condition, Or(depth + 1));
    if (!TakeSymbol(")")) return Unexpected("')'");
    return condition;
  }

  arrow::Result<Expression> Comparison() {
    const size_t position = Peek().position;
    ARROW_ASSIGN_OR_RAISE(const Value left, OneValue());
    if (const auto function = TakeComparison()) {
      ARROW_ASSIGN_OR_RAISE(const Value right, OneValue());
      return Compare(*function, left, right, position);
    }
    if (TakeWord("is")) {
      const bool negated = TakeWord("not");
      if (!TakeWord("null")) return Unexpected("NULL");
      ARROW_RETURN_NOT_OK(NeedColumn(left, position));
      return negated ? compute::is_valid(*left.column) : compute::is_null(*left.column);
    }
    const bool negated = TakeWord("not");
    std::optional<Expression> condition;
    if (TakeWord("in")) {
      ARROW_ASSIGN_OR_RAISE(condition, In(left, position));
    } else if (TakeWord("between")) {
      ARROW_ASSIGN_OR_RAISE(condition, Between(left, position));
    } else if (negated) {
      return Unexpected("IN or BETWEEN");
    }
    if (condition) return negated ? compute::not_(std::move(*condition)) : std::move(*condition);
    if (left.column && left.type->id() == arrow::Type::BOOL) return *left.column;
    if (!left.column && left.literal.token.kind == Kind::kWord && left.literal.token.text != "null") {
      return compute::literal(left.literal.token.text == "true");
    }
    return Unexpected("a comparison (= != < <= > >= IN BETWEEN IS)");
  }

  static arrow::Result<Expression> Compare(const std::string& function, const Value& left, const Value& right, size_t position) {
    if (!left.column && !right.column) return WhereError(position, "one side of a comparison must be a column");
    const auto& type = left.column ? left.type : right.type;
    ARROW_ASSIGN_OR_RAISE(auto a, ExpressionOf(left, type));
    ARROW_ASSIGN_OR_RAISE(auto b, ExpressionOf(right, type));
    return compute::call(function, {std::move(a), std::move(b)});
  }

  static arrow::Result<Expression> ExpressionOf(const Value& value, const std::shared_ptr<arrow::DataType>& type) {
    if (value.column) return *value.column;
    ARROW_ASSIGN_OR_RAISE(auto scalar, TypedLiteral(value.literal, type));
    return compute::literal(std::move(scalar));
  }

  arrow::Result<Expression> Between(const Value& value, size_t position) {
    ARROW_ASSIGN_OR_RAISE(const Value low, OneValue());
    if (!TakeWord("and")) return Unexpected("AND");
    ARROW_ASSIGN_OR_RAISE(const Value high, OneValue());
    ARROW_ASSIGN_OR_RAISE(auto above, Compare("greater_equal", value, low, position));
    ARROW_ASSIGN_OR_RAISE(auto below, Compare("less_equal", value, high, position));
    return compute::and_(std::move(above), std::move(below));
  }

  arrow::Result<Expression> In(const Value& value, size_t position) {
    ARROW_RETURN_NOT_OK(NeedColumn(value, position));
    if (!TakeSymbol("(")) return Unexpected("'('");
    ARROW_ASSIGN_OR_RAISE(const auto builder, arrow::MakeBuilder(value.type));
    do {
      const size_t element_position = Peek().position;
      ARROW_ASSIGN_OR_RAISE(const Value element, OneValue());
      if (element.column) return WhereError(element_position, "IN takes literals, not columns");
      ARROW_ASSIGN_OR_RAISE(const auto scalar, TypedLiteral(element.literal, value.type));
      if (!scalar->type->Equals(*value.type)) {
        return WhereError(element_position,
                          fmt::format("a value of type {} can never be {}", value.type->ToString(), scalar->ToString()));
      }
      ARROW_RETURN_NOT_OK(builder->AppendScalar(*scalar));
    } while (TakeSymbol(","));
    if (!TakeSymbol(")")) return Unexpected("',' or ')'");
    ARROW_ASSIGN_OR_RAISE(const auto values, builder->Finish());
    // As SQL has it: null if the value is null, or if it is not found among values that have a null.
    return compute::call("is_in", {*value.column}, compute::SetLookupOptions(values, compute::SetLookupOptions::INCONCLUSIVE));
  }

  arrow::Result<Value> OneValue() {
    Value value;
    const Token token = Peek();
    if (token.kind == Kind::kSymbol && (token.text == "-" || token.text == "+")) {
      ++next_;
      if (Peek().kind != Kind::kNumber) return Unexpected("a number");
      value.literal = {tokens_[next_++], token.text == "-"};
      return value;
    }
    if (token.kind == Kind::kNumber || token.kind == Kind::kText) {
      value.literal.token = tokens_[next_++];
      return value;
    }
    if (token.kind != Kind::kWord && token.kind != Kind::kQuoted) return Unexpected("a column or a literal");
    ++next_;
    const std::string word = token.kind == Kind::kWord ? Lower(token.text) : "";
    if (word == "timestamp" && Peek().kind == Kind::kText) {
      value.literal.token = tokens_[next_++];
      return value;
    }
    if (word == "true" || word == "false" || word == "null") {
      value.literal.token = token;
      value.literal.token.text = word;
      return value;
    }
    const auto field = schema_.GetFieldByName(token.text);
    if (field == nullptr) {
      return WhereError(token.position,
                        fmt::format("there is no column '{}'; `mutoscope dataset show` lists those that there are", token.text));
    }
    value.column = compute::field_ref(token.text);
    value.type = field->type();
    while (TakeSymbol("[")) ARROW_RETURN_NOT_OK(Element(token.text, &value));
    return value;
  }

  arrow::Status Element(const std::string& column, Value* value) {
    const Token token = Peek();
    int64_t position = 0;
    const auto [end, error] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), position);
    const bool whole =
        token.kind == Kind::kNumber && token.unit.empty() && error == std::errc() && end == token.text.data() + token.text.size();
    if (!whole) return Unexpected("the number of an element, from 0");
    ++next_;
    if (!TakeSymbol("]")) return Unexpected("']'");
    if (value->type->id() != arrow::Type::LIST && value->type->id() != arrow::Type::FIXED_SIZE_LIST) {
      return WhereError(token.position,
                        fmt::format("'{}' has no elements here: it is of type {}", column, value->type->ToString()));
    }
    value->type = value->type->field(0)->type();
    value->column = compute::call("list_element", {std::move(*value->column), compute::literal(position)});
    return arrow::Status::OK();
  }

  static arrow::Status NeedColumn(const Value& value, size_t position) {
    return value.column ? arrow::Status::OK() : WhereError(position, "a column is expected before IN and IS");
  }

  std::optional<std::string> TakeComparison() {
    static constexpr std::array<std::pair<std::string_view, const char*>, 8> kFunctions = {{{"=", "equal"},
                                                                                            {"==", "equal"},
                                                                                            {"!=", "not_equal"},
                                                                                            {"<>", "not_equal"},
                                                                                            {"<", "less"},
                                                                                            {"<=", "less_equal"},
                                                                                            {">", "greater"},
                                                                                            {">=", "greater_equal"}}};
    for (const auto& [symbol, function] : kFunctions) {
      if (TakeSymbol(symbol)) return function;
    }
    return std::nullopt;
  }

  const Token& Peek() const { return tokens_[next_]; }
  bool TakeWord(std::string_view word) {
    if (Peek().kind != Kind::kWord || Lower(Peek().text) != word) return false;
    ++next_;
    return true;
  }
  bool TakeSymbol(std::string_view symbol) {
    if (Peek().kind != Kind::kSymbol || Peek().text != symbol) return false;
    ++next_;
    return true;
  }
  arrow::Status Unexpected(std::string_view expected) const {
    const Token& token = Peek();
    const std::string found = token.kind == Kind::kEnd ? "the end" : "'" + token.text + token.unit + "'";
    return WhereError(token.position, fmt::format("expected {}, found {}", expected, found));
  }

  const std::vector<Token> tokens_;
  const arrow::Schema& schema_;
  size_t next_ = 0;
};

}  // namespace

arrow::Result<Expression> ParseWhere(std::string_view text, const arrow::Schema& schema) {
  ARROW_ASSIGN_OR_RAISE(auto tokens, Tokenize(text));
  return Parser(std::move(tokens), schema).Parse();
}

}  // namespace mutoscope::query
