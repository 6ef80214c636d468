#include "query/where_literal.h"

#include <charconv>
#include <cmath>
#include <map>

#include "arrow/type.h"
#include "arrow/util/value_parsing.h"
#include "base/status.h"

namespace mutoscope::query {
namespace {

using ScalarResult = arrow::Result<std::shared_ptr<arrow::Scalar>>;

const std::map<std::string_view, int64_t> kUnitNanoseconds = {
    {"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"min", 60'000'000'000}, {"h", 3'600'000'000'000}};

std::string TextOf(const Literal& literal) {
  const auto& token = literal.token;
  const std::string quote = token.kind == Token::Kind::kText ? "'" : "";
  return (literal.negative ? "-" : "") + quote + token.text + token.unit + quote;
}

arrow::Status Unsuited(const Literal& literal, const arrow::DataType& type, std::string_view hint = "") {
  return WhereError(literal.token.position,
                    fmt::format("{} cannot be compared with a value of type {}{}", TextOf(literal), type.ToString(), hint));
}

bool IsWhole(const Token& token) { return token.text.find_first_not_of("0123456789") == std::string::npos; }

arrow::Result<double> Fraction(const Literal& literal) {
  const std::string& text = literal.token.text;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return WhereError(literal.token.position, fmt::format("'{}' is no number", text));
  }
  return literal.negative ? -value : value;
}

arrow::Result<int64_t> Whole(const Literal& literal) {
  const std::string text = (literal.negative ? "-" : "") + literal.token.text;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  return WhereError(literal.token.position, fmt::format("{} is no whole number of 64 bits", text));
}

arrow::Result<int64_t> Nanoseconds(const Literal& literal) {
  if (literal.token.unit.empty()) return Whole(literal);
  const auto unit = kUnitNanoseconds.find(literal.token.unit);
  if (unit == kUnitNanoseconds.end()) {
    return WhereError(literal.token.position, fmt::format("'{}' is no unit of time: ns, us, ms, s, min, h", literal.token.unit));
  }
  if (IsWhole(literal.token)) {
    ARROW_ASSIGN_OR_RAISE(const int64_t count, Whole(literal));
    int64_t nanoseconds = 0;
    if (!__builtin_mul_overflow(count, unit->second, &nanoseconds)) return nanoseconds;
  } else {
    ARROW_ASSIGN_OR_RAISE(const double count, Fraction(literal));
    const double nanoseconds = std::round(count * static_cast<double>(unit->second));
    if (std::abs(nanoseconds) < 9.2e18) return static_cast<int64_t>(nanoseconds);
  }
  return WhereError(literal.token.position, fmt::format("{} does not fit into 64 bits of nanoseconds", TextOf(literal)));
}

ScalarResult Timestamp(const Literal& literal, const std::shared_ptr<arrow::DataType>& type) {
  if (literal.token.kind == Token::Kind::kNumber && literal.token.unit.empty()) {
    ARROW_ASSIGN_OR_RAISE(const int64_t value, Whole(literal));
    return std::make_shared<arrow::TimestampScalar>(value, type);
  }
  const std::string& text = literal.token.text;
  int64_t value = 0;
  const auto unit = static_cast<const arrow::TimestampType&>(*type).unit();
  if (literal.token.kind == Token::Kind::kText &&
      arrow::internal::ParseTimestampISO8601(text.data(), text.size(), unit, &value)) {
    return std::make_shared<arrow::TimestampScalar>(value, type);
  }
  return Unsuited(literal, *type, "; write it like '2026-01-31T12:00:00.123456789' (UTC)");
}

ScalarResult Duration(const Literal& literal, const std::shared_ptr<arrow::DataType>& type) {
  if (literal.token.kind != Token::Kind::kNumber) return Unsuited(literal, *type, "; write it like 1.5s or 20ms");
  ARROW_ASSIGN_OR_RAISE(const int64_t value, Nanoseconds(literal));
  return std::make_shared<arrow::DurationScalar>(value, type);
}

ScalarResult Number(const Literal& literal, const std::shared_ptr<arrow::DataType>& type) {
  if (literal.token.kind != Token::Kind::kNumber || !literal.token.unit.empty()) return Unsuited(literal, *type);
  if (arrow::is_floating(type->id()) || !IsWhole(literal.token)) {
    ARROW_ASSIGN_OR_RAISE(const double value, Fraction(literal));
    if (type->id() == arrow::Type::FLOAT) return std::make_shared<arrow::FloatScalar>(static_cast<float>(value));
    return std::make_shared<arrow::DoubleScalar>(value);
  }
  const std::string text = (literal.negative ? "-" : "") + literal.token.text;
  if (auto parsed = arrow::Scalar::Parse(type, text); parsed.ok()) return parsed;
  ARROW_ASSIGN_OR_RAISE(const int64_t value, Whole(literal));  // beyond the column's type; Arrow compares in a wider one
  return std::make_shared<arrow::Int64Scalar>(value);
}

}  // namespace

ScalarResult TypedLiteral(const Literal& literal, const std::shared_ptr<arrow::DataType>& type) {
  const auto& token = literal.token;
  if (token.kind == Token::Kind::kWord && token.text == "null") return arrow::MakeNullScalar(type);
  if (type->id() == arrow::Type::TIMESTAMP) return Timestamp(literal, type);
  if (type->id() == arrow::Type::DURATION) return Duration(literal, type);
  if (arrow::is_integer(type->id()) || arrow::is_floating(type->id())) return Number(literal, type);
  if (type->id() == arrow::Type::BOOL && token.kind == Token::Kind::kWord) {
    return std::make_shared<arrow::BooleanScalar>(token.text == "true");
  }
  if (token.kind == Token::Kind::kText && type->id() == arrow::Type::STRING)
    return std::make_shared<arrow::StringScalar>(token.text);
  if (token.kind == Token::Kind::kText && type->id() == arrow::Type::LARGE_STRING) {
    return std::make_shared<arrow::LargeStringScalar>(token.text);
  }
  if (type->id() == arrow::Type::LIST) {
    return Unsuited(literal, *type, "; compare an element of the list, for example \"column\"[0]");
  }
  return Unsuited(literal, *type);
}

}  // namespace mutoscope::query
