// The bytes of a made chunk (chunk_key.h): nothing of a recording is read.
#pragma once

#include "arrow/result.h"
#include "arrow/type.h"
#include "base/tuid.h"
#include "chunk/chunk.h"
#include "query/chunk_key.h"

namespace mutoscope::query {

// `schema`: the dataset's, for the types. INVALID_ARGUMENT if it lacks a column or index that `made` names.
arrow::Result<chunk::Chunk> ToChunk(const MadeChunk& made, base::Tuid id, const arrow::Schema& schema);

}  // namespace mutoscope::query
