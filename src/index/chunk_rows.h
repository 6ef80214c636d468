// Layer index, part two: the rows of every chunk. Needs the payload, so it is written in the background after the layer is
// visible.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "base/tuid.h"
#include "chunk/chunk.h"
#include "index/layer_pack.h"
#include "rrd/recording.h"
#include "storage/file.h"

namespace mutoscope::index {

// Neighbouring bytes of a cell: a piece of the recording file, or a few bytes that the index keeps itself.
struct CellRun {
  static constexpr uint64_t kInPatches = uint64_t{1} << 63;
  uint64_t offset = 0;  // absolute in the file; or kInPatches + position in ChunkRows::patches
  uint64_t length = 0;

  bool is_patch() const { return (offset & kInPatches) != 0; }
  uint64_t patch_offset() const { return offset & ~kInPatches; }
  friend bool operator==(const CellRun&, const CellRun&) = default;
};

// A cell of at least base::kLargeCellBytesMin bytes whose values are one contiguous range of the decoded chunk
// (blobs, image buffers, video samples: one instance a row).
struct LargeCell {
  uint32_t component = 0;  // position among the chunk's component columns
  uint32_t row = 0;
  uint64_t decoded_offset = 0;  // in the decoded IPC stream
  uint64_t length = 0;
  // Its bytes in order, nearly all of them verbatim in the file; empty if that cannot be said in few runs.
  std::vector<CellRun> runs;
};

struct ComponentCells {
  chunk::Descriptor descriptor;
  std::vector<uint8_t> set;        // one bit a row, least significant first: the cell is not null; empty = set in all rows
  std::vector<uint8_t> non_empty;  // the cell has at least one instance; empty = all rows
};

struct ChunkRows {
  bool row_ids_sorted = true;
  bool wire_ready = true;  // chunk::IsWireReady of the stored schema and row ids sorted: the stored payload can go out as it is
  std::vector<base::Tuid> row_ids;
  std::vector<chunk::Timeline> timelines;
  std::vector<std::vector<int64_t>> times;  // [timeline][row]
  std::vector<ComponentCells> components;   // in column order
  std::vector<LargeCell> large_cells;       // ascending (component, row)
  std::vector<uint8_t> patches;             // of the large cells' runs
  // An Arrow IPC stream of one batch with the small component columns of a chunk that is mostly large cells, so that they are
  // read without decoding those; null for other chunks. Fields are named by component.
  std::shared_ptr<arrow::Buffer> small_columns;
};

// Decodes the chunk and finds the literal runs of its large cells. DATA_LOSS naming file and offset.
arrow::Result<ChunkRows> BuildChunkRows(const storage::File& file, const rrd::ChunkPlace& place);

// The rows of all chunks of some layers, in one Arrow IPC file (docs/formats/layer_index.md): one record batch a layer, one row a
// chunk.
struct LayerRows {
  LayerId layer = 0;
  std::vector<std::optional<ChunkRows>> chunks;  // parallel to ChunkTable::chunks; none where the chunk is damaged
};
// PackInfo::checksum is that of the Arrow footer alone, which holds the checksums of everything else, so that opening need not
// read the whole file.
arrow::Result<PackInfo> WriteRowsPack(const std::string& path, const std::vector<LayerRows>& layers);

struct RowsView;

// The rows of one layer of a pack, by chunk. Immutable, thread-safe.
class LayerRowViews {
 public:
  virtual ~LayerRowViews() = default;
  // NOT_FOUND if there is no such chunk or it was damaged, DATA_LOSS if the pack is. The view keeps what it needs.
  virtual arrow::Result<RowsView> Chunk(uint32_t ordinal) const = 0;
};

// Memory-mapped; opening reads only the footer. The checksum of each layer is verified when its first chunk is asked for.
// Immutable, thread-safe.
class RowsPack {
 public:
  // DATA_LOSS naming the file if it is missing, of another size or version, or damaged.
  static arrow::Result<std::shared_ptr<const RowsPack>> Open(const std::string& path, const PackInfo& expected);
  ~RowsPack();
  std::vector<LayerId> layers() const;
  // NOT_FOUND if it has no such layer, chunk, or that chunk was damaged.
  arrow::Result<ChunkRows> Read(LayerId layer, uint32_t ordinal) const;
  // The same without a copy, for a whole layer. NOT_FOUND if the pack has no such layer.
  static arrow::Result<std::shared_ptr<const LayerRowViews>> Layer(const std::shared_ptr<const RowsPack>& pack, LayerId layer);

 private:
  struct State;
  explicit RowsPack(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mutoscope::index
