// The canonical form of chunk columns (rrd.md §2.3-2.5).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "arrow/type.h"
#include "base/tuid.h"
#include "chunk/chunk.h"
#include "chunk/migrate.h"

namespace mutoscope::chunk {

inline constexpr int kTuidBytes = 16;

// Fields with the metadata of a chunk; other entries of `metadata` are kept.
std::shared_ptr<arrow::Field> RowIdField(Metadata metadata, bool is_sorted);
std::shared_ptr<arrow::Field> IndexField(const Timeline& timeline, Metadata metadata, bool is_sorted);

bool RowIdsSorted(const arrow::Array& row_ids);  // FixedSizeBinary(16) without nulls
bool TimesSorted(const arrow::Array& times);     // int64, timestamp or duration without nulls
const int64_t* TimesOf(const arrow::Array& times);

// A list with the child "item", nullable: other lists get that name, other types become lists of one element.
std::shared_ptr<arrow::DataType> CanonicalListType(const std::shared_ptr<arrow::DataType>& type);
arrow::Result<std::shared_ptr<arrow::Array>> CanonicalList(const std::shared_ptr<arrow::Array>& array);

// From the value of `rerun:id`.
arrow::Result<base::Tuid> ParseChunkId(std::string_view text);
std::string ChunkIdText(base::Tuid id);

}  // namespace mutoscope::chunk
