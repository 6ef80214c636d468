#include "query/predicate.h"

#include <algorithm>

#include "arrow/compute/api.h"
#include "base/status.h"
#include "query/index_values.h"
#include "query/list_element.h"

namespace mutoscope::query {
namespace {

namespace compute = arrow::compute;
using compute::Expression;

constexpr char kPresencePrefix = '\1';  // no column name has it

bool IsComparison(const std::string& name) {
  return name == "equal" || name == "not_equal" || name == "less" || name == "less_equal" || name == "greater" ||
         name == "greater_equal";
}

std::string Flipped(const std::string& comparison) {
  if (comparison == "less") return "greater";
  if (comparison == "less_equal") return "greater_equal";
  if (comparison == "greater") return "less";
  if (comparison == "greater_equal") return "less_equal";
  return comparison;
}

bool IsAnd(const std::string& name) { return name == "and_kleene" || name == "and"; }
bool IsOr(const std::string& name) { return name == "or_kleene" || name == "or"; }

// The column an expression names, if it is nothing but a reference.
std::optional<std::string> NameIn(const Expression& expression) {
  const auto* ref = expression.field_ref();
  return ref != nullptr && ref->IsName() ? std::optional(*ref->name()) : std::nullopt;
}

std::shared_ptr<arrow::Scalar> LiteralIn(const Expression& expression) {
  const auto* literal = expression.literal();
  return literal != nullptr && literal->is_scalar() ? literal->scalar() : nullptr;
}

// Two sides of a comparison with the column on the left.
struct Comparison {
  std::string function;
  std::string column;
  std::shared_ptr<arrow::Scalar> literal;
};

std::optional<Comparison> ComparisonIn(const Expression& expression) {
  const auto* call = expression.call();
  if (call == nullptr || !IsComparison(call->function_name)) return std::nullopt;
  auto column = NameIn(call->arguments[0]);
  auto literal = LiteralIn(call->arguments[1]);
  if (column && literal) return Comparison{call->function_name, *column, literal};
  column = NameIn(call->arguments[1]);
  literal = LiteralIn(call->arguments[0]);
  if (column && literal) return Comparison{Flipped(call->function_name), *column, literal};
  return std::nullopt;
}

// The values of `column is_in (…)`, without nulls.
std::shared_ptr<arrow::Array> LookupIn(const Expression& expression, const std::string& column) {
  const auto* call = expression.call();
  if (call == nullptr || call->function_name != "is_in" || call->arguments.size() != 1) return nullptr;
  if (NameIn(call->arguments[0]) != column || call->options == nullptr) return nullptr;
  const auto& values = static_cast<const compute::SetLookupOptions&>(*call->options).value_set;
  return values.is_array() ? values.make_array() : nullptr;
}

class Analyser {
 public:
  explicit Analyser(const QueryColumns& columns) : columns_(columns) {
    for (uint32_t i = 0; i < columns.indexes.size(); ++i) index_ids_[columns.indexes[i].name] = i;
    for (uint32_t i = 0; i < columns.components.size(); ++i) component_ids_[columns.components[i].field->name()] = i;
  }

  arrow::Result<Predicate> Run(const Expression& filter) {
    predicate_.rest = compute::literal(true);
    ARROW_RETURN_NOT_OK(AddConjunct(filter));
    std::ranges::stable_sort(predicate_.conditions, {}, &Condition::stage);
    predicate_.never = predicate_.never || predicate_.index.empty() || (predicate_.segments && predicate_.segments->empty());
    return std::move(predicate_);
  }

 private:
  arrow::Status AddConjunct(const Expression& expression) {
    if (const auto* call = expression.call(); call != nullptr && IsAnd(call->function_name)) {
      for (const auto& argument : call->arguments) ARROW_RETURN_NOT_OK(AddConjunct(argument));
      return arrow::Status::OK();
    }
    if (const auto literal = LiteralIn(expression)) {
      if (literal->type->id() != arrow::Type::BOOL && literal->is_valid) return NoBoolean(expression);
      predicate_.never |= !literal->is_valid || !static_cast<const arrow::BooleanScalar&>(*literal).value;
      return arrow::Status::OK();
    }
    ARROW_ASSIGN_OR_RAISE(const Expression typed, WithTypedLiterals(expression));
    bool is_exact = SearchIndexes(typed);
    is_exact = SearchSegments(typed) || is_exact;
    predicate_.rest = predicate_.rest.Equals(compute::literal(true)) ? typed : compute::and_(predicate_.rest, typed);
    return is_exact ? CheckOnly(typed) : AddCondition(typed);
  }

  // ---- what can be searched for

  // True if the intervals say all that the expression does.
  bool SearchIndexes(const Expression& expression) {
    bool all_exact = false;
    for (uint32_t i = 0; i < columns_.indexes.size(); ++i) {
      bool exact = true;
      const auto found = IntervalsIn(expression, i, &exact);
      if (!found) continue;
      if (columns_.index == i) {
        predicate_.index = predicate_.index.And(*found);
        predicate_.index_is_exact &= exact;
        all_exact |= exact;
      } else {
        predicate_.other_indexes.emplace_back(i, *found);
      }
    }
    return all_exact;
  }

  // Values of an index outside of which the expression is never true; absent if it says nothing of that index. `exact` becomes
  // false unless it is true for all of them.
  std::optional<Intervals> IntervalsIn(const Expression& expression, uint32_t index, bool* exact) const {
    const std::string& name = columns_.indexes[index].name;
    if (const auto comparison = ComparisonIn(expression)) {
      if (comparison->column != name) return std::nullopt;
      return IntervalsOf(*comparison, columns_.indexes[index].kind);
    }
    if (const auto values = LookupIn(expression, name)) return PointsOf(*values, columns_.indexes[index].kind);
    const auto* call = expression.call();
    if (call == nullptr) return std::nullopt;
    const auto& arguments = call->arguments;
    if (IsAnd(call->function_name)) {
      const auto a = IntervalsIn(arguments[0], index, exact);
      const auto b = IntervalsIn(arguments[1], index, exact);
      if (a && b) return a->And(*b);
      *exact = false;
      return a ? a : b;
    }
    if (IsOr(call->function_name)) {
      const auto a = IntervalsIn(arguments[0], index, exact);
      const auto b = IntervalsIn(arguments[1], index, exact);
      if (!a || !b) return std::nullopt;
      return a->Or(*b);
    }
    // Only the row's own index is never null, so that what is not true is false.
    if (call->function_name == "invert" && columns_.index == index) {
      bool inner_exact = true;
      const auto inner = IntervalsIn(arguments[0], index, &inner_exact);
      if (!inner || !inner_exact) return std::nullopt;
      return inner->Not();
    }
    return std::nullopt;
  }

  static std::optional<Intervals> IntervalsOf(const Comparison& comparison, chunk::TimelineKind kind) {
    if (!comparison.literal->is_valid) return Intervals::None();
    const auto value = ExactIndexValue(*comparison.literal, kind);
    if (!value) return std::nullopt;
    const int64_t v = *value;
    const auto below = [&] { return v == kIndexMin ? Intervals::None() : Intervals::Of(kIndexMin, v - 1); };
    const auto above = [&] { return v == kIndexMax ? Intervals::None() : Intervals::Of(v + 1, kIndexMax); };
    if (comparison.function == "equal") return Intervals::Of(v, v);
    if (comparison.function == "not_equal") return below().Or(above());
    if (comparison.function == "less") return below();
    if (comparison.function == "less_equal") return Intervals::Of(kIndexMin, v);
    if (comparison.function == "greater") return above();
    return Intervals::Of(v, kIndexMax);
  }

  static std::optional<Intervals> PointsOf(const arrow::Array& values, chunk::TimelineKind kind) {
    std::vector<int64_t> points;
    for (int64_t i = 0; i < values.length(); ++i) {
      if (values.IsNull(i)) return std::nullopt;
      const auto scalar = values.GetScalar(i);
      const auto value = scalar.ok() ? ExactIndexValue(**scalar, kind) : std::nullopt;
      if (!value) return std::nullopt;
      points.push_back(*value);
    }
    return Intervals::Points(std::move(points));
  }

  using Names = std::unordered_set<std::string>;

  bool SearchSegments(const Expression& expression) {
    auto names = SegmentsIn(expression);
    if (!names) return false;
    if (predicate_.segments) std::erase_if(*names, [&](const auto& name) { return !predicate_.segments->contains(name); });
    predicate_.segments = std::move(names);
    return true;
  }

  // The ids for which the expression is true, if it is about nothing else and lists them.
  static std::optional<Names> SegmentsIn(const Expression& expression) {
    const auto text = [](const arrow::Scalar& scalar) -> std::optional<std::string> {
      if (!scalar.is_valid || !arrow::is_string(scalar.type->id())) return std::nullopt;
      return std::string(static_cast<const arrow::BaseBinaryScalar&>(scalar).view());
    };
    if (const auto comparison = ComparisonIn(expression)) {
      if (comparison->column != kSegmentIdColumn || comparison->function != "equal") return std::nullopt;
      const auto name = text(*comparison->literal);
      return name ? std::optional(Names{*name}) : std::nullopt;
    }
    if (const auto values = LookupIn(expression, kSegmentIdColumn)) {
      Names names;
      for (int64_t i = 0; i < values->length(); ++i) {
        const auto scalar = values->GetScalar(i);
        const auto name = scalar.ok() ? text(**scalar) : std::nullopt;
        if (!name) return std::nullopt;
        names.insert(*name);
      }
      return names;
    }
    const auto* call = expression.call();
    if (call == nullptr || !IsOr(call->function_name)) return std::nullopt;
    auto a = SegmentsIn(call->arguments[0]);
    auto b = SegmentsIn(call->arguments[1]);
    if (!a || !b) return std::nullopt;
    a->merge(*b);
    return a;
  }

  // ---- conditions

  // Literals that are compared with an index get its type: integers are raw values (rulings.md A16), time zones do not count.
  arrow::Result<Expression> WithTypedLiterals(const Expression& expression) const {
    if (expression.literal() != nullptr) return expression;
    if (const auto* ref = expression.field_ref()) return compute::field_ref(*ref);
    const auto* call = expression.call();
    std::vector<Expression> arguments;
    for (const auto& argument : call->arguments) {
      ARROW_ASSIGN_OR_RAISE(arguments.emplace_back(), WithTypedLiterals(argument));
    }
    if (IsComparison(call->function_name)) {
      for (const size_t side : {size_t{0}, size_t{1}}) {
        const auto name = NameIn(arguments[side]);
        const auto index = name ? index_ids_.find(*name) : index_ids_.end();
        const auto literal = LiteralIn(arguments[1 - side]);
        if (index == index_ids_.end() || literal == nullptr) continue;
        const auto kind = columns_.indexes[index->second].kind;
        if (const auto value = ExactIndexValue(*literal, kind)) {
          ARROW_ASSIGN_OR_RAISE(auto typed, arrow::MakeScalar(chunk::ArrowTypeOf(kind), *value));
          arguments[1 - side] = compute::literal(std::move(typed));
        } else if (!literal->is_valid) {
          arguments[1 - side] = compute::literal(arrow::MakeNullScalar(chunk::ArrowTypeOf(kind)));
        }
      }
    }
    return compute::call(call->function_name, std::move(arguments), call->options);
  }

  // Presence of cells is asked of the index instead of the payload; list elements that are not there are null; IN of a null is
  // null.
  Expression Rewritten(const Expression& expression) const {
    const auto* call = expression.call();
    if (call == nullptr) return expression;
    if ((call->function_name == "is_valid" || call->function_name == "is_null") && call->arguments.size() == 1) {
      const auto name = NameIn(call->arguments[0]);
      if (name && component_ids_.contains(*name)) {
        auto presence = compute::field_ref(kPresencePrefix + *name);
        return call->function_name == "is_valid" ? presence : compute::call("invert", {std::move(presence)});
      }
    }
    std::vector<Expression> arguments;
    for (const auto& argument : call->arguments) arguments.push_back(Rewritten(argument));
    if (call->function_name == "list_element") return compute::call(kListElementOrNull, std::move(arguments));
    if (call->function_name == "is_in" && arguments.size() == 1) {
      const auto is_there = compute::is_valid(arguments[0]);
      auto is_in = compute::call("is_in", {arguments[0]}, call->options);
      return compute::call("if_else", {is_there, std::move(is_in), compute::literal(arrow::MakeNullScalar(arrow::boolean()))});
    }
    return compute::call(call->function_name, std::move(arguments), call->options);
  }

  arrow::Result<Operand> OperandOf(const std::string& name) const {
    if (name == kSegmentIdColumn) return Operand{Operand::Kind::kSegmentId, 0};
    if (const auto found = index_ids_.find(name); found != index_ids_.end()) return Operand{Operand::Kind::kIndex, found->second};
    const bool presence = name.starts_with(kPresencePrefix);
    if (const auto found = component_ids_.find(presence ? name.substr(1) : name); found != component_ids_.end()) {
      return Operand{presence ? Operand::Kind::kPresence : Operand::Kind::kComponent, found->second};
    }
    return base::InvalidArgument("the filter names the column '{}', which the answer does not have; it has {}", name,
                                 Shortened(columns_.schema->field_names()));
  }

  static std::string Shortened(const std::vector<std::string>& names) {
    constexpr size_t kNamesMax = 12;
    std::string text;
    for (size_t i = 0; i < std::min(names.size(), kNamesMax); ++i) text += (i == 0 ? "'" : ", '") + names[i] + "'";
    return names.size() > kNamesMax ? text + fmt::format(" and {} more", names.size() - kNamesMax) : text;
  }

  std::shared_ptr<arrow::Field> FieldOf(const Operand& operand, const std::string& name) const {
    switch (operand.kind) {
      case Operand::Kind::kSegmentId:
        return arrow::field(name, arrow::utf8(), false);
      case Operand::Kind::kIndex:
        return arrow::field(name, chunk::ArrowTypeOf(columns_.indexes[operand.id].kind));
      case Operand::Kind::kPresence:
        return arrow::field(name, arrow::boolean(), false);
      default:
        return arrow::field(name, columns_.components[operand.id].field->type());
    }
  }

  Stage StageOf(const std::vector<Operand>& operands) const {
    Stage stage = Stage::kSegment;
    for (const Operand& operand : operands) {
      Stage own = Stage::kSegment;
      if (operand.kind == Operand::Kind::kIndex) own = columns_.index == operand.id ? Stage::kIndex : Stage::kOtherIndexes;
      if (operand.kind == Operand::Kind::kPresence) own = Stage::kPresence;
      if (operand.kind == Operand::Kind::kComponent)
        own = columns_.components[operand.id].is_blob ? Stage::kBlobs : Stage::kSmallColumns;
      stage = std::max(stage, own);
    }
    return stage;
  }

  static arrow::Status NoBoolean(const Expression& expression) {
    return base::InvalidArgument("the filter '{}' is no condition: expected a boolean", expression.ToString());
  }

  arrow::Result<Condition> ConditionOf(const Expression& typed) const {
    Condition condition;
    const Expression rewritten = Rewritten(typed);
    arrow::FieldVector fields;
    for (const auto& ref : compute::FieldsInExpression(rewritten)) {
      const auto* first = ref.IsNested() ? &ref.nested_refs()->front() : &ref;
      if (!first->IsName()) return base::InvalidArgument("the filter must name its columns, found {}", ref.ToString());
      ARROW_ASSIGN_OR_RAISE(const Operand operand, OperandOf(*first->name()));
      if (std::ranges::find(condition.operands, operand) != condition.operands.end()) continue;
      condition.operands.push_back(operand);
      fields.push_back(FieldOf(operand, *first->name()));
    }
    condition.stage = StageOf(condition.operands);
    auto bound = rewritten.Bind(*arrow::schema(std::move(fields)));
    if (!bound.ok()) {
      return base::InvalidArgument("the filter '{}' does not fit the columns: {}", typed.ToString(), bound.status().message());
    }
    condition.expression = bound.MoveValueUnsafe();
    if (condition.expression.type()->id() != arrow::Type::BOOL && condition.expression.type()->id() != arrow::Type::NA)
      return NoBoolean(typed);
    return condition;
  }

  arrow::Status CheckOnly(const Expression& typed) const { return ConditionOf(typed).status(); }

  arrow::Status AddCondition(const Expression& typed) {
    ARROW_ASSIGN_OR_RAISE(auto condition, ConditionOf(typed));
    predicate_.conditions.push_back(std::move(condition));
    return arrow::Status::OK();
  }

  const QueryColumns& columns_;
  std::unordered_map<std::string, uint32_t> index_ids_;
  std::unordered_map<std::string, uint32_t> component_ids_;
  Predicate predicate_;
};

}  // namespace

std::string_view NameOf(Stage stage) {
  static constexpr std::string_view kNames[] = {"segment ids",       "index",         "other indexes",
                                                "presence of cells", "small columns", "blobs"};
  return kNames[static_cast<size_t>(stage)];
}

arrow::Result<Predicate> AnalysePredicate(const QueryColumns& columns, const Expression& filter) {
  RegisterFunctions();
  return Analyser(columns).Run(filter);
}

}  // namespace mutoscope::query
