#include "native/function_list.h"

#include <array>
#include <cstdlib>
#include <map>

#include "arrow/compute/api_scalar.h"
#include "arrow/compute/cast.h"
#include "arrow/type.h"
#include "arrow/util/checked_cast.h"
#include "base/status.h"

namespace mutoscope::native {
namespace {

namespace compute = arrow::compute;

using OptionsPtr = std::shared_ptr<compute::FunctionOptions>;

constexpr int64_t kRoundDigitsMax = 64;
constexpr int kRoundModes = 10;
constexpr uint32_t kNullMatchingModes = 4;

enum class Options { kNone, kNull, kElementWise, kRound, kSetLookup, kCast, kMatchSubstring, kStructField };

const std::map<std::string_view, Options>& Functions() {
  static const std::map<std::string_view, Options> functions = [] {
    std::map<std::string_view, Options> all;
    for (const char* name : {"equal",
                             "not_equal",
                             "less",
                             "less_equal",
                             "greater",
                             "greater_equal",
                             "between",
                             "and",
                             "and_kleene",
                             "or",
                             "or_kleene",
                             "xor",
                             "and_not",
                             "and_not_kleene",
                             "invert",
                             "is_valid",
                             "is_nan",
                             "is_finite",
                             "is_inf",
                             "true_unless_null",
                             "add",
                             "add_checked",
                             "subtract",
                             "subtract_checked",
                             "multiply",
                             "multiply_checked",
                             "divide",
                             "divide_checked",
                             "negate",
                             "negate_checked",
                             "abs",
                             "abs_checked",
                             "sign",
                             "floor",
                             "ceil",
                             "trunc",
                             "list_element",
                             "list_value_length",
                             "binary_length",
                             "utf8_length",
                             "ascii_lower",
                             "ascii_upper",
                             "utf8_lower",
                             "utf8_upper",
                             "string_is_ascii",
                             "if_else",
                             "coalesce"}) {
      all[name] = Options::kNone;
    }
    for (const char* name : {"starts_with", "ends_with", "match_substring", "match_like", "find_substring", "count_substring"}) {
      all[name] = Options::kMatchSubstring;
    }
    all["is_null"] = Options::kNull;
    all["max_element_wise"] = all["min_element_wise"] = Options::kElementWise;
    all["round"] = Options::kRound;
    all["is_in"] = all["index_in"] = Options::kSetLookup;
    all["cast"] = Options::kCast;
    all["struct_field"] = Options::kStructField;
    return all;
  }();
  return functions;
}

// Reads the members of a serialized options struct; remembers what was wrong first.
class Members {
 public:
  Members(const std::string& function, const arrow::StructScalar& serialized) : function_(function), struct_(serialized) {}

  std::shared_ptr<arrow::Scalar> Find(const char* name) {
    const auto& type = arrow::internal::checked_cast<const arrow::StructType&>(*struct_.type);
    const int position = type.GetFieldIndex(name);
    if (position >= 0 && static_cast<size_t>(position) < struct_.value.size())
      return struct_.value[static_cast<size_t>(position)];
    Fail(name);
    return nullptr;
  }

  template <typename ScalarType>
  auto Number(const char* name) -> decltype(ScalarType::value) {
    const auto value = Find(name);
    if (value != nullptr && value->is_valid && value->type->id() == ScalarType::TypeClass::type_id) {
      return arrow::internal::checked_cast<const ScalarType&>(*value).value;
    }
    Fail(name);
    return {};
  }
  bool Flag(const char* name) { return Number<arrow::BooleanScalar>(name); }

  std::string Text(const char* name) {
    const auto value = Find(name);
    if (value != nullptr && value->is_valid && arrow::is_base_binary_like(value->type->id())) {
      return std::string(arrow::internal::checked_cast<const arrow::BaseBinaryScalar&>(*value).view());
    }
    Fail(name);
    return "";
  }

  void Fail(const char* name) {
    if (status_.ok()) status_ = base::InvalidArgument("filter: the options of '{}' have no proper '{}'", function_, name);
  }
  const arrow::Status& status() const { return status_; }

 private:
  const std::string& function_;
  const arrow::StructScalar& struct_;
  arrow::Status status_;
};

OptionsPtr SetLookup(Members& members) {
  const auto values = members.Find("value_set");
  const bool is_list = values != nullptr && values->is_valid && values->type->id() == arrow::Type::LIST;
  const auto mode = members.Number<arrow::UInt32Scalar>("null_matching_behavior");
  if (mode >= kNullMatchingModes) members.Fail("null_matching_behavior");
  if (!is_list) members.Fail("value_set");
  if (!members.status().ok()) return nullptr;  // no enumeration is made of a number that it does not have
  const auto& array = arrow::internal::checked_cast<const arrow::BaseListScalar&>(*values).value;
  if (!IsPlainType(*array->type())) members.Fail("value_set");
  return std::make_shared<compute::SetLookupOptions>(array, static_cast<compute::SetLookupOptions::NullMatchingBehavior>(mode));
}

OptionsPtr Cast(Members& members) {
  const auto to_type = members.Find("to_type");
  auto options = std::make_shared<compute::CastOptions>();
  if (to_type != nullptr && IsPlainType(*to_type->type)) {
    options->to_type = to_type->type;
  } else {
    members.Fail("to_type");
  }
  options->allow_int_overflow = members.Flag("allow_int_overflow");
  options->allow_time_truncate = members.Flag("allow_time_truncate");
  options->allow_time_overflow = members.Flag("allow_time_overflow");
  options->allow_decimal_truncate = members.Flag("allow_decimal_truncate");
  options->allow_float_truncate = members.Flag("allow_float_truncate");
  options->allow_invalid_utf8 = members.Flag("allow_invalid_utf8");
  return options;
}

OptionsPtr Round(Members& members) {
  const auto digits = members.Number<arrow::Int64Scalar>("ndigits");
  const auto mode = members.Number<arrow::Int8Scalar>("round_mode");
  if (digits < -kRoundDigitsMax || digits > kRoundDigitsMax) members.Fail("ndigits");
  if (mode < 0 || mode >= kRoundModes) members.Fail("round_mode");
  if (!members.status().ok()) return nullptr;
  return std::make_shared<compute::RoundOptions>(digits, static_cast<compute::RoundMode>(mode));
}

OptionsPtr StructField(Members& members) {
  auto path = arrow::FieldRef::FromDotPath(members.Text("field_ref"));
  if (!path.ok()) {
    members.Fail("field_ref");
    return nullptr;
  }
  return std::make_shared<compute::StructFieldOptions>(std::move(path).ValueUnsafe());
}

struct Decoder {
  std::string_view type_name;
  bool required = false;
  OptionsPtr (*decode)(Members&) = nullptr;
};

const Decoder& DecoderOf(Options options) {
  static const std::map<Options, Decoder> decoders = {
      {Options::kNone, {}},
      {Options::kNull,
       {"NullOptions", false,
        [](Members& m) -> OptionsPtr { return std::make_shared<compute::NullOptions>(m.Flag("nan_is_null")); }}},
      {Options::kElementWise,
       {"ElementWiseAggregateOptions", false,
        [](Members& m) -> OptionsPtr { return std::make_shared<compute::ElementWiseAggregateOptions>(m.Flag("skip_nulls")); }}},
      {Options::kMatchSubstring,
       {"MatchSubstringOptions", true,
        [](Members& m) -> OptionsPtr {
          return std::make_shared<compute::MatchSubstringOptions>(m.Text("pattern"), m.Flag("ignore_case"));
        }}},
      {Options::kRound, {"RoundOptions", false, Round}},
      {Options::kSetLookup, {"SetLookupOptions", true, SetLookup}},
      {Options::kCast, {"CastOptions", true, Cast}},
      {Options::kStructField, {"StructFieldOptions", true, StructField}},
  };
  return decoders.at(options);
}

}  // namespace

bool IsAllowedFunction(std::string_view name) { return Functions().contains(name); }

bool IsPlainType(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::NA:
    case arrow::Type::BOOL:
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DURATION:
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
      return true;
    default:
      return arrow::is_integer(type.id()) || arrow::is_floating(type.id()) || arrow::is_base_binary_like(type.id());
  }
}

arrow::Result<OptionsPtr> DecodeOptions(const std::string& function, const arrow::StructScalar* serialized) {
  const auto found = Functions().find(function);
  if (found == Functions().end()) return base::InvalidArgument("filter: the function '{}' is not allowed", function);
  const Decoder& decoder = DecoderOf(found->second);
  if (serialized == nullptr) {
    if (decoder.required) return base::InvalidArgument("filter: the function '{}' needs {}", function, decoder.type_name);
    return nullptr;
  }
  Members members(function, *serialized);
  const std::string type_name = members.Text("_type_name");
  ARROW_RETURN_NOT_OK(members.status());
  if (decoder.decode == nullptr || type_name != decoder.type_name) {
    return base::InvalidArgument("filter: the function '{}' takes {}, not {}", function,
                                 decoder.decode == nullptr ? "no options" : decoder.type_name, type_name);
  }
  auto options = decoder.decode(members);
  ARROW_RETURN_NOT_OK(members.status());
  return options;
}

}  // namespace mutoscope::native
