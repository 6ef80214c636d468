// Small recordings and an open catalog. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "arrow/api.h"
#include "base/limits.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "rrd/testing/rrd_builder.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::catalog::testing {

using rrd::testing::ChunkSpec;
using rrd::testing::RecordingStore;
using rrd::testing::StreamBuilder;
using storage::testing::TempDir;

inline rrd::Store BlueprintStore(std::string id) { return {rrd::StoreKind::kBlueprint, std::move(id), "app"}; }

// A chunk with one component of any list type, one row.
struct ComponentSpec {
  std::string entity = "/robot";
  std::string component = "Joint:angle";
  std::string archetype = "example.Joint";
  std::shared_ptr<arrow::Array> cells;  // list<...>, a row each
  bool is_static = false;
  base::Tuid id = base::Tuid::New();
};

inline std::shared_ptr<arrow::RecordBatch> MakeComponentChunk(const ComponentSpec& spec) {
  using rrd::testing::Field;
  arrow::FixedSizeBinaryBuilder row_ids(arrow::fixed_size_binary(16));
  arrow::Int64Builder frames;
  for (int64_t row = 0; row < spec.cells->length(); ++row) {
    (void)row_ids.Append(base::Tuid{spec.id.time_ns, spec.id.inc + static_cast<uint64_t>(row)}.bytes().data());
    (void)frames.Append(row);
  }
  arrow::FieldVector fields = {Field("rerun.controls.RowId", arrow::fixed_size_binary(16), false,
                                     {{"rerun:kind", "control"},
                                      {"ARROW:extension:name", "rerun.datatypes.TUID"},
                                      {"ARROW:extension:metadata", R"({"namespace":"row"})"},
                                      {"rerun:is_sorted", "true"}})};
  arrow::ArrayVector columns = {row_ids.Finish().ValueOrDie()};
  if (!spec.is_static) {
    fields.push_back(Field("frame", arrow::int64(), true,
                           {{"rerun:kind", "index"}, {"rerun:index_name", "frame"}, {"rerun:is_sorted", "true"}}));
    columns.push_back(frames.Finish().ValueOrDie());
  }
  fields.push_back(Field(spec.component, spec.cells->type(), true,
                         {{"rerun:kind", "data"}, {"rerun:component", spec.component}, {"rerun:archetype", spec.archetype}}));
  columns.push_back(spec.cells);
  const auto metadata = arrow::key_value_metadata({"sorbet:version", "rerun:id", "rerun:entity_path"},
                                                  {"0.1.3", "chunk_" + spec.id.text(), spec.entity});
  return arrow::RecordBatch::Make(arrow::schema(fields, metadata), spec.cells->length(), columns);
}

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> Cells(const std::vector<std::vector<Value>>& rows) {
  auto values = std::make_shared<Builder>();
  arrow::ListBuilder cells(arrow::default_memory_pool(), values);
  for (const auto& row : rows) {
    if (row.empty()) {
      (void)cells.AppendNull();
      continue;
    }
    (void)cells.Append();
    for (const Value& value : row) (void)values->Append(value);
  }
  return cells.Finish().ValueOrDie();
}

inline void AddChunk(StreamBuilder* builder, const rrd::Store& store, const ComponentSpec& spec) {
  const std::string ipc = rrd::testing::IpcOf(*MakeComponentChunk(spec))->ToString();
  rrd::testing::pb::ArrowMsg message;
  message.mutable_store_id()->set_kind(static_cast<rrd::testing::common::StoreKind>(store.kind));
  message.mutable_store_id()->set_recording_id(store.recording_id);
  message.set_compression(rrd::testing::common::COMPRESSION_NONE);
  message.set_uncompressed_size(ipc.size());
  message.set_encoding(rrd::testing::pb::ENCODING_ARROW_IPC);
  message.set_payload(ipc);
  builder->Message(2, message.SerializeAsString());
}

// A recording with `chunks` chunks of two rows on the timeline "frame", as a writer without footer leaves it.
inline std::string RecordingBytes(const std::string& id, int chunks = 2) {
  StreamBuilder builder;
  builder.Announce(RecordingStore(id));
  for (int i = 0; i < chunks; ++i) builder.Chunk(RecordingStore(id), {.first_frame = int64_t{2} * i});
  return builder.bytes();
}

// A catalog in DIR/data that may read DIR/recordings.
class CatalogTest : public ::testing::Test {
 protected:
  CatalogTest() {
    std::filesystem::create_directories(recordings_directory());
    Reopen();
  }

  CatalogOptions options() const {
    CatalogOptions options;
    options.data_directory = directory_ / "data";
    options.allow_paths = {recordings_directory()};
    options.workers = 2;
    options.index_rows = index_rows_;
    return options;
  }
  std::string recordings_directory() const { return directory_ / "recordings"; }
  void Close() { catalog_.reset(); }
  void Reopen() {
    Close();
    auto opened = Catalog::Open(options());
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    catalog_ = opened.MoveValueUnsafe();
  }

  std::string Write(const std::string& name, const std::string& bytes) const {
    return directory_.Write("recordings/" + name, bytes);
  }
  std::string WriteRecording(const std::string& id, int chunks = 2) const {
    return Write(id + ".rrd", RecordingBytes(id, chunks));
  }
  EntryId MakeDataset(const std::string& name) { return catalog_->CreateDataset(name).ValueOrDie().entry.id; }

  arrow::Result<std::vector<RegisteredSource>> Register(const EntryId& dataset, const std::vector<std::string>& paths,
                                                        OnDuplicate on_duplicate = OnDuplicate::kError,
                                                        const std::string& layer = "") {
    std::vector<DataSource> sources;
    for (const std::string& path : paths) sources.push_back({path, layer, false});
    Catalog::RegisterOptions options;
    options.on_duplicate = on_duplicate;
    return catalog_->Register(dataset, sources, options);
  }
  TaskState TaskOf(const RegisteredSource& row) const { return catalog_->QueryTasks({row.task_id}).at(0); }
  std::shared_ptr<const DatasetSnapshot> Snapshot(const EntryId& dataset) const {
    return catalog_->Snapshot(dataset).ValueOrDie();
  }
  size_t CountIndexFiles() const {
    size_t count = 0;
    std::error_code none;
    for (std::filesystem::recursive_directory_iterator it(directory_ / "data/index", none), end; !none && it != end; ++it) {
      count += it->is_regular_file();
    }
    return count;
  }

  TempDir directory_;
  bool index_rows_ = false;
  std::unique_ptr<Catalog> catalog_;
};

inline bool Mentions(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }

}  // namespace mutoscope::catalog::testing
