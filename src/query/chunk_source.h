// Rows and columns of chunks, from the layer index, the cache or the recording: whichever is cheapest.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "arrow/array.h"
#include "arrow/result.h"
#include "catalog/catalog.h"
#include "index/rows_view.h"
#include "query/chunk_cache.h"
#include "query/counters.h"
#include "storage/file.h"

namespace mutoscope::query {

// For one thread at a time; remembers the layers it met. Errors name the file and the offset of the chunk.
class ChunkSource {
 public:
  // All outlive it.
  ChunkSource(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot, ChunkCache& cache, Counters& counters)
      : catalog_(catalog), snapshot_(snapshot), cache_(cache), counters_(counters) {}

  // FAILED_PRECONDITION if the recording changed (only where it must be read), DATA_LOSS if the chunk is damaged.
  arrow::Result<index::RowsView> Rows(index::ChunkRef ref, const index::ChunkInfo& info);
  // Cells of at least the first `num_rows` rows. `rows`: of this chunk. `keep`: neighbours may be asked for later.
  arrow::Result<std::shared_ptr<arrow::Array>> Column(const index::ChunkInfo& info, const index::RowsView& rows,
                                                      std::string_view component, int64_t num_rows, bool keep = true);
  // The recording of the layer, as it was registered.
  arrow::Result<const storage::File*> FileOf(index::LayerId layer);

  const catalog::Layer& LayerOf(index::LayerId layer) const { return *snapshot_.layers[snapshot_.layer_positions.at(layer)]; }
  Counters& counters() { return counters_; }

 private:
  struct LayerParts {
    bool looked_for_rows = false;
    std::shared_ptr<const index::LayerRowViews> rows;
    std::shared_ptr<const storage::File> file;
  };
  arrow::Result<index::ChunkRows> MakeRows(index::ChunkRef ref, const index::ChunkInfo& info);
  arrow::Result<std::shared_ptr<arrow::Array>> Decode(const storage::File& file, const index::ChunkInfo& info,
                                                      const index::RowsView& rows, std::string_view component, int64_t num_rows);

  const catalog::Catalog& catalog_;
  const catalog::DatasetSnapshot& snapshot_;
  ChunkCache& cache_;
  Counters& counters_;
  std::unordered_map<index::LayerId, LayerParts> layers_;
  // The column decoded last: batches that follow each other need it again, also if it is too large for the cache.
  ChunkPart last_part_;
  std::shared_ptr<arrow::Array> last_cells_;
};

}  // namespace mutoscope::query
