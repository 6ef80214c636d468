#include <algorithm>
#include <string>

#include "arrow/extension_type.h"
#include "base/status.h"
#include "tables/storage_form.h"

namespace mutoscope::tables {
namespace {

using arrow::DataType;
using arrow::Type;
using TypePtr = std::shared_ptr<DataType>;

bool ParquetHasTheScale(const arrow::DecimalType& type) { return type.scale() >= 0 && type.scale() <= type.precision(); }

arrow::Result<std::shared_ptr<arrow::Field>> StorageField(const std::string& name, const TypePtr& type) {
  ARROW_ASSIGN_OR_RAISE(auto stored, StorageType(type));
  return arrow::field(name, std::move(stored));
}

// Names are made distinct: Parquet has no two fields of one name in a struct.
arrow::Result<TypePtr> StorageStruct(const arrow::FieldVector& fields, arrow::FieldVector stored) {
  std::vector<std::string> names;
  for (const auto& field : stored) names.push_back(field->name());
  for (const auto& field : fields) {
    const bool taken = field->name().empty() || std::find(names.begin(), names.end(), field->name()) != names.end();
    names.push_back(taken ? fmt::format("{}#{}", field->name(), names.size()) : field->name());
    ARROW_ASSIGN_OR_RAISE(stored.emplace_back(), StorageField(names.back(), field->type()));
  }
  return arrow::struct_(std::move(stored));
}

arrow::Result<TypePtr> StorageList(const TypePtr& type, bool large) {
  ARROW_ASSIGN_OR_RAISE(auto item, StorageField("item", type->field(0)->type()));
  return large ? arrow::large_list(std::move(item)) : arrow::list(std::move(item));
}

arrow::Result<TypePtr> StorageMap(const arrow::MapType& type) {
  ARROW_ASSIGN_OR_RAISE(auto key, StorageType(type.key_type()));
  ARROW_ASSIGN_OR_RAISE(auto item, StorageType(type.item_type()));
  return arrow::map(std::move(key), std::move(item));
}

arrow::Result<TypePtr> StorageDictionary(const arrow::DictionaryType& type) {
  ARROW_ASSIGN_OR_RAISE(auto value, StorageType(type.value_type()));
  if (!type.ordered()) return value;
  return arrow::struct_({arrow::field("index", type.index_type()), arrow::field("value", std::move(value))});
}

}  // namespace

arrow::Result<TypePtr> StorageType(const TypePtr& type) {
  switch (type->id()) {
    case Type::NA:
    case Type::BOOL:
    case Type::UINT8:
    case Type::INT8:
    case Type::UINT16:
    case Type::INT16:
    case Type::UINT32:
    case Type::INT32:
    case Type::UINT64:
    case Type::INT64:
    case Type::HALF_FLOAT:
    case Type::FLOAT:
    case Type::DOUBLE:
    case Type::STRING:
    case Type::BINARY:
    case Type::LARGE_STRING:
    case Type::LARGE_BINARY:
    case Type::DATE32:
    case Type::TIME64:
    case Type::DURATION:
      return type;
    case Type::STRING_VIEW:
      return arrow::large_utf8();
    case Type::BINARY_VIEW:
      return arrow::large_binary();
    case Type::FIXED_SIZE_BINARY:
      return static_cast<const arrow::FixedSizeBinaryType&>(*type).byte_width() == 0 ? arrow::boolean() : type;
    case Type::DATE64:
    case Type::INTERVAL_DAY_TIME:
      return arrow::int64();
    case Type::INTERVAL_MONTHS:
      return arrow::int32();
    case Type::INTERVAL_MONTH_DAY_NANO:
      return arrow::fixed_size_binary(16);
    case Type::TIME32:
      return static_cast<const arrow::Time32Type&>(*type).unit() == arrow::TimeUnit::SECOND ? arrow::int32() : type;
    case Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(*type).unit() == arrow::TimeUnit::SECOND ? arrow::int64() : type;
    case Type::DECIMAL32:
      return arrow::int32();
    case Type::DECIMAL64:
      return arrow::int64();
    case Type::DECIMAL128:
      return ParquetHasTheScale(static_cast<const arrow::DecimalType&>(*type)) ? type : arrow::fixed_size_binary(16);
    case Type::DECIMAL256:
      return ParquetHasTheScale(static_cast<const arrow::DecimalType&>(*type)) ? type : arrow::fixed_size_binary(32);
    case Type::LIST:
      return StorageList(type, false);
    case Type::LARGE_LIST:
    case Type::LIST_VIEW:
    case Type::LARGE_LIST_VIEW:
    case Type::FIXED_SIZE_LIST:
      return StorageList(type, true);
    case Type::MAP:
      return StorageMap(static_cast<const arrow::MapType&>(*type));
    case Type::STRUCT:
      return type->num_fields() == 0 ? arrow::boolean() : StorageStruct(type->fields(), {});
    case Type::SPARSE_UNION:
    case Type::DENSE_UNION:
      return StorageStruct(type->fields(), {arrow::field("type_code", arrow::int8())});
    case Type::DICTIONARY:
      return StorageDictionary(static_cast<const arrow::DictionaryType&>(*type));
    case Type::RUN_END_ENCODED:
      return StorageType(static_cast<const arrow::RunEndEncodedType&>(*type).value_type());
    case Type::EXTENSION:
      return StorageType(static_cast<const arrow::ExtensionType&>(*type).storage_type());
    default:
      return base::Unimplemented("columns of the type {} cannot be stored", type->ToString());
  }
}

arrow::Result<std::shared_ptr<arrow::Schema>> StorageSchema(const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) {
    auto stored = StorageField(field->name(), field->type());
    if (!stored.ok()) return base::WithContext(stored.status(), fmt::format("column '{}'", field->name()));
    fields.push_back(stored.MoveValueUnsafe());
  }
  return arrow::schema(std::move(fields));
}

}  // namespace mutoscope::tables
