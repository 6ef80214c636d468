#include "rrd/manifest.h"

#include <lz4.h>

#include <algorithm>
#include <string>

#include "arrow/array.h"
#include "base/limits.h"
#include "base/status.h"
#include "rrd/ipc.h"
#include "rrd/store_id.h"

namespace mutoscope::rrd {
namespace {

namespace common = rerun::common::v1alpha1;

// Copied, because the message is gone after parsing and its strings are not aligned as Arrow wants it.
arrow::Result<std::shared_ptr<arrow::Buffer>> CopyOf(const std::string& bytes) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> copy, arrow::AllocateBuffer(static_cast<int64_t>(bytes.size())));
  std::copy(bytes.begin(), bytes.end(), copy->mutable_data());
  return copy;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> Decompressed(const common::DataframePart& part) {
  const uint64_t stored = part.payload().size();
  const uint64_t declared = part.uncompressed_size();
  if (stored > INT32_MAX || declared > LZ4_MAX_INPUT_SIZE || declared > base::kLz4ExpansionMax * stored) {
    return base::DataLoss("its LZ4 block of {} bytes cannot hold the declared {} bytes", stored, declared);
  }
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> out, arrow::AllocateBuffer(static_cast<int64_t>(declared)));
  const int found = LZ4_decompress_safe(part.payload().data(), reinterpret_cast<char*>(out->mutable_data()),
                                        static_cast<int>(stored), static_cast<int>(declared));
  if (found < 0 || static_cast<uint64_t>(found) != declared) {
    return base::DataLoss("its LZ4 block does not decode to the declared {} bytes", declared);
  }
  return out;
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> BatchOf(const common::DataframePart& part) {
  if (part.encoder_version() != common::ENCODER_VERSION_V0) {
    return base::DataLoss("its encoder version is {}, expected 1", static_cast<int>(part.encoder_version()));
  }
  switch (part.compression()) {
    case common::COMPRESSION_UNSPECIFIED:
    case common::COMPRESSION_NONE: {
      ARROW_ASSIGN_OR_RAISE(auto ipc, CopyOf(part.payload()));
      return ReadBatch(std::move(ipc));
    }
    case common::COMPRESSION_LZ4: {
      ARROW_ASSIGN_OR_RAISE(auto ipc, Decompressed(part));
      return ReadBatch(std::move(ipc));
    }
    default:
      return base::DataLoss("its compression is {}, expected 1 (none) or 2 (LZ4)", static_cast<int>(part.compression()));
  }
}

arrow::Status CheckGlobalColumns(const arrow::RecordBatch& batch) {
  static const std::vector<std::shared_ptr<arrow::Field>> kColumns = {
      arrow::field("chunk_entity_path", arrow::utf8()),
      arrow::field("chunk_id", arrow::fixed_size_binary(16)),
      arrow::field("chunk_is_static", arrow::boolean()),
      arrow::field("chunk_num_rows", arrow::uint64()),
      arrow::field("chunk_byte_offset", arrow::uint64()),
      arrow::field("chunk_byte_size", arrow::uint64()),
      arrow::field("chunk_byte_size_uncompressed", arrow::uint64())};
  for (const auto& expected : kColumns) {
    const auto column = batch.GetColumnByName(expected->name());
    if (column == nullptr) return base::DataLoss("it has no single column '{}'", expected->name());
    if (!column->type()->Equals(expected->type())) {
      return base::DataLoss("column '{}' is {}, expected {}", expected->name(), column->type()->ToString(),
                            expected->type()->ToString());
    }
    if (column->null_count() != 0) return base::DataLoss("column '{}' holds nulls", expected->name());
  }
  return arrow::Status::OK();
}

const uint64_t* Numbers(const arrow::RecordBatch& batch, const char* name) {
  return static_cast<const arrow::UInt64Array&>(*batch.GetColumnByName(name)).raw_values();
}

std::vector<ChunkPlace> PlacesOf(const arrow::RecordBatch& batch) {
  const uint64_t* offsets = Numbers(batch, "chunk_byte_offset");
  const uint64_t* sizes = Numbers(batch, "chunk_byte_size");
  const uint64_t* uncompressed = Numbers(batch, "chunk_byte_size_uncompressed");
  std::vector<ChunkPlace> places(static_cast<size_t>(batch.num_rows()));
  for (size_t i = 0; i < places.size(); ++i) places[i] = {offsets[i], sizes[i], uncompressed[i]};
  return places;
}

}  // namespace

arrow::Result<StoreManifest> DecodeManifest(const rerun::log_msg::v1alpha1::RrdManifest& manifest) {
  StoreManifest out;
  ARROW_ASSIGN_OR_RAISE(out.store, StoreOf(manifest.store_id()));
  const std::string& hash = manifest.sorbet_schema_sha256();
  if (hash.size() != out.manifest.schema_sha256.size())
    return base::DataLoss("its schema hash has {} bytes, expected 32", hash.size());
  std::copy(hash.begin(), hash.end(), out.manifest.schema_sha256.begin());
  ARROW_ASSIGN_OR_RAISE(auto schema_ipc, CopyOf(manifest.sorbet_schema().arrow_schema()));
  ARROW_ASSIGN_OR_RAISE(out.manifest.schema, ReadSchema(std::move(schema_ipc)));
  ARROW_ASSIGN_OR_RAISE(out.manifest.chunks, BatchOf(manifest.data()));
  ARROW_RETURN_NOT_OK(CheckGlobalColumns(*out.manifest.chunks));
  out.places = PlacesOf(*out.manifest.chunks);
  const auto by_offset = [](const ChunkPlace& a, const ChunkPlace& b) { return a.message_offset < b.message_offset; };
  if (!std::is_sorted(out.places.begin(), out.places.end(), by_offset)) return base::DataLoss("its rows are not in file order");
  return out;
}

}  // namespace mutoscope::rrd
