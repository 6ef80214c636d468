#include "redap/convert.h"

#include <lz4.h>

#include <limits>

#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/ipc/writer.h"
#include "arrow/memory_pool.h"
#include "base/limits.h"
#include "base/status.h"

namespace mutoscope::redap {
namespace {

constexpr int64_t kCompressBytesMin = 512;  // smaller tables are not worth it
constexpr uint64_t kRequestTableBytesMax = 256ull << 20;
constexpr int64_t kRequestTablesBytesMax = int64_t{1} << 30;  // of all requests together

arrow::Result<std::shared_ptr<arrow::Buffer>> Decompress(const common::DataframePart& part) {
  const std::string& payload = part.payload();
  const uint64_t size = part.uncompressed_size();
  if (size > kRequestTableBytesMax || size > payload.size() * base::kLz4ExpansionMax) {
    return base::InvalidArgument("dataframe: {} compressed bytes cannot hold the declared {}", payload.size(), size);
  }
  ARROW_ASSIGN_OR_RAISE(auto out, arrow::AllocateBuffer(static_cast<int64_t>(size)));
  const int decoded = LZ4_decompress_safe(payload.data(), reinterpret_cast<char*>(out->mutable_data()),
                                          static_cast<int>(payload.size()), static_cast<int>(size));
  if (decoded < 0 || static_cast<uint64_t>(decoded) != size) {
    return base::InvalidArgument("dataframe: its LZ4 block is malformed or not of the declared {} bytes", size);
  }
  return out;
}

arrow::Result<std::string> SegmentIdOf(const common::SegmentId& segment) {
  if (!segment.has_id()) return base::InvalidArgument("details of a dataset: a blueprint segment has no id");
  return segment.id();
}

// The first batch of an IPC stream. What compressed or misaligned buffers need beside `ipc` is bounded over all requests.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> ReadFirstBatch(const std::shared_ptr<arrow::Buffer>& ipc) {
  static arrow::CappedMemoryPool pool(arrow::default_memory_pool(), kRequestTablesBytesMax);  // outlives every buffer
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.memory_pool = &pool;
  options.use_threads = false;
  options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
  const auto source = std::make_shared<arrow::io::BufferReader>(ipc);
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::ipc::RecordBatchStreamReader::Open(source, options));
  std::shared_ptr<arrow::RecordBatch> batch;
  ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
  if (batch == nullptr) return arrow::Status::Invalid("its Arrow stream holds no batch");
  ARROW_RETURN_NOT_OK(batch->ValidateFull());
  return batch;
}

}  // namespace

common::Tuid ToProto(const base::Tuid& id) {
  common::Tuid out;
  out.set_time_ns(id.time_ns);
  out.set_inc(id.inc);
  return out;
}

common::EntryId EntryIdToProto(const catalog::EntryId& id) {
  common::EntryId out;
  *out.mutable_id() = ToProto(id);
  return out;
}

arrow::Result<catalog::EntryId> FromProto(const common::EntryId& id) {
  if (!id.has_id() || !id.id().has_time_ns() || !id.id().has_inc()) return base::InvalidArgument("entry id: a field is missing");
  return catalog::EntryId{id.id().time_ns(), id.id().inc()};
}

google::protobuf::Timestamp TimestampToProto(int64_t ns) {
  google::protobuf::Timestamp out;
  out.set_seconds(ns / 1'000'000'000);
  out.set_nanos(static_cast<int32_t>(ns % 1'000'000'000));
  return out;
}

cloud::EntryDetails ToProto(const catalog::Entry& entry) {
  cloud::EntryDetails out;
  *out.mutable_id() = EntryIdToProto(entry.id);
  out.set_name(entry.name);
  out.set_entry_kind(static_cast<cloud::EntryKind>(entry.kind));
  *out.mutable_created_at() = TimestampToProto(entry.created_at_ns);
  *out.mutable_updated_at() = TimestampToProto(entry.updated_at_ns);
  return out;
}

cloud::DatasetDetails ToProto(const catalog::DatasetDetails& details) {
  cloud::DatasetDetails out;
  if (details.blueprint_dataset) *out.mutable_blueprint_dataset() = EntryIdToProto(*details.blueprint_dataset);
  if (details.default_blueprint_segment) out.mutable_default_blueprint_segment()->set_id(*details.default_blueprint_segment);
  if (details.default_segment_table_blueprint_segment) {
    out.mutable_default_segment_table_blueprint_segment()->set_id(*details.default_segment_table_blueprint_segment);
  }
  if (details.asset_dataset) *out.mutable_asset_dataset() = EntryIdToProto(*details.asset_dataset);
  return out;
}

cloud::DatasetEntry ToProto(const catalog::Dataset& dataset) {
  cloud::DatasetEntry out;
  *out.mutable_details() = ToProto(dataset.entry);
  *out.mutable_dataset_details() = ToProto(dataset.details);
  auto* handle = out.mutable_dataset_handle();
  *handle->mutable_entry_id() = EntryIdToProto(dataset.entry.id);
  handle->set_dataset_url("memory:///" + dataset.entry.id.text());  // clients demand a URL; this is the peer's form
  switch (dataset.entry.kind) {
    case catalog::EntryKind::kBlueprintDataset:
      handle->set_store_kind(common::STORE_KIND_BLUEPRINT);
      handle->set_dataset_kind(common::DATASET_KIND_BLUEPRINT);
      break;
    case catalog::EntryKind::kAssetDataset:
      handle->set_store_kind(common::STORE_KIND_RECORDING);
      handle->set_dataset_kind(common::DATASET_KIND_ASSET);
      break;
    default:
      handle->set_store_kind(common::STORE_KIND_RECORDING);
      handle->set_dataset_kind(common::DATASET_KIND_RECORDING);
  }
  return out;
}

arrow::Result<catalog::DatasetDetails> FromProto(const cloud::DatasetDetails& details) {
  catalog::DatasetDetails out;
  if (details.has_blueprint_dataset()) {
    ARROW_ASSIGN_OR_RAISE(out.blueprint_dataset, FromProto(details.blueprint_dataset()));
  }
  if (details.has_default_blueprint_segment()) {
    ARROW_ASSIGN_OR_RAISE(out.default_blueprint_segment, SegmentIdOf(details.default_blueprint_segment()));
  }
  if (details.has_default_segment_table_blueprint_segment()) {
    ARROW_ASSIGN_OR_RAISE(out.default_segment_table_blueprint_segment,
                          SegmentIdOf(details.default_segment_table_blueprint_segment()));
  }
  if (details.has_asset_dataset()) {
    ARROW_ASSIGN_OR_RAISE(out.asset_dataset, FromProto(details.asset_dataset()));
  }
  return out;
}

arrow::Result<common::DataframePart> ToProto(const arrow::RecordBatch& batch) {
  ARROW_ASSIGN_OR_RAISE(const auto sink, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(const auto writer, arrow::ipc::MakeStreamWriter(sink, batch.schema()));
  ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(batch));
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_ASSIGN_OR_RAISE(const auto plain, sink->Finish());

  common::DataframePart part;
  part.set_encoder_version(common::ENCODER_VERSION_V0);
  part.set_uncompressed_size(static_cast<uint64_t>(plain->size()));
  if (plain->size() >= kCompressBytesMin && plain->size() <= LZ4_MAX_INPUT_SIZE) {
    std::string* payload = part.mutable_payload();
    payload->resize(static_cast<size_t>(LZ4_compressBound(static_cast<int>(plain->size()))));
    const int bytes = LZ4_compress_default(reinterpret_cast<const char*>(plain->data()), payload->data(),
                                           static_cast<int>(plain->size()), static_cast<int>(payload->size()));
    if (bytes > 0 && bytes < plain->size()) {
      payload->resize(static_cast<size_t>(bytes));
      part.set_compression(common::COMPRESSION_LZ4);
      return part;
    }
  }
  part.set_compression(common::COMPRESSION_NONE);
  part.set_payload(plain->ToString());
  return part;
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> FromProto(const common::DataframePart& part) {
  if (part.encoder_version() != common::ENCODER_VERSION_V0) {
    return base::InvalidArgument("dataframe: encoder version {} is unknown", static_cast<int>(part.encoder_version()));
  }
  if (!part.has_payload()) return base::InvalidArgument("dataframe: it has no payload");
  if (part.payload().size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return base::InvalidArgument("dataframe: a payload of {} bytes is too large", part.payload().size());
  }
  if (!common::Compression_IsValid(part.compression())) {
    return base::InvalidArgument("dataframe: compression {} is unknown", static_cast<int>(part.compression()));
  }
  std::shared_ptr<arrow::Buffer> ipc;
  if (part.compression() == common::COMPRESSION_LZ4) {
    ARROW_ASSIGN_OR_RAISE(ipc, Decompress(part));
  } else {
    ARROW_ASSIGN_OR_RAISE(auto copy,
                          arrow::AllocateBuffer(static_cast<int64_t>(part.payload().size())));  // Arrow wants it aligned
    std::copy(part.payload().begin(), part.payload().end(), copy->mutable_data());
    ipc = std::move(copy);
  }
  const auto batch = ReadFirstBatch(ipc);
  if (batch.ok()) return batch;
  if (batch.status().IsOutOfMemory()) return base::ResourceExhausted("dataframe: {}", batch.status().message());
  return base::InvalidArgument("dataframe: {}", batch.status().message());
}

arrow::Result<common::Schema> ToProto(const arrow::Schema& schema) {
  ARROW_ASSIGN_OR_RAISE(const auto sink, arrow::io::BufferOutputStream::Create());
  const auto shared = std::make_shared<arrow::Schema>(schema);
  ARROW_ASSIGN_OR_RAISE(const auto writer, arrow::ipc::MakeStreamWriter(sink, shared));
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_ASSIGN_OR_RAISE(const auto bytes, sink->Finish());
  common::Schema out;
  out.set_arrow_schema(bytes->ToString());
  return out;
}

}  // namespace mutoscope::redap
