// Made chunks that lead stock clients to the right answer where they err on what recordings hold (docs/compatibility.md, "Right
// answers for stock clients").
//
// A made row that stands for nothing recorded has an index value at which a recorded row has a value in the same column, and a
// row id smaller than any recorded one: it never wins a cell and never adds a row.
#pragma once

#include <vector>

#include "arrow/result.h"
#include "catalog/catalog.h"
#include "index/chunk_rows.h"
#include "query/find.h"

namespace mutoscope::query {

// Bridges: a stock client makes static values null in all but the first of a segment's chunks of 4 or more rows if those chunks
// do not overlap in time. It does not where another chunk lies across them, so one is announced: a row at the start of the first
// and of the last chunk of an entity.
//
// `found` holds all chunks that answer `request`, static ones too.
void AddBridges(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot, const FindRequest& request,
                std::vector<FoundChunk>* found);

// Clears as rows of `[]` in the columns that they clear, in chunks of those columns' entities, and the Clears themselves one in a
// chunk. A stock client forgets Clears when it fills, drops rows that only Clears make if a range holds nothing else, does not
// apply a recursive Clear of an entity outside the contents or without other columns, and aborts on some chunks of several.
// `layers`: those that the request selects.
arrow::Status AddClears(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot, const FindRequest& request,
                        const index::LayerSelection& layers, std::vector<FoundChunk>* found);

// A value in columns of which only `[]` is sent: a stock client takes those for columns that nothing was ever logged to.
arrow::Status AddEmpties(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot, const FindRequest& request,
                         std::vector<FoundChunk>* found);

// ---- for those above

// The rows of a chunk from the layer index, or decoded where that is not written yet.
arrow::Result<index::ChunkRows> LoadRows(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot,
                                         const FoundChunk& chunk);
// One bit a row; no bits: all are set.
bool IsSet(const std::vector<uint8_t>& bits, size_t row);
// Whether the row is among those that the chunk's key names.
bool IsSent(const FoundChunk& chunk, size_t row);

// A made chunk in the segment of `beside`, as it is announced. `made.timelines` are those of `announce` that it has, in that
// order.
FoundChunk AnnounceMade(const catalog::DatasetSnapshot& snapshot, const FoundChunk& beside, MadeChunk made,
                        const std::vector<std::string>& announce);

}  // namespace mutoscope::query
