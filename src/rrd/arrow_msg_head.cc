#include "rrd/arrow_msg_head.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <lz4.h>

#include <algorithm>
#include <span>

#include "base/limits.h"
#include "base/status.h"
#include "rerun/v1alpha1/log_msg.pb.h"
#include "rrd/store_id.h"

namespace mutoscope::rrd {
namespace {

namespace pb = rerun::log_msg::v1alpha1;
namespace common = rerun::common::v1alpha1;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr uint64_t kBlockBytes = 512;               // the fields before the payload, in practice
constexpr uint64_t kSubmessageBytesMax = 64 << 10;  // a store id or chunk id

struct Fields {
  ArrowMsgHead head;
  bool has_store = false;
  bool has_payload = false;
  uint64_t compression = 0;
  uint64_t encoding = 0;
};

void SetNumber(int field, uint64_t value, Fields* out) {
  if (field == pb::ArrowMsg::kCompressionFieldNumber) out->compression = value;
  if (field == pb::ArrowMsg::kUncompressedSizeFieldNumber) out->head.uncompressed_size = value;
  if (field == pb::ArrowMsg::kEncodingFieldNumber) out->encoding = value;
  if (field == pb::ArrowMsg::kIsStaticFieldNumber) out->head.is_static = value != 0;
}

bool IsSubmessage(int field) { return field == pb::ArrowMsg::kStoreIdFieldNumber || field == pb::ArrowMsg::kChunkIdFieldNumber; }

arrow::Status SetSubmessage(int field, std::span<const uint8_t> bytes, Fields* out) {
  const int size = static_cast<int>(bytes.size());
  if (field == pb::ArrowMsg::kStoreIdFieldNumber) {
    common::StoreId id;
    if (!id.ParseFromArray(bytes.data(), size)) return base::DataLoss("its store id does not parse");
    ARROW_ASSIGN_OR_RAISE(out->head.store, StoreOf(id));
    out->has_store = true;
  } else {
    common::Tuid id;
    if (!id.ParseFromArray(bytes.data(), size)) return base::DataLoss("its chunk id does not parse");
    out->head.chunk_id = base::Tuid{id.time_ns(), id.inc()};
  }
  return arrow::Status::OK();
}

// Parses fields from `begin` on and returns where to go on: after the last whole field of the block, or after a payload.
class FieldParser {
 public:
  FieldParser(Window& window, uint64_t end, Fields* out) : window_(window), end_(end), out_(out) {}

  arrow::Result<uint64_t> ParseFrom(uint64_t begin) {
    ARROW_ASSIGN_OR_RAISE(const auto block, window_.Get(begin, std::min(end_ - begin, kBlockBytes)));
    CodedInputStream in(block.data(), static_cast<int>(block.size()));
    const auto position = [&] { return begin + static_cast<uint64_t>(in.CurrentPosition()); };
    while (in.CurrentPosition() < static_cast<int>(block.size())) {
      const uint64_t field_begin = position();
      const uint32_t tag = in.ReadTag();
      const int field = WireFormatLite::GetTagFieldNumber(tag);
      uint64_t value = 0;
      if (tag == 0 || !ReadValue(in, WireFormatLite::GetTagWireType(tag), &value)) {
        if (field_begin != begin) return field_begin;  // the block ends within this field
        return base::DataLoss("the field at offset {} does not parse", field_begin);
      }
      if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
        SetNumber(field, value, out_);
        continue;
      }
      const uint64_t value_begin = position();
      if (value > end_ - value_begin) {
        return base::DataLoss("the field at offset {} needs {} bytes, the message has {} left", field_begin, value,
                              end_ - value_begin);
      }
      if (!IsSubmessage(field) || value > block.size() - static_cast<uint64_t>(in.CurrentPosition())) {
        ARROW_RETURN_NOT_OK(SetBytes(field, value_begin, value));
        return value_begin + value;
      }
      ARROW_RETURN_NOT_OK(SetSubmessage(field, block.subspan(static_cast<size_t>(in.CurrentPosition()), value), out_));
      in.Skip(static_cast<int>(value));
    }
    return position();
  }

 private:
  // The number, or the length of a length-delimited field.
  static bool ReadValue(CodedInputStream& in, WireFormatLite::WireType type, uint64_t* value) {
    uint32_t narrow = 0;
    switch (type) {
      case WireFormatLite::WIRETYPE_VARINT:
      case WireFormatLite::WIRETYPE_LENGTH_DELIMITED:
        return in.ReadVarint64(value);
      case WireFormatLite::WIRETYPE_FIXED64:
        return in.ReadLittleEndian64(value);
      case WireFormatLite::WIRETYPE_FIXED32:
        return in.ReadLittleEndian32(&narrow);
      default:
        return false;
    }
  }

  arrow::Status SetBytes(int field, uint64_t begin, uint64_t size) {
    if (field == pb::ArrowMsg::kPayloadFieldNumber) {
      out_->has_payload = true;
      out_->head.payload_offset = begin;
      out_->head.payload_size = size;
    }
    if (!IsSubmessage(field)) return arrow::Status::OK();
    if (size > kSubmessageBytesMax) return base::DataLoss("an id of {} bytes: at most {} are allowed", size, kSubmessageBytesMax);
    ARROW_ASSIGN_OR_RAISE(const auto bytes, window_.Get(begin, size));
    return SetSubmessage(field, bytes, out_);
  }

  Window& window_;
  uint64_t end_;
  Fields* out_;
};

arrow::Result<ArrowMsgHead> Checked(Fields fields) {
  if (!fields.has_store) return base::DataLoss("it has no store id");
  if (!fields.has_payload) return base::DataLoss("it has no payload");
  if (fields.encoding != pb::ENCODING_ARROW_IPC)
    return base::DataLoss("its encoding is {}, expected 1 (Arrow IPC)", fields.encoding);
  if (fields.compression > common::COMPRESSION_LZ4) {
    return base::DataLoss("its compression is {}, expected 1 (none) or 2 (LZ4)", fields.compression);
  }
  ArrowMsgHead& head = fields.head;
  if (fields.compression == common::COMPRESSION_LZ4) {
    head.compression = Compression::kLz4;
  } else {
    head.uncompressed_size = head.payload_size;  // whatever the field says: plain bytes are as many as they are
  }
  ARROW_RETURN_NOT_OK(CheckPayloadSizes(head));
  return std::move(head);
}

}  // namespace

arrow::Status CheckPayloadSizes(const ArrowMsgHead& head) {
  if (head.uncompressed_size > base::kChunkBytesMax) {
    return base::DataLoss("its chunk declares {} bytes: at most {} are allowed", head.uncompressed_size, base::kChunkBytesMax);
  }
  if (head.compression == Compression::kNone) return arrow::Status::OK();
  if (head.payload_size > INT32_MAX || head.uncompressed_size > LZ4_MAX_INPUT_SIZE) {
    return base::DataLoss("its LZ4 block of {} bytes (declared {} decoded) is larger than LZ4 allows", head.payload_size,
                          head.uncompressed_size);
  }
  if (head.uncompressed_size > base::kLz4ExpansionMax * head.payload_size) {
    return base::DataLoss("its LZ4 block of {} bytes declares {} decoded bytes: LZ4 expands at most {} times", head.payload_size,
                          head.uncompressed_size, base::kLz4ExpansionMax);
  }
  return arrow::Status::OK();
}

arrow::Result<ArrowMsgHead> ParseArrowMsgHead(Window& window, uint64_t offset, uint64_t size) {
  Fields fields;
  FieldParser parser(window, offset + size, &fields);
  for (uint64_t position = offset; position < offset + size;) {
    ARROW_ASSIGN_OR_RAISE(position, parser.ParseFrom(position));
  }
  return Checked(std::move(fields));
}

arrow::Result<std::shared_ptr<arrow::Buffer>> DecodeLz4(std::span<const uint8_t> block, uint64_t size) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> decoded, arrow::AllocateBuffer(static_cast<int64_t>(size)));
  const int found =
      LZ4_decompress_safe(reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(decoded->mutable_data()),
                          static_cast<int>(block.size()), static_cast<int>(size));
  if (found < 0 || static_cast<uint64_t>(found) != size) {
    return base::DataLoss("its LZ4 block is damaged: expected {} decoded bytes, found {}", size,
                          found < 0 ? "an error" : std::to_string(found));
  }
  return decoded;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> DecodePayload(const pb::ArrowMsg& message) {
  Fields fields;
  ARROW_ASSIGN_OR_RAISE(fields.head.store, StoreOf(message.store_id()));
  fields.has_store = fields.has_payload = true;
  fields.encoding = static_cast<uint64_t>(message.encoding());
  fields.compression = static_cast<uint64_t>(message.compression());
  fields.head.payload_size = message.payload().size();
  fields.head.uncompressed_size = message.uncompressed_size();
  ARROW_ASSIGN_OR_RAISE(const ArrowMsgHead head, Checked(std::move(fields)));
  const std::span block(reinterpret_cast<const uint8_t*>(message.payload().data()), message.payload().size());
  if (head.compression == Compression::kLz4) return DecodeLz4(block, head.uncompressed_size);
  // Copied, because Arrow wants its buffers aligned.
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> plain, arrow::AllocateBuffer(static_cast<int64_t>(block.size())));
  std::copy(block.begin(), block.end(), plain->mutable_data());
  return plain;
}

}  // namespace mutoscope::rrd
