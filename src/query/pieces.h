// Pure decisions: which rows and which columns of a chunk can the query not need?
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "index/dataset_index.h"
#include "query/chunk_key.h"
#include "query/chunk_times.h"

namespace mutoscope::query {

// One flag a row.
using RowMask = std::vector<bool>;

// Rows with a time in [min, max].
RowMask RowsInRange(std::span<const int64_t> times, int64_t min, int64_t max);

// Marks the rows at the latest time at or before `at` (all rows of that time). Complete for latest-at only if every component is
// set in every row of the chunk.
void MarkLatestAt(std::span<const int64_t> times, int64_t at, RowMask* mask);

// The values that selected rows have on the timelines other than the request's: by timeline name.
using ForeignValues = std::unordered_map<std::string, std::unordered_set<int64_t>>;

void CollectForeignValues(const ChunkTimes& chunk, std::string_view timeline, const RowMask& mask, ForeignValues* values);

// The request's timeline may be one that the reader only filters on, while its rows are those of another index U. A row of the
// answer is then made of all cells with one value u of U, whatever their time on the request's timeline; it survives the client's
// own filter only if one of them lies in the range. So for every u of a row in the range, all rows with u are needed, from every
// chunk of the segment that the peer would have sent. Marks those rows.
void MarkForeignValues(const ChunkTimes& chunk, std::string_view timeline, const ForeignValues& values, RowMask* mask);

// The selected rows as ranges; absent if there are more than `ranges_max` of them.
std::optional<std::vector<RowRange>> ToRanges(const RowMask& mask, size_t ranges_max);

// Positions of the components to deliver; absent = all of them.
//
// The client narrows a query to the entities of the projection, but takes the rows from *all* columns of what it is sent
// (query.md §6.3): a column may only be left out if every row keeps a non-null cell in a column that is sent. So: the wanted
// components and Clear, provided that one of them is set in every row; or, where the chunk has none of them, any one component
// that is set in every row and small.
std::optional<std::vector<uint32_t>> NeededComponents(const std::vector<index::DatasetIndex::ComponentInfo>& components,
                                                      uint64_t num_rows, const index::EntitySelection& wanted);

}  // namespace mutoscope::query
