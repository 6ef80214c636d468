#include <limits>
#include <map>
#include <unordered_map>

#include "arrow/builder.h"
#include "arrow/compute/api_vector.h"
#include "arrow/compute/cast.h"
#include "arrow/compute/initialize.h"
#include "arrow/extension_type.h"
#include "arrow/scalar.h"
#include "base/status.h"
#include "tables/array_parts.h"
#include "tables/storage_form.h"

namespace mutoscope::tables {
namespace {

using arrow::Array;
using arrow::ArrayData;
using arrow::ArrayVector;
using arrow::Type;
using ArrayPtr = std::shared_ptr<Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

arrow::Status TooManyValues(const arrow::DataType& type) {
  return arrow::Status::IndexError("more values than the index of ", type.ToString(), " can hold");
}

int64_t MaxOf(const arrow::DataType& integer) {
  switch (integer.id()) {
    case Type::INT8:
      return std::numeric_limits<int8_t>::max();
    case Type::UINT8:
      return std::numeric_limits<uint8_t>::max();
    case Type::INT16:
      return std::numeric_limits<int16_t>::max();
    case Type::UINT16:
      return std::numeric_limits<uint16_t>::max();
    case Type::INT32:
      return std::numeric_limits<int32_t>::max();
    default:
      return std::numeric_limits<int64_t>::max();
  }
}

arrow::Result<ArrayPtr> Counted(int64_t first, int64_t count, const TypePtr& type) {
  std::vector<int64_t> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(first + i);
  ARROW_ASSIGN_OR_RAISE(const auto buffer, BufferOf(values));
  return arrow::compute::Cast(arrow::Int64Array(count, buffer), type);
}

arrow::Result<ArrayPtr> FixedSizeList(const arrow::LargeListArray& stored, const TypePtr& type) {
  const int64_t size = static_cast<const arrow::FixedSizeListType&>(*type).list_size();
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < stored.length(); ++row) {
    const bool valid = stored.IsValid(row);
    if (valid && stored.value_length(row) != size) {
      return base::DataLoss("a list of {} values is stored in a column of lists of {}", stored.value_length(row), size);
    }
    for (int64_t i = 0; i < size; ++i) rows.push_back(valid ? stored.value_offset(row) + i : -1);
  }
  ARROW_ASSIGN_OR_RAISE(auto values, TakeRows(stored.values(), rows));
  ARROW_ASSIGN_OR_RAISE(values, FromStorage(values, type->field(0)->type()));
  ARROW_ASSIGN_OR_RAISE(const auto validity, ValidityOf(stored));
  return arrow::MakeArray(ArrayData::Make(type, stored.length(), {validity}, {values->data()}, stored.null_count()));
}

template <typename Offset>
arrow::Result<ArrayPtr> ListView(const arrow::LargeListArray& stored, const TypePtr& type) {
  if (stored.values()->length() > std::numeric_limits<Offset>::max()) return TooManyValues(*type);
  std::vector<Offset> offsets, sizes;
  for (int64_t row = 0; row < stored.length(); ++row) {
    offsets.push_back(static_cast<Offset>(stored.value_offset(row)));
    sizes.push_back(static_cast<Offset>(stored.value_length(row)));
  }
  ARROW_ASSIGN_OR_RAISE(const auto offset_buffer, BufferOf(offsets));
  ARROW_ASSIGN_OR_RAISE(const auto size_buffer, BufferOf(sizes));
  ARROW_ASSIGN_OR_RAISE(const auto validity, ValidityOf(stored));
  ARROW_ASSIGN_OR_RAISE(const auto values, FromStorage(stored.values(), type->field(0)->type()));
  return arrow::MakeArray(
      ArrayData::Make(type, stored.length(), {validity, offset_buffer, size_buffer}, {values->data()}, stored.null_count()));
}

// Lists, maps and structs: the same layout, other children.
arrow::Result<ArrayPtr> WithChildren(const Array& stored, const TypePtr& type) {
  ArrayVector children;
  for (int i = 0; i < type->num_fields(); ++i) {
    const auto child = arrow::MakeArray(stored.data()->child_data.at(static_cast<size_t>(i)));
    ARROW_ASSIGN_OR_RAISE(children.emplace_back(), FromStorage(child, type->field(i)->type()));
  }
  return Rebuilt(stored, type, children);
}

arrow::Result<ArrayPtr> EmptyStruct(const Array& stored, const TypePtr& type) {
  ARROW_ASSIGN_OR_RAISE(const auto validity, ValidityOf(stored));
  return arrow::MakeArray(ArrayData::Make(type, stored.length(), {validity}, std::vector<std::shared_ptr<ArrayData>>{}));
}

arrow::Result<ArrayPtr> EmptyBinary(const Array& stored, const TypePtr& type) {
  ARROW_ASSIGN_OR_RAISE(const auto validity, ValidityOf(stored));
  ARROW_ASSIGN_OR_RAISE(auto none, arrow::AllocateBuffer(0));
  return arrow::MakeArray(ArrayData::Make(type, stored.length(), {validity, std::shared_ptr<arrow::Buffer>(std::move(none))}));
}

arrow::Result<ArrayPtr> Union(const arrow::StructArray& stored, const TypePtr& type) {
  const auto codes = std::static_pointer_cast<arrow::Int8Array>(stored.field(0));
  const auto& union_type = static_cast<const arrow::UnionType&>(*type);
  std::vector<int8_t> code_values;
  std::vector<int32_t> offsets;
  for (int64_t row = 0; row < stored.length(); ++row) {
    const int8_t code = codes->Value(row);
    if (code < 0 || union_type.child_ids()[static_cast<size_t>(code)] == arrow::UnionType::kInvalidChildId) {
      return base::DataLoss("a union of the type {} is stored with the unknown type code {}", type->ToString(), code);
    }
    code_values.push_back(code);
    offsets.push_back(static_cast<int32_t>(row));
  }
  ArrayVector children;
  for (int i = 0; i < type->num_fields(); ++i) {
    ARROW_ASSIGN_OR_RAISE(children.emplace_back(), FromStorage(stored.field(i + 1), type->field(i)->type()));
  }
  ARROW_ASSIGN_OR_RAISE(const auto code_buffer, BufferOf(code_values));
  if (union_type.mode() == arrow::UnionMode::SPARSE) {
    return std::make_shared<arrow::SparseUnionArray>(type, stored.length(), children, code_buffer);
  }
  if (stored.length() > std::numeric_limits<int32_t>::max()) return TooManyValues(*type);
  ARROW_ASSIGN_OR_RAISE(const auto offset_buffer, BufferOf(offsets));
  return std::make_shared<arrow::DenseUnionArray>(type, stored.length(), children, code_buffer, offset_buffer);
}

arrow::Result<ArrayPtr> Dictionary(const ArrayPtr& stored, const TypePtr& type) {
  const auto& dictionary_type = static_cast<const arrow::DictionaryType&>(*type);
  ARROW_ASSIGN_OR_RAISE(const auto values, FromStorage(stored, dictionary_type.value_type()));
  const int64_t index_max = MaxOf(*dictionary_type.index_type());
  if (auto encoded = arrow::compute::DictionaryEncode(values); encoded.ok() && encoded->is_array()) {
    const auto array = std::static_pointer_cast<arrow::DictionaryArray>(encoded->make_array());
    if (array->dictionary()->length() - 1 > index_max) return TooManyValues(*type);
    ARROW_ASSIGN_OR_RAISE(const auto indices, arrow::compute::Cast(*array->indices(), dictionary_type.index_type()));
    return std::make_shared<arrow::DictionaryArray>(type, indices, array->dictionary());
  }
  // Values that cannot be compared, such as lists: each row has its own.
  if (values->length() - 1 > index_max) return TooManyValues(*type);
  ARROW_ASSIGN_OR_RAISE(const auto rows, Counted(0, values->length(), dictionary_type.index_type()));
  ARROW_ASSIGN_OR_RAISE(const auto validity, ValidityOf(*values));
  auto indices = rows->data()->Copy();
  indices->buffers[0] = validity;
  indices->null_count = values->null_count();
  return std::make_shared<arrow::DictionaryArray>(type, arrow::MakeArray(indices), values);
}

// The order of the dictionary means something, so the values keep theirs; those that no row has are left out.
arrow::Result<ArrayPtr> OrderedDictionary(const arrow::StructArray& stored, const TypePtr& type) {
  const auto& dictionary_type = static_cast<const arrow::DictionaryType&>(*type);
  const auto values = stored.field(1);
  ARROW_ASSIGN_OR_RAISE(const auto flat, stored.GetFlattenedField(0));  // null where the struct is
  ARROW_ASSIGN_OR_RAISE(const auto cast, arrow::compute::Cast(*flat, arrow::int64()));
  const auto& places = static_cast<const arrow::Int64Array&>(*cast);
  std::map<int64_t, int64_t> rows;  // a row for each place
  for (int64_t row = 0; row < stored.length(); ++row) {
    if (places.IsNull(row)) continue;
    const int64_t first = rows.try_emplace(places.Value(row), row).first->second;
    if (!values->RangeEquals(first, first + 1, row, values)) return TooManyValues(*type);  // two dictionaries in one array
  }
  std::vector<int64_t> value_rows;
  std::unordered_map<int64_t, int64_t> ranks;
  for (const auto& [place, row] : rows) {
    ranks.emplace(place, static_cast<int64_t>(value_rows.size()));
    value_rows.push_back(row);
  }
  arrow::Int64Builder indices;
  for (int64_t row = 0; row < stored.length(); ++row) {
    ARROW_RETURN_NOT_OK(places.IsNull(row) ? indices.AppendNull() : indices.Append(ranks.at(places.Value(row))));
  }
  ARROW_ASSIGN_OR_RAISE(auto dictionary, TakeRows(values, value_rows));
  ARROW_ASSIGN_OR_RAISE(dictionary, FromStorage(dictionary, dictionary_type.value_type()));
  ARROW_ASSIGN_OR_RAISE(const auto ranked, indices.Finish());
  ARROW_ASSIGN_OR_RAISE(const auto typed, arrow::compute::Cast(*ranked, dictionary_type.index_type()));
  return std::make_shared<arrow::DictionaryArray>(type, typed, dictionary);
}

arrow::Result<ArrayPtr> Runs(const ArrayPtr& stored, const TypePtr& type) {
  const auto& run_type = static_cast<const arrow::RunEndEncodedType&>(*type);
  ARROW_ASSIGN_OR_RAISE(const auto values, FromStorage(stored, run_type.value_type()));
  if (values->length() > MaxOf(*run_type.run_end_type())) return TooManyValues(*type);
  std::vector<int64_t> firsts, ends;
  for (int64_t row = 0; row < stored->length(); ++row) {
    if (row > 0 && stored->RangeEquals(row - 1, row, row, stored)) {
      ends.back() = row + 1;
    } else {
      firsts.push_back(row);
      ends.push_back(row + 1);
    }
  }
  ARROW_ASSIGN_OR_RAISE(const auto first_values, TakeRows(stored, firsts));
  ARROW_ASSIGN_OR_RAISE(const auto run_values, FromStorage(first_values, run_type.value_type()));
  ARROW_ASSIGN_OR_RAISE(const auto end_buffer, BufferOf(ends));
  ARROW_ASSIGN_OR_RAISE(
      const auto run_ends,
      arrow::compute::Cast(arrow::Int64Array(static_cast<int64_t>(ends.size()), end_buffer), run_type.run_end_type()));
  auto data = ArrayData::Make(type, stored->length(), {nullptr}, {run_ends->data(), run_values->data()}, 0);
  return arrow::MakeArray(std::move(data));
}

// What Parquet gave back under a type of the same layout or the same values.
arrow::Result<ArrayPtr> Leaf(const ArrayPtr& stored, const TypePtr& type) {
  if (stored->type()->Equals(*type)) return stored;
  ARROW_ASSIGN_OR_RAISE(const auto storage_type, StorageType(type));
  if (stored->type_id() == storage_type->id()) return Retyped(*stored, type);
  ARROW_ASSIGN_OR_RAISE(const auto cast, arrow::compute::Cast(*stored, storage_type));
  return storage_type->Equals(*type) ? cast : Retyped(*cast, type);
}

arrow::Result<std::shared_ptr<arrow::LargeListArray>> AsLargeList(const ArrayPtr& stored) {
  if (stored->type_id() == Type::LARGE_LIST) return std::static_pointer_cast<arrow::LargeListArray>(stored);
  if (stored->type_id() != Type::LIST) return base::DataLoss("lists are stored as {}", stored->type()->ToString());
  ARROW_ASSIGN_OR_RAISE(const auto cast, arrow::compute::Cast(*stored, arrow::large_list(stored->type()->field(0)->type())));
  return std::static_pointer_cast<arrow::LargeListArray>(cast);
}

arrow::Status ExpectKind(const Array& stored, Type::type id, const arrow::DataType& type) {
  if (stored.type_id() == id) return arrow::Status::OK();
  return base::DataLoss("values of the type {} are stored as {}", type.ToString(), stored.type()->ToString());
}

}  // namespace

arrow::Result<ArrayPtr> FromStorage(const ArrayPtr& stored, const TypePtr& type) {
  if (stored->type()->Equals(*type)) return stored;
  switch (type->id()) {
    case Type::STRING_VIEW:
    case Type::BINARY_VIEW:
      return arrow::compute::Cast(*stored, type);
    case Type::LIST:
    case Type::MAP:
      ARROW_RETURN_NOT_OK(ExpectKind(*stored, type->id(), *type));
      return WithChildren(*stored, type);
    case Type::LARGE_LIST: {
      ARROW_ASSIGN_OR_RAISE(const auto list, AsLargeList(stored));
      return WithChildren(*list, type);
    }
    case Type::FIXED_SIZE_LIST: {
      ARROW_ASSIGN_OR_RAISE(const auto list, AsLargeList(stored));
      return FixedSizeList(*list, type);
    }
    case Type::LIST_VIEW: {
      ARROW_ASSIGN_OR_RAISE(const auto list, AsLargeList(stored));
      return ListView<int32_t>(*list, type);
    }
    case Type::LARGE_LIST_VIEW: {
      ARROW_ASSIGN_OR_RAISE(const auto list, AsLargeList(stored));
      return ListView<int64_t>(*list, type);
    }
    case Type::STRUCT:
      if (type->num_fields() == 0) return EmptyStruct(*stored, type);
      ARROW_RETURN_NOT_OK(ExpectKind(*stored, Type::STRUCT, *type));
      return WithChildren(*stored, type);
    case Type::SPARSE_UNION:
    case Type::DENSE_UNION:
      ARROW_RETURN_NOT_OK(ExpectKind(*stored, Type::STRUCT, *type));
      return Union(static_cast<const arrow::StructArray&>(*stored), type);
    case Type::DICTIONARY:
      if (!static_cast<const arrow::DictionaryType&>(*type).ordered()) return Dictionary(stored, type);
      ARROW_RETURN_NOT_OK(ExpectKind(*stored, Type::STRUCT, *type));
      return OrderedDictionary(static_cast<const arrow::StructArray&>(*stored), type);
    case Type::RUN_END_ENCODED:
      return Runs(stored, type);
    case Type::EXTENSION: {
      const auto& extension = static_cast<const arrow::ExtensionType&>(*type);
      ARROW_ASSIGN_OR_RAISE(const auto storage, FromStorage(stored, extension.storage_type()));
      return arrow::ExtensionType::WrapArray(type, storage);
    }
    case Type::FIXED_SIZE_BINARY:
      if (static_cast<const arrow::FixedSizeBinaryType&>(*type).byte_width() == 0) return EmptyBinary(*stored, type);
      return Leaf(stored, type);
    default:
      return Leaf(stored, type);
  }
}

arrow::Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> FromStorage(const std::shared_ptr<arrow::RecordBatch>& stored,
                                                                            const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_RETURN_NOT_OK(arrow::compute::Initialize());  // does nothing the second time
  ArrayVector columns;
  arrow::Status status;
  for (int i = 0; i < schema->num_fields() && status.ok(); ++i) {
    auto column = FromStorage(stored->column(i), schema->field(i)->type());
    status = column.status();
    if (column.ok()) columns.push_back(column.MoveValueUnsafe());
  }
  if (status.ok()) return std::vector{arrow::RecordBatch::Make(schema, stored->num_rows(), std::move(columns))};
  if (!status.IsIndexError() || stored->num_rows() < 2) return status;
  const int64_t half = stored->num_rows() / 2;
  ARROW_ASSIGN_OR_RAISE(auto batches, FromStorage(stored->Slice(0, half), schema));
  ARROW_ASSIGN_OR_RAISE(const auto rest, FromStorage(stored->Slice(half), schema));
  batches.insert(batches.end(), rest.begin(), rest.end());
  return batches;
}

}  // namespace mutoscope::tables
