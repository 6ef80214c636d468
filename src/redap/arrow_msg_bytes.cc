#include "redap/arrow_msg_bytes.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/slice.h>

#include "redap/convert.h"

namespace mutoscope::redap {
namespace {

using google::protobuf::internal::WireFormatLite;

// A slice that keeps an Arrow buffer alive.
grpc::Slice SliceOf(std::shared_ptr<arrow::Buffer> buffer) {
  auto* owner = new std::shared_ptr<arrow::Buffer>(std::move(buffer));
  return grpc::Slice(
      const_cast<uint8_t*>((*owner)->data()), static_cast<size_t>((*owner)->size()),
      [](void* data) { delete static_cast<std::shared_ptr<arrow::Buffer>*>(data); }, owner);
}

// Every field of the ArrowMsg but the payload.
std::string HeaderFields(const query::DeliveredChunk& chunk) {
  log_msg::ArrowMsg message;
  auto* store = message.mutable_store_id();
  store->set_kind(chunk.store_kind == rrd::StoreKind::kBlueprint ? common::STORE_KIND_BLUEPRINT : common::STORE_KIND_RECORDING);
  store->set_recording_id(chunk.segment_id);
  store->mutable_application_id()->set_id(chunk.application_id.empty() ? "none" : chunk.application_id);
  message.set_compression(chunk.compression == rrd::Compression::kLz4 ? common::COMPRESSION_LZ4 : common::COMPRESSION_NONE);
  message.set_uncompressed_size(chunk.uncompressed_size);
  message.set_encoding(log_msg::ENCODING_ARROW_IPC);
  *message.mutable_chunk_id() = ToProto(chunk.chunk_id);
  message.set_is_static(chunk.is_static);
  return message.SerializeAsString();
}

std::string TagAndLength(int field, uint64_t length) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.WriteTag(WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  out.WriteVarint64(length);
  out.Trim();
  return bytes;
}

}  // namespace

grpc::ByteBuffer EncodeFetchChunksResponse(const std::vector<query::DeliveredChunk>& chunks) {
  std::vector<grpc::Slice> slices;
  for (const auto& chunk : chunks) {
    const std::string header = HeaderFields(chunk);
    const std::string payload_prefix = TagAndLength(log_msg::ArrowMsg::kPayloadFieldNumber, chunk.payload_bytes());
    const uint64_t message_bytes = header.size() + payload_prefix.size() + chunk.payload_bytes();
    slices.emplace_back(TagAndLength(cloud::FetchChunksResponse::kChunksFieldNumber, message_bytes) + header + payload_prefix);
    for (const auto& piece : chunk.payload) {
      if (piece->size() > 0) slices.push_back(SliceOf(piece));
    }
  }
  return {slices.data(), slices.size()};
}

}  // namespace mutoscope::redap
