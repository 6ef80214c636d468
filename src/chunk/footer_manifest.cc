#include "chunk/footer_manifest.h"

#include <lz4.h>

#include <string>
#include <vector>

#include "arrow/io/memory.h"
#include "arrow/ipc/options.h"
#include "arrow/ipc/writer.h"
#include "base/status.h"
#include "rrd/stream_writer.h"

namespace mutoscope::chunk {
namespace {

namespace pb = rerun::log_msg::v1alpha1;
namespace common = rerun::common::v1alpha1;

constexpr uint64_t kManifestBytesMax = 256ull << 20;  // before compression; 100,000 chunks of 300 columns

uint64_t DenseBytes(const ChunkTable& table) {
  const uint64_t components = table.descriptors.size() * (1 + 24 * table.timelines.size());
  return table.chunks.size() * (128 + 16 * table.timelines.size() + components);
}

// Columns that never hold nulls say so in a file (rrd.md §1.8).
std::shared_ptr<arrow::RecordBatch> WithNullability(const arrow::RecordBatch& batch) {
  arrow::FieldVector fields;
  for (int i = 0; i < batch.num_columns(); ++i) {
    const std::string& name = batch.schema()->field(i)->name();
    const bool never_null = name.find(':') == std::string::npos || name.ends_with(":has_static_data");
    fields.push_back(batch.schema()->field(i)->WithNullable(!never_null));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), batch.num_rows(), batch.columns());
}

arrow::Result<std::shared_ptr<arrow::Buffer>> IpcOf(const arrow::Schema& schema, const arrow::RecordBatch* batch) {
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.use_threads = false;
  ARROW_ASSIGN_OR_RAISE(const auto sink, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(const auto writer, arrow::ipc::MakeStreamWriter(sink, arrow::schema(schema.fields()), options));
  if (batch != nullptr) ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batch));
  ARROW_RETURN_NOT_OK(writer->Close());
  return sink->Finish();
}

arrow::Status SetData(const arrow::Buffer& plain, common::DataframePart* part) {
  part->set_encoder_version(common::ENCODER_VERSION_V0);
  part->set_compression(common::COMPRESSION_LZ4);
  part->set_uncompressed_size(static_cast<uint64_t>(plain.size()));
  std::string* payload = part->mutable_payload();
  payload->resize(static_cast<size_t>(LZ4_compressBound(static_cast<int>(plain.size()))));
  const int size = LZ4_compress_default(reinterpret_cast<const char*>(plain.data()), payload->data(),
                                        static_cast<int>(plain.size()), static_cast<int>(payload->size()));
  if (size <= 0) return base::Internal("LZ4 does not compress a manifest of {} bytes", plain.size());
  payload->resize(static_cast<size_t>(size));
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::optional<pb::RrdManifest>> FooterManifest(const rrd::Store& store, const ChunkTable& table) {
  if (DenseBytes(table) > kManifestBytesMax) return std::nullopt;
  ARROW_ASSIGN_OR_RAISE(const auto chunks, ManifestFromTable(table));
  const auto batch = WithNullability(*chunks);
  ARROW_ASSIGN_OR_RAISE(const auto data, IpcOf(*batch->schema(), batch.get()));
  ARROW_ASSIGN_OR_RAISE(const auto schema, IpcOf(*table.schema, nullptr));
  pb::RrdManifest manifest;
  *manifest.mutable_store_id() = rrd::ToProto(store);
  manifest.mutable_sorbet_schema()->set_arrow_schema(schema->ToString());
  manifest.set_sorbet_schema_sha256(table.schema_sha256.data(), table.schema_sha256.size());
  ARROW_RETURN_NOT_OK(SetData(*data, manifest.mutable_data()));
  return manifest;
}

}  // namespace mutoscope::chunk
