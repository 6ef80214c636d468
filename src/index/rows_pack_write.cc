#include <span>

#include "arrow/io/memory.h"
#include "arrow/ipc/writer.h"
#include "arrow/util/key_value_metadata.h"
#include "base/bytes.h"
#include "base/status.h"
#include "index/chunk_rows.h"
#include "index/rows_pack_columns.h"
#include "storage/durable.h"

namespace mutoscope::index {
namespace {

using Offsets = std::vector<int64_t>;
using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

const TypePtr& ItemType(const TypePtr& list) { return static_cast<const arrow::LargeListType&>(*list).value_type(); }

void EndRow(Offsets* offsets, size_t num_items) { offsets->push_back(static_cast<int64_t>(num_items)); }

// Dictionaries of all layers: one file has one dictionary a column.
struct Dictionaries {
  StringDictionary timelines, archetypes, components, component_types;
  ArrayPtr timeline_values, archetype_values, component_values, component_type_values;

  void Add(const ChunkRows& rows) {
    for (const chunk::Timeline& timeline : rows.timelines) timelines.Add(timeline.name);
    for (const ComponentCells& cells : rows.components) {
      archetypes.Add(cells.descriptor.archetype);
      components.Add(cells.descriptor.component);
      component_types.Add(cells.descriptor.component_type);
    }
  }
  arrow::Status Finish() {
    ARROW_ASSIGN_OR_RAISE(timeline_values, timelines.Values());
    ARROW_ASSIGN_OR_RAISE(archetype_values, archetypes.Values());
    ARROW_ASSIGN_OR_RAISE(component_values, components.Values());
    return component_types.Values().Value(&component_type_values);
  }
};

class TimelinesColumn {
 public:
  void Append(const ChunkRows& rows, Dictionaries* dictionaries) {
    for (size_t i = 0; i < rows.timelines.size(); ++i) {
      names_.push_back(dictionaries->timelines.Add(rows.timelines[i].name));
      kinds_.push_back(static_cast<uint8_t>(rows.timelines[i].kind));
      times_.insert(times_.end(), rows.times[i].begin(), rows.times[i].end());
      EndRow(&times_offsets_, times_.size());
    }
    EndRow(&offsets_, names_.size());
  }
  ArrayPtr Finish(const TypePtr& type, const Dictionaries& dictionaries) && {
    const TypePtr& item = ItemType(type);
    return ListOf(
        type, std::move(offsets_),
        StructOf(item, {StringDictionary::Column(std::move(names_), dictionaries.timeline_values), NumberArray(std::move(kinds_)),
                        ListOf(item->field(RowsTimelineField::kTimes)->type(), std::move(times_offsets_),
                               NumberArray(std::move(times_)))}));
  }

 private:
  Offsets offsets_ = {0}, times_offsets_ = {0};
  std::vector<int32_t> names_;
  std::vector<uint8_t> kinds_;
  std::vector<int64_t> times_;
};

class BinaryColumn {
 public:
  void Append(std::span<const uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    EndRow(&offsets_, bytes_.size());
  }
  ArrayPtr Finish() && {
    const auto length = static_cast<int64_t>(offsets_.size()) - 1;
    return std::make_shared<arrow::LargeBinaryArray>(length, arrow::Buffer::FromVector(std::move(offsets_)),
                                                     arrow::Buffer::FromVector(std::move(bytes_)));
  }

 private:
  Offsets offsets_ = {0};
  std::vector<uint8_t> bytes_;
};

class ComponentsColumn {
 public:
  void Append(const ChunkRows& rows, Dictionaries* dictionaries) {
    for (const ComponentCells& cells : rows.components) {
      archetypes_.push_back(dictionaries->archetypes.Add(cells.descriptor.archetype));
      components_.push_back(dictionaries->components.Add(cells.descriptor.component));
      component_types_.push_back(dictionaries->component_types.Add(cells.descriptor.component_type));
      set_.Append(cells.set);
      non_empty_.Append(cells.non_empty);
    }
    EndRow(&offsets_, components_.size());
  }
  ArrayPtr Finish(const TypePtr& type, const Dictionaries& dictionaries) && {
    return ListOf(
        type, std::move(offsets_),
        StructOf(ItemType(type), {StringDictionary::Column(std::move(archetypes_), dictionaries.archetype_values),
                                  StringDictionary::Column(std::move(components_), dictionaries.component_values),
                                  StringDictionary::Column(std::move(component_types_), dictionaries.component_type_values),
                                  std::move(set_).Finish(), std::move(non_empty_).Finish()}));
  }

 private:
  Offsets offsets_ = {0};
  std::vector<int32_t> archetypes_, components_, component_types_;
  BinaryColumn set_, non_empty_;
};

class LargeCellsColumn {
 public:
  void Append(const ChunkRows& rows) {
    for (const LargeCell& cell : rows.large_cells) {
      components_.push_back(cell.component);
      rows_.push_back(cell.row);
      decoded_offsets_.push_back(cell.decoded_offset);
      lengths_.push_back(cell.length);
      for (const CellRun& run : cell.runs) {
        run_offsets_.push_back(run.offset);
        run_lengths_.push_back(run.length);
      }
      EndRow(&runs_offsets_, run_offsets_.size());
    }
    EndRow(&offsets_, rows_.size());
  }
  ArrayPtr Finish(const TypePtr& type) && {
    const TypePtr& item = ItemType(type);
    const TypePtr& runs_type = item->field(LargeCellField::kRuns)->type();
    const ArrayPtr runs =
        ListOf(runs_type, std::move(runs_offsets_),
               StructOf(ItemType(runs_type), {NumberArray(std::move(run_offsets_)), NumberArray(std::move(run_lengths_))}));
    return ListOf(type, std::move(offsets_),
                  StructOf(item, {NumberArray(std::move(components_)), NumberArray(std::move(rows_)),
                                  NumberArray(std::move(decoded_offsets_)), NumberArray(std::move(lengths_)), runs}));
  }

 private:
  Offsets offsets_ = {0}, runs_offsets_ = {0};
  std::vector<uint32_t> components_, rows_;
  std::vector<uint64_t> decoded_offsets_, lengths_, run_offsets_, run_lengths_;
};

std::shared_ptr<arrow::RecordBatch> MakeBatch(const LayerRows& layer, const std::shared_ptr<arrow::Schema>& schema,
                                              Dictionaries* dictionaries) {
  std::vector<bool> present, row_ids_sorted, wire_ready;
  Offsets row_id_offsets = {0};
  std::vector<uint8_t> row_ids;
  TimelinesColumn timelines;
  ComponentsColumn components;
  LargeCellsColumn large_cells;
  BinaryColumn patches, small_columns;
  for (const std::optional<ChunkRows>& chunk : layer.chunks) {
    const ChunkRows& rows = chunk ? *chunk : ChunkRows();
    present.push_back(chunk.has_value());
    row_ids_sorted.push_back(rows.row_ids_sorted);
    wire_ready.push_back(rows.wire_ready);
    for (const base::Tuid& id : rows.row_ids) {
      const auto bytes = id.bytes();
      row_ids.insert(row_ids.end(), bytes.begin(), bytes.end());
    }
    EndRow(&row_id_offsets, row_ids.size() / sizeof(base::Tuid));
    timelines.Append(rows, dictionaries);
    components.Append(rows, dictionaries);
    large_cells.Append(rows);
    patches.Append(rows.patches);
    const auto& small = rows.small_columns;
    small_columns.Append(small == nullptr ? std::span<const uint8_t>()
                                          : std::span(small->data(), static_cast<size_t>(small->size())));
  }
  const auto type_of = [&](int column) { return schema->field(column)->type(); };
  return arrow::RecordBatch::Make(
      schema, static_cast<int64_t>(layer.chunks.size()),
      {BoolArray(present), BoolArray(row_ids_sorted), BoolArray(wire_ready),
       ListOf(type_of(RowsColumn::kRowIds), std::move(row_id_offsets), FixedBytesArray(sizeof(base::Tuid), std::move(row_ids))),
       std::move(timelines).Finish(type_of(RowsColumn::kTimelines), *dictionaries),
       std::move(components).Finish(type_of(RowsColumn::kComponents), *dictionaries),
       std::move(large_cells).Finish(type_of(RowsColumn::kLargeCells)), std::move(patches).Finish(),
       std::move(small_columns).Finish()});
}

// A piece of the file that one checksum covers.
std::string RegionText(const arrow::Buffer& file, int64_t begin, int64_t end) {
  const auto length = static_cast<size_t>(end - begin);
  return fmt::format("{} {} {:016x}", begin, length, ChecksumOf(file.data() + begin, length));
}

// Writes the batches and notes in `footer` where each lies. `bytes` is what `sink` writes to.
arrow::Status WriteBatches(const std::vector<LayerRows>& layers, const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                           arrow::ipc::RecordBatchWriter* writer, const arrow::io::OutputStream& sink, const arrow::Buffer& bytes,
                           arrow::KeyValueMetadata* footer) {
  ARROW_ASSIGN_OR_RAISE(int64_t begin, sink.Tell());
  int64_t head_end = begin;
  std::string directory;
  for (size_t i = 0; i < batches.size(); ++i) {
    ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batches[i]));
    ARROW_ASSIGN_OR_RAISE(const int64_t end, sink.Tell());
    if (i == 0) {  // the dictionaries went before the first batch
      int64_t size = 0;
      ARROW_RETURN_NOT_OK(arrow::ipc::GetRecordBatchSize(*batches[i], &size));
      head_end = begin = end - size;
    }
    directory += fmt::format("{} {}\n", layers[i].layer, RegionText(bytes, begin, end));
    begin = end;
  }
  footer->Append(std::string(kHeadKey), RegionText(bytes, 0, head_end));
  footer->Append(std::string(kLayersKey), directory);
  return arrow::Status::OK();
}

// XXH3-64 of the Arrow footer: its flatbuffer, the length of that, and the magic bytes.
arrow::Result<uint64_t> FooterChecksum(const arrow::Buffer& file) {
  const uint8_t* end = file.data() + file.size();
  const auto size =
      FooterSize(std::span<const uint8_t, kTrailerBytes>(end - kTrailerBytes, kTrailerBytes), static_cast<uint64_t>(file.size()));
  if (!size) return base::Internal("the Arrow file just written has no footer");
  return ChecksumOf(end - *size, *size);
}

}  // namespace

arrow::Result<PackInfo> WriteRowsPack(const std::string& path, const std::vector<LayerRows>& layers) {
  Dictionaries dictionaries;
  for (const LayerRows& layer : layers) {
    for (const auto& chunk : layer.chunks) {
      if (chunk) dictionaries.Add(*chunk);
    }
  }
  ARROW_RETURN_NOT_OK(dictionaries.Finish());
  const std::shared_ptr<arrow::Schema> schema = RowsPackSchema();
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  for (const LayerRows& layer : layers) batches.push_back(MakeBatch(layer, schema, &dictionaries));

  // The writer looks at the footer metadata when it is closed; what they say is known only then.
  const auto footer = std::make_shared<arrow::KeyValueMetadata>();
  ARROW_ASSIGN_OR_RAISE(const std::shared_ptr<arrow::ResizableBuffer> file, arrow::AllocateResizableBuffer(0));
  const auto sink = std::make_shared<arrow::io::BufferOutputStream>(file);
  ARROW_ASSIGN_OR_RAISE(const auto writer,
                        arrow::ipc::MakeFileWriter(sink, schema, arrow::ipc::IpcWriteOptions::Defaults(), footer));
  ARROW_RETURN_NOT_OK(WriteBatches(layers, batches, writer.get(), *sink, *file, footer.get()));
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_RETURN_NOT_OK(sink->Close());
  ARROW_RETURN_NOT_OK(storage::WriteDurably(path, {file}));
  ARROW_ASSIGN_OR_RAISE(const uint64_t checksum, FooterChecksum(*file));
  return PackInfo{static_cast<uint64_t>(file->size()), checksum};
}

}  // namespace mutoscope::index
