#include <array>
#include <charconv>
#include <mutex>
#include <unordered_map>

#include "arrow/io/file.h"
#include "arrow/ipc/reader.h"
#include "arrow/util/key_value_metadata.h"
#include "base/bytes.h"
#include "base/status.h"
#include "index/chunk_rows.h"
#include "index/pack_view.h"
#include "index/rows_pack_columns.h"
#include "index/rows_view.h"

namespace mutoscope::index {

std::optional<uint64_t> FooterSize(std::span<const uint8_t, kTrailerBytes> trailer, uint64_t file_size) {
  const auto length = base::LoadLittle<int32_t>(trailer.data());
  if (length < 0 || file_size < kTrailerBytes || static_cast<uint64_t>(length) > file_size - kTrailerBytes) return std::nullopt;
  return static_cast<uint64_t>(length) + kTrailerBytes;
}

namespace {

struct Region {
  uint64_t offset = 0;
  uint64_t length = 0;
  uint64_t checksum = 0;
};

// Takes the next number off `text` and the character after it.
template <typename T>
bool TakeNumber(std::string_view* text, T* number, int base = 10) {
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *number, base);
  if (error != std::errc()) return false;
  text->remove_prefix(std::min(static_cast<size_t>(end - text->data()) + 1, text->size()));
  return true;
}

bool TakeRegion(std::string_view* text, uint64_t file_size, Region* region) {
  return TakeNumber(text, &region->offset) && TakeNumber(text, &region->length) && TakeNumber(text, &region->checksum, 16) &&
         region->offset <= file_size && region->length <= file_size - region->offset;
}

struct Directory {
  Region head;
  std::vector<LayerId> layers;  // of each record batch
  std::vector<Region> regions;
};

using MappedFile = arrow::io::MemoryMappedFile;

// A part of the mapping. Never asked for the whole file: Arrow tells the kernel to read ahead what is asked for.
arrow::Result<std::shared_ptr<arrow::Buffer>> Part(MappedFile* file, uint64_t offset, uint64_t length) {
  return file->ReadAt(static_cast<int64_t>(offset), static_cast<int64_t>(length));
}

arrow::Status CheckFooter(MappedFile* file, const PackInfo& expected) {
  ARROW_ASSIGN_OR_RAISE(const int64_t size, file->GetSize());
  if (static_cast<uint64_t>(size) != expected.bytes) return base::DataLoss("it has {} bytes, expected {}", size, expected.bytes);
  if (expected.bytes < kTrailerBytes) return base::DataLoss("{} bytes are too few for a footer", size);
  ARROW_ASSIGN_OR_RAISE(const auto trailer, Part(file, expected.bytes - kTrailerBytes, kTrailerBytes));
  const auto footer_size = FooterSize(std::span<const uint8_t, kTrailerBytes>(trailer->data(), kTrailerBytes), expected.bytes);
  if (!footer_size) return base::DataLoss("it has no footer");
  ARROW_ASSIGN_OR_RAISE(const auto footer, Part(file, expected.bytes - *footer_size, *footer_size));
  if (ChecksumOf(footer->data(), *footer_size) != expected.checksum)
    return base::DataLoss("the checksum of its footer does not hold");
  return arrow::Status::OK();
}

bool ParseDirectory(const arrow::KeyValueMetadata& footer, uint64_t file_size, Directory* out) {
  const std::string head = footer.Get(std::string(kHeadKey)).ValueOr("");
  const std::string layers = footer.Get(std::string(kLayersKey)).ValueOr("");
  std::string_view rest = head;
  if (!TakeRegion(&rest, file_size, &out->head)) return false;
  for (rest = layers; !rest.empty();) {
    if (!TakeNumber(&rest, &out->layers.emplace_back()) || !TakeRegion(&rest, file_size, &out->regions.emplace_back()))
      return false;
  }
  return true;
}

// Typed views of a record batch (one layer), made once.
struct LayerView {
  explicit LayerView(const arrow::RecordBatch& batch)
      : present(batch.column(RowsColumn::kPresent)),
        row_ids_sorted(batch.column(RowsColumn::kRowIdsSorted)),
        wire_ready(batch.column(RowsColumn::kWireReady)),
        row_ids(*batch.column(RowsColumn::kRowIds)),
        row_id_bytes(static_cast<const arrow::FixedSizeBinaryArray&>(*row_ids.values).raw_values()),
        timelines(*batch.column(RowsColumn::kTimelines)),
        timeline_names(*Child(timelines.values, RowsTimelineField::kName)),
        timeline_kinds(Numbers<uint8_t>(timelines.values, RowsTimelineField::kKind)),
        times(*Child(timelines.values, RowsTimelineField::kTimes)),
        time_values(times.values->data()->GetValues<int64_t>(1)),
        components(*batch.column(RowsColumn::kComponents)),
        archetypes(*Child(components.values, RowsComponentField::kArchetype)),
        component_names(*Child(components.values, RowsComponentField::kComponent)),
        component_types(*Child(components.values, RowsComponentField::kComponentType)),
        set(Child(components.values, RowsComponentField::kSet)),
        non_empty(Child(components.values, RowsComponentField::kNonEmpty)),
        large_cells(*batch.column(RowsColumn::kLargeCells)),
        cell_components(Numbers<uint32_t>(large_cells.values, LargeCellField::kComponent)),
        cell_rows(Numbers<uint32_t>(large_cells.values, LargeCellField::kRow)),
        decoded_offsets(Numbers<uint64_t>(large_cells.values, LargeCellField::kDecodedOffset)),
        cell_lengths(Numbers<uint64_t>(large_cells.values, LargeCellField::kLength)),
        runs(*Child(large_cells.values, LargeCellField::kRuns)),
        run_offsets(Numbers<uint64_t>(runs.values, RunField::kOffset)),
        run_lengths(Numbers<uint64_t>(runs.values, RunField::kLength)),
        patches(batch.column(RowsColumn::kPatches)),
        small_columns(batch.column(RowsColumn::kSmallColumns)) {}

  size_t num_chunks() const { return static_cast<size_t>(present->length()); }
  bool IsPresent(size_t chunk) const { return Bit(present, chunk); }

  // Without its owner. False if the parts of the chunk do not fit together.
  bool View(size_t chunk, RowsView* view) const {
    view->num_rows = row_ids.size(chunk);
    view->wire_ready = Bit(wire_ready, chunk);
    view->row_id_bytes = row_id_bytes + row_ids.begin(chunk) * sizeof(base::Tuid);
    view->timelines.reserve(timelines.size(chunk));
    for (size_t i = timelines.begin(chunk); i < timelines.end(chunk); ++i) {
      if (timeline_kinds[i] > static_cast<uint8_t>(chunk::TimelineKind::kDuration) || times.size(i) != view->num_rows)
        return false;
      view->timelines.push_back({timeline_names.View(i), static_cast<chunk::TimelineKind>(timeline_kinds[i]),
                                 std::span(time_values + times.begin(i), times.size(i))});
    }
    view->components.reserve(components.size(chunk));
    for (size_t i = components.begin(chunk); i < components.end(chunk); ++i) {
      CellsView& cells = view->components.emplace_back(CellsView{component_names.View(i), {}});
      std::span<const uint8_t> unused;
      if (!Bits(*set, i, view->num_rows, &cells.set) || !Bits(*non_empty, i, view->num_rows, &unused)) return false;
    }
    view->patches = Bytes(*patches, chunk);
    view->small_columns = Bytes(*small_columns, chunk);
    for (size_t i = large_cells.begin(chunk); i < large_cells.end(chunk); ++i) {
      if (cell_components[i] >= view->components.size() || cell_rows[i] >= view->num_rows) return false;
    }
    view->large = {large_cells.begin(chunk),
                   large_cells.end(chunk),
                   cell_components,
                   cell_rows,
                   decoded_offsets,
                   cell_lengths,
                   runs.offsets,
                   run_offsets,
                   run_lengths};
    return true;
  }

  bool Read(size_t chunk, ChunkRows* rows) const {
    RowsView view;
    if (!View(chunk, &view)) return false;
    rows->row_ids_sorted = Bit(row_ids_sorted, chunk);
    rows->wire_ready = view.wire_ready;
    rows->row_ids.reserve(view.num_rows);
    for (size_t row = 0; row < view.num_rows; ++row) rows->row_ids.push_back(view.row_id(row));
    for (const TimesView& timeline : view.timelines) {
      rows->timelines.push_back({std::string(timeline.timeline), timeline.kind});
      rows->times.emplace_back(timeline.times.begin(), timeline.times.end());
    }
    for (size_t i = components.begin(chunk); i < components.end(chunk); ++i) {
      std::span<const uint8_t> set_bits, non_empty_bits;
      if (!Bits(*set, i, view.num_rows, &set_bits) || !Bits(*non_empty, i, view.num_rows, &non_empty_bits)) return false;
      rows->components.push_back({{archetypes[i], component_names[i], component_types[i]},
                                  {set_bits.begin(), set_bits.end()},
                                  {non_empty_bits.begin(), non_empty_bits.end()}});
    }
    rows->large_cells.reserve(large_cells.size(chunk));
    for (size_t i = large_cells.begin(chunk); i < large_cells.end(chunk); ++i) {
      LargeCell& cell =
          rows->large_cells.emplace_back(LargeCell{cell_components[i], cell_rows[i], decoded_offsets[i], cell_lengths[i], {}});
      for (size_t run = runs.begin(i); run < runs.end(i); ++run) cell.runs.push_back({run_offsets[run], run_lengths[run]});
    }
    rows->patches.assign(view.patches.begin(), view.patches.end());
    if (!view.small_columns.empty()) {
      rows->small_columns = arrow::Buffer::FromString({view.small_columns.begin(), view.small_columns.end()});
    }
    return true;
  }

 private:
  static std::span<const uint8_t> Bytes(const arrow::Array& column, size_t row) {
    const std::string_view view = static_cast<const arrow::LargeBinaryArray&>(column).GetView(static_cast<int64_t>(row));
    return {reinterpret_cast<const uint8_t*>(view.data()), view.size()};
  }

  static bool Bit(const std::shared_ptr<arrow::Array>& column, size_t row) {
    return static_cast<const arrow::BooleanArray&>(*column).Value(static_cast<int64_t>(row));
  }

  static bool Bits(const arrow::Array& column, size_t row, size_t num_rows, std::span<const uint8_t>* bits) {
    *bits = Bytes(column, row);
    return bits->empty() || bits->size() == (num_rows + 7) / 8;
  }

  std::shared_ptr<arrow::Array> present;
  std::shared_ptr<arrow::Array> row_ids_sorted;
  std::shared_ptr<arrow::Array> wire_ready;
  ListView row_ids;
  const uint8_t* row_id_bytes;
  ListView timelines;
  StringColumn timeline_names;
  const uint8_t* timeline_kinds;
  ListView times;
  const int64_t* time_values;
  ListView components;
  StringColumn archetypes;
  StringColumn component_names;
  StringColumn component_types;
  std::shared_ptr<arrow::Array> set;
  std::shared_ptr<arrow::Array> non_empty;
  ListView large_cells;
  const uint32_t* cell_components;
  const uint32_t* cell_rows;
  const uint64_t* decoded_offsets;
  const uint64_t* cell_lengths;
  ListView runs;
  const uint64_t* run_offsets;
  const uint64_t* run_lengths;
  std::shared_ptr<arrow::Array> patches;
  std::shared_ptr<arrow::Array> small_columns;
};

}  // namespace

struct RowsPack::State {
  std::string path;
  std::shared_ptr<MappedFile> file;
  Directory directory;
  std::unordered_map<LayerId, size_t> batches;

  std::mutex mutex;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> reader;  // guarded by mutex
  bool head_checked = false;                                  // guarded by mutex
  std::vector<bool> checked;                                  // [batch], guarded by mutex
  // Batches in use: reading the same layer again costs no parsing. Guarded by mutex.
  struct Cached {
    size_t batch = SIZE_MAX;
    std::shared_ptr<const LayerView> view;
  };
  std::array<Cached, 16> cache;

  arrow::Status CheckRegion(const Region& region, std::string_view what) const {
    const auto bytes = Part(file.get(), region.offset, region.length);
    if (bytes.ok() && ChecksumOf((*bytes)->data(), region.length) == region.checksum) return arrow::Status::OK();
    return DamagedPack(path, fmt::format("the checksum of {} at offset {} does not hold", what, region.offset));
  }

  arrow::Result<std::shared_ptr<const LayerView>> View(size_t batch) {
    const std::lock_guard lock(mutex);
    Cached& slot = cache[batch % cache.size()];
    if (slot.batch == batch) return slot.view;
    if (!head_checked) ARROW_RETURN_NOT_OK(CheckRegion(directory.head, "its head"));
    head_checked = true;
    if (!checked[batch])
      ARROW_RETURN_NOT_OK(CheckRegion(directory.regions[batch], fmt::format("layer {}", directory.layers[batch])));
    const auto rows = reader->ReadRecordBatch(static_cast<int>(batch));
    if (!rows.ok()) return DamagedPack(path, rows.status().message());
    if (!checked[batch]) ARROW_RETURN_NOT_OK(CheckPackBatch(path, **rows));
    checked[batch] = true;
    slot = {batch, std::make_shared<LayerView>(**rows)};
    return slot.view;
  }
};

RowsPack::RowsPack(std::unique_ptr<State> state) : state_(std::move(state)) {}
RowsPack::~RowsPack() = default;

arrow::Result<std::shared_ptr<const RowsPack>> RowsPack::Open(const std::string& path, const PackInfo& expected) {
  auto state = std::make_unique<State>();
  state->path = path;
  const auto open = [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(state->file, MappedFile::Open(path, arrow::io::FileMode::READ));
    ARROW_RETURN_NOT_OK(CheckFooter(state->file.get(), expected));
    return arrow::ipc::RecordBatchFileReader::Open(state->file).Value(&state->reader);
  };
  if (const arrow::Status status = open(); !status.ok()) return DamagedPack(path, status.message());
  ARROW_RETURN_NOT_OK(CheckPackSchema(path, *state->reader->schema(), *RowsPackSchema()));
  const auto footer = state->reader->metadata();
  if (footer == nullptr || !ParseDirectory(*footer, expected.bytes, &state->directory) ||
      state->directory.layers.size() != static_cast<size_t>(state->reader->num_record_batches())) {
    return DamagedPack(path, "its list of layers does not hold");
  }
  for (size_t i = 0; i < state->directory.layers.size(); ++i) state->batches.emplace(state->directory.layers[i], i);
  state->checked.resize(state->directory.layers.size());
  return std::shared_ptr<const RowsPack>(new RowsPack(std::move(state)));
}

std::vector<LayerId> RowsPack::layers() const { return state_->directory.layers; }

namespace {

arrow::Status NoSuchChunk(const std::string& path, LayerId layer, uint32_t ordinal, size_t num_chunks) {
  if (ordinal >= num_chunks) {
    return base::NotFound("layer {} has {} chunks in index file '{}', chunk {} was asked for", layer, num_chunks, path, ordinal);
  }
  return base::NotFound("chunk {} of layer {} was damaged when index file '{}' was written", ordinal, layer, path);
}

arrow::Status UnfitChunk(const std::string& path, LayerId layer, uint32_t ordinal) {
  return DamagedPack(path, fmt::format("chunk {} of layer {} does not hold", ordinal, layer));
}

}  // namespace

// One layer of a pack: keeps the mapped file and the typed views.
class RowsPackLayer final : public LayerRowViews {
 public:
  RowsPackLayer(std::shared_ptr<const RowsPack> pack, std::string path, LayerId layer, std::shared_ptr<const LayerView> view)
      : pack_(std::move(pack)), path_(std::move(path)), layer_(layer), view_(std::move(view)) {}

  arrow::Result<RowsView> Chunk(uint32_t ordinal) const override {
    if (ordinal >= view_->num_chunks() || !view_->IsPresent(ordinal))
      return NoSuchChunk(path_, layer_, ordinal, view_->num_chunks());
    RowsView view;
    if (!view_->View(ordinal, &view)) return UnfitChunk(path_, layer_, ordinal);
    view.owner = view_;
    return view;
  }

 private:
  std::shared_ptr<const RowsPack> pack_;
  std::string path_;
  LayerId layer_;
  std::shared_ptr<const LayerView> view_;
};

arrow::Result<std::shared_ptr<const LayerRowViews>> RowsPack::Layer(const std::shared_ptr<const RowsPack>& pack, LayerId layer) {
  State& state = *pack->state_;
  const auto batch = state.batches.find(layer);
  if (batch == state.batches.end()) return base::NotFound("index file '{}' has no layer {}", state.path, layer);
  ARROW_ASSIGN_OR_RAISE(auto view, state.View(batch->second));
  return std::make_shared<RowsPackLayer>(pack, state.path, layer, std::move(view));
}

arrow::Result<ChunkRows> RowsPack::Read(LayerId layer, uint32_t ordinal) const {
  const auto batch = state_->batches.find(layer);
  if (batch == state_->batches.end()) return base::NotFound("index file '{}' has no layer {}", state_->path, layer);
  ARROW_ASSIGN_OR_RAISE(const auto view, state_->View(batch->second));
  if (ordinal >= view->num_chunks() || !view->IsPresent(ordinal))
    return NoSuchChunk(state_->path, layer, ordinal, view->num_chunks());
  ChunkRows rows;
  if (!view->Read(ordinal, &rows)) return UnfitChunk(state_->path, layer, ordinal);
  return rows;
}

}  // namespace mutoscope::index
