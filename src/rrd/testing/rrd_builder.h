// Writes small RRD files byte by byte, good and bad ones (rrd.md §1). For tests only.
#pragma once

#include <lz4.h>
#include <xxhash.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow/api.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/writer.h"
#include "base/bytes.h"
#include "base/tuid.h"
#include "rerun/v1alpha1/log_msg.pb.h"
#include "rrd/recording.h"

namespace mutoscope::rrd::testing {

namespace pb = rerun::log_msg::v1alpha1;
namespace common = rerun::common::v1alpha1;

inline Store RecordingStore(std::string recording_id, std::string application_id = "app") {
  return {StoreKind::kRecording, std::move(recording_id), std::move(application_id)};
}

inline std::shared_ptr<arrow::Buffer> IpcOf(const arrow::RecordBatch& batch) {
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto writer = arrow::ipc::MakeStreamWriter(sink, batch.schema()).ValueOrDie();
  (void)writer->WriteRecordBatch(batch);
  (void)writer->Close();
  return sink->Finish().ValueOrDie();
}

inline std::string Lz4Block(const std::string& plain) {
  std::string block(static_cast<size_t>(LZ4_compressBound(static_cast<int>(plain.size()))), '\0');
  const int size =
      LZ4_compress_default(plain.data(), block.data(), static_cast<int>(plain.size()), static_cast<int>(block.size()));
  block.resize(static_cast<size_t>(size));
  return block;
}

// Field of a chunk schema; empty values are left out.
inline std::shared_ptr<arrow::Field> Field(const std::string& name, std::shared_ptr<arrow::DataType> type, bool nullable,
                                           const std::vector<std::pair<std::string, std::string>>& metadata) {
  std::vector<std::string> keys, values;
  for (const auto& [key, value] : metadata) {
    if (value.empty()) continue;
    keys.push_back(key);
    values.push_back(value);
  }
  return arrow::field(name, std::move(type), nullable, arrow::key_value_metadata(keys, values));
}

// A chunk as rrd.md §2 wants it: `rows` rows of one component `AnyBlob:value` with cells of `cell_bytes` bytes, on the timeline
// "frame" from `first_frame` on, or static.
struct ChunkSpec {
  std::string entity = "/cam";
  int64_t rows = 2;
  int64_t first_frame = 0;
  bool is_static = false;
  size_t cell_bytes = 16;
  bool noise = false;  // cells that do not compress
  base::Tuid id = base::Tuid::New();
};

inline std::shared_ptr<arrow::RecordBatch> MakeChunk(const ChunkSpec& spec) {
  arrow::FixedSizeBinaryBuilder row_ids(arrow::fixed_size_binary(16));
  arrow::Int64Builder frames;
  auto bytes = std::make_shared<arrow::UInt8Builder>();
  const auto blob_type = arrow::list(arrow::field("item", arrow::uint8(), false));
  auto blobs = std::make_shared<arrow::ListBuilder>(arrow::default_memory_pool(), bytes, blob_type);
  arrow::ListBuilder cells(arrow::default_memory_pool(), blobs, arrow::list(arrow::field("item", blob_type, true)));
  uint32_t random = 1;
  for (int64_t row = 0; row < spec.rows; ++row) {
    (void)row_ids.Append(base::Tuid{spec.id.time_ns, spec.id.inc + static_cast<uint64_t>(row)}.bytes().data());
    (void)frames.Append(spec.first_frame + row);
    (void)cells.Append();
    (void)blobs->Append();
    for (size_t i = 0; i < spec.cell_bytes; ++i) {
      random = random * 1664525u + 1013904223u;
      (void)bytes->Append(static_cast<uint8_t>(spec.noise ? random >> 24 : static_cast<uint32_t>(row)));
    }
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
  columns.push_back(cells.Finish().ValueOrDie());
  fields.push_back(
      Field("AnyBlob:value", columns.back()->type(), true,
            {{"rerun:kind", "data"}, {"rerun:component", "AnyBlob:value"}, {"rerun:archetype", "rerun.archetypes.AnyBlob"}}));
  const auto metadata = arrow::key_value_metadata({"sorbet:version", "rerun:id", "rerun:entity_path"},
                                                  {"0.1.3", "chunk_" + spec.id.text(), spec.entity});
  return arrow::RecordBatch::Make(arrow::schema(fields, metadata), spec.rows, columns);
}

// What the manifest says of one chunk; tests of bad manifests change it.
struct ManifestRow {
  ChunkSpec spec;
  ChunkPlace place;  // offset from the start of the stream
};

inline std::shared_ptr<arrow::RecordBatch> ManifestBatch(const std::vector<ManifestRow>& rows) {
  arrow::StringBuilder entities;
  arrow::FixedSizeBinaryBuilder ids(arrow::fixed_size_binary(16));
  arrow::BooleanBuilder statics, has_static;
  arrow::UInt64Builder num_rows, offsets, sizes, uncompressed, rows_set;
  arrow::Int64Builder starts, ends;
  for (const auto& [spec, place] : rows) {
    const bool timed = !spec.is_static && spec.rows > 0;
    (void)entities.Append(spec.entity);
    (void)ids.Append(spec.id.bytes().data());
    (void)statics.Append(spec.is_static);
    (void)num_rows.Append(static_cast<uint64_t>(spec.rows));
    (void)offsets.Append(place.message_offset);
    (void)sizes.Append(place.message_size);
    (void)uncompressed.Append(place.uncompressed_size);
    (void)has_static.Append(spec.is_static);
    (void)(timed ? starts.Append(spec.first_frame) : starts.AppendNull());
    (void)(timed ? ends.Append(spec.first_frame + spec.rows - 1) : ends.AppendNull());
    (void)rows_set.Append(timed ? static_cast<uint64_t>(spec.rows) : 0);
  }
  const auto start = starts.Finish().ValueOrDie();
  const auto end = ends.Finish().ValueOrDie();
  const std::vector<std::pair<std::string, std::string>> frame = {{"rerun:index", "frame"}};
  const auto of_value = [](const char* index) {
    return std::vector<std::pair<std::string, std::string>>{
        {"rerun:index", index}, {"rerun:component", "AnyBlob:value"}, {"rerun:archetype", "rerun.archetypes.AnyBlob"}};
  };
  const arrow::FieldVector fields = {arrow::field("chunk_entity_path", arrow::utf8(), false),
                                     arrow::field("chunk_id", arrow::fixed_size_binary(16), false),
                                     arrow::field("chunk_is_static", arrow::boolean(), false),
                                     arrow::field("chunk_num_rows", arrow::uint64(), false),
                                     arrow::field("chunk_byte_offset", arrow::uint64(), false),
                                     arrow::field("chunk_byte_size", arrow::uint64(), false),
                                     arrow::field("chunk_byte_size_uncompressed", arrow::uint64(), false),
                                     Field("AnyBlob:value:has_static_data", arrow::boolean(), false, of_value("rerun:static")),
                                     Field("frame:start", arrow::int64(), true, frame),
                                     Field("frame:end", arrow::int64(), true, frame),
                                     Field("frame:AnyBlob:value:start", arrow::int64(), true, of_value("frame")),
                                     Field("frame:AnyBlob:value:end", arrow::int64(), true, of_value("frame")),
                                     Field("frame:AnyBlob:value:num_rows", arrow::uint64(), true, of_value("frame"))};
  return arrow::RecordBatch::Make(
      arrow::schema(fields), static_cast<int64_t>(rows.size()),
      {entities.Finish().ValueOrDie(), ids.Finish().ValueOrDie(), statics.Finish().ValueOrDie(), num_rows.Finish().ValueOrDie(),
       offsets.Finish().ValueOrDie(), sizes.Finish().ValueOrDie(), uncompressed.Finish().ValueOrDie(),
       has_static.Finish().ValueOrDie(), start, end, start, end, rows_set.Finish().ValueOrDie()});
}

// One stream. Everything can be changed before Finish(): `rows` and `checksum_xor` make manifests and footers that do not hold.
class StreamBuilder {
 public:
  std::map<std::string, std::pair<Store, std::vector<ManifestRow>>> manifests;  // by recording id
  Compression manifest_compression = Compression::kLz4;
  uint32_t checksum_xor = 0;
  uint64_t footer_offset_add = 0;

  explicit StreamBuilder(std::array<uint8_t, 4> version = {0, 41, 0, 0}) {
    bytes_ = "RRF2";
    bytes_.append(version.begin(), version.end());
    bytes_ += std::string("\x01\x02\x00\x00", 4);
  }

  // A message as it is; returns the offset of its payload in the stream.
  uint64_t Message(uint64_t kind, const std::string& payload) {
    Append(kind);
    Append(uint64_t{payload.size()});
    bytes_ += payload;
    return bytes_.size() - payload.size();
  }

  // As 0.26 and newer announce a store, or (legacy) with the application only in StoreInfo.
  void Announce(const Store& store, bool legacy = false) {
    pb::SetStoreInfo message;
    message.mutable_row_id()->set_time_ns(1);
    message.mutable_row_id()->set_inc(2);
    auto* info = message.mutable_info();
    *info->mutable_store_id() = IdOf(store, legacy);
    if (legacy) info->mutable_application_id()->set_id(store.application_id);
    info->mutable_store_source()->set_kind(pb::STORE_SOURCE_KIND_PYTHON_SDK);
    Message(1, message.SerializeAsString());
  }

  // Adds a chunk and its manifest row; returns its place in the stream.
  ChunkPlace Chunk(const Store& store, const ChunkSpec& spec = {}, Compression compression = Compression::kLz4,
                   bool legacy = false) {
    const std::string ipc = IpcOf(*MakeChunk(spec))->ToString();
    pb::ArrowMsg message;
    *message.mutable_store_id() = IdOf(store, legacy);
    message.set_compression(static_cast<common::Compression>(compression));
    message.set_uncompressed_size(ipc.size());
    message.set_encoding(pb::ENCODING_ARROW_IPC);
    message.set_payload(compression == Compression::kLz4 ? Lz4Block(ipc) : ipc);
    if (!legacy) {
      message.mutable_chunk_id()->set_time_ns(spec.id.time_ns);
      message.mutable_chunk_id()->set_inc(spec.id.inc);
      message.set_is_static(spec.is_static);
    }
    const std::string encoded = message.SerializeAsString();
    const ChunkPlace place{Message(2, encoded), encoded.size(), ipc.size()};
    auto& [listed_store, rows] = manifests[store.recording_id];
    listed_store = store;
    rows.push_back({spec, place});
    return place;
  }

  // Ends the stream as 0.28 and newer do.
  std::string Finish() {
    pb::RrdFooter footer;
    for (const auto& [id, listed] : manifests) AddManifest(listed.first, listed.second, footer.add_manifests());
    return FinishWith(footer.SerializeAsString());
  }

  // The same with another RrdFooter payload.
  std::string FinishWith(const std::string& payload) {
    const uint64_t offset = Message(0, payload);
    Append(offset + footer_offset_add);
    Append(uint64_t{payload.size()});
    Append(XXH32(payload.data(), payload.size(), 7850921) ^ checksum_xor);
    bytes_ += "RRF2FOOT";
    Append(uint32_t{1});
    return bytes_;
  }

  // Ends the stream as 0.27 and older do.
  std::string FinishWithoutFooter() {
    Message(0, "");
    return bytes_;
  }

  // The stream of a writer that died.
  const std::string& bytes() const { return bytes_; }

 private:
  template <typename T>
  void Append(T value) {
    std::array<uint8_t, sizeof(T)> raw{};
    base::StoreLittle(raw.data(), value);
    bytes_.append(raw.begin(), raw.end());
  }

  static common::StoreId IdOf(const Store& store, bool legacy) {
    common::StoreId id;
    id.set_kind(static_cast<common::StoreKind>(store.kind));
    id.set_recording_id(store.recording_id);
    if (!legacy) id.mutable_application_id()->set_id(store.application_id);
    return id;
  }

  void AddManifest(const Store& store, const std::vector<ManifestRow>& rows, pb::RrdManifest* manifest) const {
    *manifest->mutable_store_id() = IdOf(store, false);
    const auto schema =
        arrow::schema({Field("frame", arrow::int64(), true, {{"rerun:kind", "index"}, {"rerun:index_name", "frame"}})});
    manifest->mutable_sorbet_schema()->set_arrow_schema(arrow::ipc::SerializeSchema(*schema).ValueOrDie()->ToString());
    manifest->set_sorbet_schema_sha256(std::string(32, 's'));
    const std::string ipc = IpcOf(*ManifestBatch(rows))->ToString();
    auto* data = manifest->mutable_data();
    data->set_encoder_version(common::ENCODER_VERSION_V0);
    data->set_compression(static_cast<common::Compression>(manifest_compression));
    if (manifest_compression == Compression::kLz4) data->set_uncompressed_size(ipc.size());
    data->set_payload(manifest_compression == Compression::kLz4 ? Lz4Block(ipc) : ipc);
  }

  std::string bytes_;
};

}  // namespace mutoscope::rrd::testing
