// A piece of a chunk put together from the layer index and reads of the wanted cells alone: nothing is decompressed.
#pragma once

#include <optional>

#include "arrow/result.h"
#include "catalog/entry.h"
#include "chunk/chunk.h"
#include "index/chunk_rows.h"
#include "query/chunk_key.h"
#include "storage/file.h"

namespace mutoscope::query {

// The rows and components of `key` as a chunk with this id. Absent if any wanted cell does not lie verbatim in the file (too
// small, compressible, of another type than lists of bytes): then the chunk must be decoded. `wanted`: what the positions in
// key.components stand for. `schema`: the dataset's, for the types.
arrow::Result<std::optional<chunk::Chunk>> ChunkFromCells(const storage::File& file, const index::ChunkRows& rows,
                                                          const ChunkKey& key, const std::vector<chunk::Descriptor>& wanted,
                                                          const std::string& entity, base::Tuid id, const arrow::Schema& schema);

// The field of a component column in a delivered chunk.
std::shared_ptr<arrow::Field> ComponentField(const chunk::Descriptor& descriptor, const std::shared_ptr<arrow::DataType>& type);

}  // namespace mutoscope::query
