#include "chunk/canonical.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "arrow/array.h"
#include "arrow/buffer.h"
#include "arrow/util/bit_util.h"
#include "base/status.h"

namespace mutoscope::chunk {
namespace {

// One list per element; a null element becomes a null row.
arrow::Result<std::shared_ptr<arrow::Array>> WrapInLists(const std::shared_ptr<arrow::Array>& array) {
  const int64_t rows = array->length();
  if (rows >= std::numeric_limits<int32_t>::max()) return base::InvalidArgument("a column of {} rows without lists", rows);
  ARROW_ASSIGN_OR_RAISE(auto offsets, arrow::AllocateBuffer((rows + 1) * static_cast<int64_t>(sizeof(int32_t))));
  auto* offset = reinterpret_cast<int32_t*>(offsets->mutable_data());
  std::iota(offset, offset + rows + 1, 0);
  ARROW_ASSIGN_OR_RAISE(auto valid, arrow::AllocateEmptyBitmap(rows));
  int64_t nulls = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const bool is_null = array->IsNull(row);
    nulls += is_null;
    if (!is_null) arrow::bit_util::SetBit(valid->mutable_data(), row);
  }
  if (nulls == 0) valid = nullptr;
  return std::make_shared<arrow::ListArray>(CanonicalListType(array->type()), rows, std::move(offsets), array, std::move(valid),
                                            nulls);
}

}  // namespace

std::shared_ptr<arrow::Field> RowIdField(Metadata metadata, bool is_sorted) {
  metadata.Set(kKindKey, kControlKind);
  metadata.Set(kExtensionNameKey, "rerun.datatypes.TUID");
  metadata.Set(kExtensionMetadataKey, R"({"namespace":"row"})");
  metadata.SetOrErase(kIsSortedKey, is_sorted ? "true" : "");
  return arrow::field(std::string(kRowIdColumn), arrow::fixed_size_binary(kTuidBytes), false, std::move(metadata).Build());
}

std::shared_ptr<arrow::Field> IndexField(const Timeline& timeline, Metadata metadata, bool is_sorted) {
  metadata.Set(kKindKey, kIndexKind);
  metadata.Set(kIndexNameKey, timeline.name);
  metadata.SetOrErase(kIsSortedKey, is_sorted ? "true" : "");
  return arrow::field(timeline.name, ArrowTypeOf(timeline.kind), true, std::move(metadata).Build());
}

bool RowIdsSorted(const arrow::Array& row_ids) {
  const auto& ids = static_cast<const arrow::FixedSizeBinaryArray&>(row_ids);
  for (int64_t row = 1; row < ids.length(); ++row) {
    if (std::memcmp(ids.GetValue(row - 1), ids.GetValue(row), kTuidBytes) > 0) return false;
  }
  return true;
}

const int64_t* TimesOf(const arrow::Array& times) { return times.data()->GetValues<int64_t>(1); }

bool TimesSorted(const arrow::Array& times) {
  const int64_t* values = TimesOf(times);
  return times.length() == 0 || std::is_sorted(values, values + times.length());
}

std::shared_ptr<arrow::DataType> CanonicalListType(const std::shared_ptr<arrow::DataType>& type) {
  if (type->id() != arrow::Type::LIST) return arrow::list(arrow::field("item", type, true));
  const std::shared_ptr<arrow::Field>& item = type->field(0);
  if (item->name() == "item" && item->nullable()) return type;
  return arrow::list(item->WithName("item")->WithNullable(true));
}

arrow::Result<std::shared_ptr<arrow::Array>> CanonicalList(const std::shared_ptr<arrow::Array>& array) {
  if (array->type_id() != arrow::Type::LIST) return WrapInLists(array);
  std::shared_ptr<arrow::DataType> type = CanonicalListType(array->type());
  if (type == array->type()) return array;
  auto data = array->data()->Copy();
  data->type = std::move(type);
  return arrow::MakeArray(data);
}

arrow::Result<base::Tuid> ParseChunkId(std::string_view text) {
  if (text.starts_with(kChunkIdPrefix)) text.remove_prefix(kChunkIdPrefix.size());
  return base::Tuid::Parse(text);
}

std::string ChunkIdText(base::Tuid id) { return std::string(kChunkIdPrefix) + id.text(); }

}  // namespace mutoscope::chunk
