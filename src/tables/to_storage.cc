#include <limits>

#include "arrow/compute/api_vector.h"
#include "arrow/compute/cast.h"
#include "arrow/compute/initialize.h"
#include "arrow/extension_type.h"
#include "base/status.h"
#include "tables/array_parts.h"
#include "tables/storage_form.h"

namespace mutoscope::tables {
namespace {

using arrow::Array;
using arrow::ArrayVector;
using arrow::Type;
using ArrayPtr = std::shared_ptr<Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

// Children in storage form, in full: slices of the parent stay slices.
arrow::Result<ArrayVector> StoredChildren(const Array& array) {
  ArrayVector children;
  for (const auto& child : array.data()->child_data) {
    ARROW_ASSIGN_OR_RAISE(children.emplace_back(), ToStorage(arrow::MakeArray(child)));
  }
  return children;
}

// Rows of a list of whatever kind: where each begins in the values, and how long it is (0 for null).
struct ListRows {
  std::vector<int64_t> starts, lengths;
  ArrayPtr values;
};

template <typename ListArray>
ListRows RowsOf(const ListArray& list) {
  ListRows rows;
  for (int64_t row = 0; row < list.length(); ++row) {
    const bool valid = list.IsValid(row);
    rows.starts.push_back(valid ? list.value_offset(row) : 0);
    rows.lengths.push_back(valid ? list.value_length(row) : 0);
  }
  rows.values = list.values();
  return rows;
}

ListRows RowsOf(const Array& array) {
  switch (array.type_id()) {
    case Type::LARGE_LIST:
      return RowsOf(static_cast<const arrow::LargeListArray&>(array));
    case Type::LIST_VIEW:
      return RowsOf(static_cast<const arrow::ListViewArray&>(array));
    case Type::LARGE_LIST_VIEW:
      return RowsOf(static_cast<const arrow::LargeListViewArray&>(array));
    case Type::FIXED_SIZE_LIST:
      return RowsOf(static_cast<const arrow::FixedSizeListArray&>(array));
    default:
      return RowsOf(static_cast<const arrow::ListArray&>(array));  // maps are lists
  }
}

// The values of the rows, one row after the other.
arrow::Result<ArrayPtr> ValuesInOrder(const ListRows& rows, int64_t total) {
  const int64_t first = rows.starts.empty() ? 0 : rows.starts.front();
  int64_t next = -1;
  bool in_order = true;  // and without gaps
  for (size_t row = 0; row < rows.starts.size(); ++row) {
    if (rows.lengths[row] == 0) continue;
    in_order = in_order && (next < 0 || rows.starts[row] == next);
    next = rows.starts[row] + rows.lengths[row];
  }
  if (in_order) return rows.values->Slice(next < 0 ? first : next - total, total);
  std::vector<int64_t> indices;
  indices.reserve(static_cast<size_t>(total));
  for (size_t row = 0; row < rows.starts.size(); ++row) {
    for (int64_t i = 0; i < rows.lengths[row]; ++i) indices.push_back(rows.starts[row] + i);
  }
  ARROW_ASSIGN_OR_RAISE(const auto stored, ToStorage(rows.values));
  return TakeRows(stored, indices);
}

template <typename Offset>
arrow::Result<std::shared_ptr<arrow::Buffer>> OffsetsOf(const ListRows& rows) {
  std::vector<Offset> offsets = {0};
  for (const int64_t length : rows.lengths) offsets.push_back(static_cast<Offset>(offsets.back() + length));
  return BufferOf(offsets);
}

arrow::Result<ArrayPtr> StoredList(const Array& array, const TypePtr& stored_type) {
  const ListRows rows = RowsOf(array);
  int64_t total = 0;
  for (const int64_t length : rows.lengths) total += length;
  const bool large = stored_type->id() == Type::LARGE_LIST;
  if (!large && total > std::numeric_limits<int32_t>::max()) {
    return base::InvalidArgument("{} values in a column of lists are too many for one batch: send fewer rows", total);
  }
  ARROW_ASSIGN_OR_RAISE(auto values, ValuesInOrder(rows, total));
  ARROW_ASSIGN_OR_RAISE(values, ToStorage(values));
  if (array.type_id() == Type::MAP) {
    const auto& entries = static_cast<const arrow::StructArray&>(*values);
    if (entries.null_count() + entries.field(0)->null_count() > 0) {
      return base::InvalidArgument("a map has a key that is null");
    }
    values = Retyped(*values, stored_type->field(0)->type());  // where keys are never null
  }
  ARROW_ASSIGN_OR_RAISE(const auto offsets, large ? OffsetsOf<int64_t>(rows) : OffsetsOf<int32_t>(rows));
  ARROW_ASSIGN_OR_RAISE(const auto validity, ValidityOf(array));
  return arrow::MakeArray(
      arrow::ArrayData::Make(stored_type, array.length(), {validity, offsets}, {values->data()}, array.null_count()));
}

arrow::Result<ArrayPtr> StoredUnion(const arrow::UnionArray& array, const TypePtr& stored_type) {
  const auto& type = static_cast<const arrow::UnionType&>(*array.type());
  std::vector<int8_t> codes;
  for (int64_t row = 0; row < array.length(); ++row) codes.push_back(array.type_code(row));
  ARROW_ASSIGN_OR_RAISE(const auto code_buffer, BufferOf(codes));
  ArrayVector children = {std::make_shared<arrow::Int8Array>(array.length(), code_buffer)};
  for (int child = 0; child < type.num_fields(); ++child) {
    ARROW_ASSIGN_OR_RAISE(auto values, ToStorage(array.field(child)));
    if (type.mode() == arrow::UnionMode::DENSE) {
      const auto& dense = static_cast<const arrow::DenseUnionArray&>(array);
      std::vector<int64_t> rows;
      for (int64_t row = 0; row < array.length(); ++row) {
        rows.push_back(array.child_id(row) == child ? dense.value_offset(row) : -1);
      }
      ARROW_ASSIGN_OR_RAISE(values, TakeRows(values, rows));
    }
    children.push_back(std::move(values));
  }
  return std::make_shared<arrow::StructArray>(stored_type, array.length(), children);
}

arrow::Result<ArrayPtr> StoredDictionary(const arrow::DictionaryArray& array, const TypePtr& stored_type) {
  ARROW_ASSIGN_OR_RAISE(const auto dictionary, ToStorage(array.dictionary()));
  ARROW_ASSIGN_OR_RAISE(const auto values, arrow::compute::Take(*dictionary, *array.indices()));
  if (!static_cast<const arrow::DictionaryType&>(*array.type()).ordered()) return values;
  ARROW_ASSIGN_OR_RAISE(const auto validity, ValidityOf(array));
  return std::make_shared<arrow::StructArray>(stored_type, array.length(), ArrayVector{array.indices(), values}, validity,
                                              array.null_count());
}

arrow::Result<ArrayPtr> StoredRuns(const arrow::RunEndEncodedArray& array) {
  ARROW_ASSIGN_OR_RAISE(const auto values, ToStorage(array.values()));
  ARROW_ASSIGN_OR_RAISE(const auto cast, arrow::compute::Cast(*array.run_ends(), arrow::int64()));
  const auto& ends = static_cast<const arrow::Int64Array&>(*cast);
  std::vector<int64_t> rows;
  int64_t run = array.FindPhysicalOffset();
  for (int64_t row = 0; row < array.length(); ++row) {
    while (array.offset() + row >= ends.Value(run)) ++run;
    rows.push_back(run);
  }
  return TakeRows(values, rows);
}

arrow::Result<ArrayPtr> StoredStruct(const Array& array, const TypePtr& stored_type) {
  if (array.type()->num_fields() == 0) return OnlyValidity(array);
  ARROW_ASSIGN_OR_RAISE(const auto children, StoredChildren(array));
  return Rebuilt(array, stored_type, children);
}

}  // namespace

arrow::Result<ArrayPtr> ToStorage(const ArrayPtr& array) {
  ARROW_ASSIGN_OR_RAISE(const auto type, StorageType(array->type()));
  switch (array->type_id()) {
    case Type::STRING_VIEW:
    case Type::BINARY_VIEW:
      return arrow::compute::Cast(*array, type);
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::LIST_VIEW:
    case Type::LARGE_LIST_VIEW:
    case Type::FIXED_SIZE_LIST:
    case Type::MAP:
      return StoredList(*array, type);
    case Type::STRUCT:
      return StoredStruct(*array, type);
    case Type::SPARSE_UNION:
    case Type::DENSE_UNION:
      return StoredUnion(static_cast<const arrow::UnionArray&>(*array), type);
    case Type::DICTIONARY:
      return StoredDictionary(static_cast<const arrow::DictionaryArray&>(*array), type);
    case Type::RUN_END_ENCODED:
      return StoredRuns(static_cast<const arrow::RunEndEncodedArray&>(*array));
    case Type::EXTENSION:
      return ToStorage(static_cast<const arrow::ExtensionArray&>(*array).storage());
    case Type::FIXED_SIZE_BINARY:
      return type->id() == Type::BOOL ? OnlyValidity(*array) : array;
    default:
      return type->id() == array->type_id() ? array : Retyped(*array, type);
  }
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> ToStorage(const arrow::RecordBatch& batch) {
  ARROW_RETURN_NOT_OK(arrow::compute::Initialize());  // does nothing the second time
  ARROW_ASSIGN_OR_RAISE(auto schema, StorageSchema(*batch.schema()));
  ArrayVector columns;
  for (int i = 0; i < batch.num_columns(); ++i) {
    auto stored = ToStorage(batch.column(i));
    if (!stored.ok()) return base::WithContext(stored.status(), fmt::format("column '{}'", batch.column_name(i)));
    columns.push_back(stored.MoveValueUnsafe());
  }
  return arrow::RecordBatch::Make(std::move(schema), batch.num_rows(), std::move(columns));
}

}  // namespace mutoscope::tables
