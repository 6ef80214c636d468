// Typed views of columns that CheckPackBatch found good: offsets and dictionary indices hold, nothing is null.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "arrow/array.h"

namespace mutoscope::index {

struct ListView {
  explicit ListView(const arrow::Array& array)
      : offsets(static_cast<const arrow::LargeListArray&>(array).raw_value_offsets()),
        values(static_cast<const arrow::LargeListArray&>(array).values()) {}
  size_t begin(size_t row) const { return static_cast<size_t>(offsets[row]); }
  size_t end(size_t row) const { return static_cast<size_t>(offsets[row + 1]); }
  size_t size(size_t row) const { return end(row) - begin(row); }

  const int64_t* offsets;
  std::shared_ptr<arrow::Array> values;
};

inline std::shared_ptr<arrow::Array> Child(const std::shared_ptr<arrow::Array>& parent, int field) {
  return static_cast<const arrow::StructArray&>(*parent).field(field);
}

// Valid as long as `parent`.
template <typename T>
const T* Numbers(const std::shared_ptr<arrow::Array>& parent, int field) {
  return Child(parent, field)->data()->GetValues<T>(1);
}

// The strings of a dictionary column, by row.
class StringColumn {
 public:
  explicit StringColumn(const arrow::Array& column)
      : indices_(column.data()->GetValues<int32_t>(1)),
        values_(static_cast<const arrow::DictionaryArray&>(column).dictionary()) {}
  std::string operator[](size_t row) const { return std::string(View(row)); }
  // Valid as long as the column's array.
  std::string_view View(size_t row) const { return static_cast<const arrow::StringArray&>(*values_).GetView(indices_[row]); }

 private:
  const int32_t* indices_;
  std::shared_ptr<arrow::Array> values_;
};

}  // namespace mutoscope::index
