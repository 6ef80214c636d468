#include "chunk/ipc_layout.h"

#include "arrow/util/utf8.h"
#include "base/bytes.h"
#include "base/status.h"
#include "chunk/flat_table.h"

namespace mutoscope::chunk {
namespace {

constexpr uint32_t kContinuation = 0xFFFFFFFF;
constexpr uint64_t kStructBytes = 16;  // of FieldNode and Buffer
constexpr uint64_t kSharingMax = 4;    // parts of a schema message that several fields may share, as a multiple of its size

// Slots of the tables of Arrow's Message.fbs and Schema.fbs.
namespace message_slot {
constexpr uint32_t kHeaderType = 1, kHeader = 2, kBodyLength = 3;
}
namespace schema_slot {
constexpr uint32_t kEndianness = 0, kFields = 1, kMetadata = 2;
}
namespace field_slot {
constexpr uint32_t kName = 0, kTypeId = 2, kType = 3, kDictionary = 4, kChildren = 5, kMetadata = 6;
}
namespace batch_slot {
constexpr uint32_t kLength = 0, kNodes = 1, kBuffers = 2, kCompression = 3;
}
enum TypeId : uint8_t { kTimestampType = 10, kUnionType = 14 };
enum HeaderType : uint8_t { kSchemaHeader = 1, kDictionaryHeader = 2, kBatchHeader = 3 };

// Walks the fields of a schema and counts what a parser would copy out of it.
class SchemaCheck {
 public:
  explicit SchemaCheck(uint64_t bytes_max) : bytes_left_(bytes_max) {}

  arrow::Status Fields(const FlatTable& parent, uint32_t slot, int depth) {
    if (depth > kFieldDepthMax) return base::InvalidArgument("columns are nested deeper than {} levels", kFieldDepthMax);
    ARROW_ASSIGN_OR_RAISE(const FlatVector fields, parent.Vector(slot, 4));
    for (uint64_t i = 0; i < fields.count; ++i) {
      ARROW_ASSIGN_OR_RAISE(const FlatTable field, parent.Element(fields, i));
      ARROW_RETURN_NOT_OK(Count(kStructBytes));  // a field takes at least this, even where many share one table
      ARROW_RETURN_NOT_OK(Text(field, field_slot::kName));
      if (field.Has(field_slot::kDictionary))
        return base::InvalidArgument("dictionary-encoded columns are not allowed in a chunk");
      ARROW_RETURN_NOT_OK(Type(field));
      ARROW_RETURN_NOT_OK(KeyValues(field, field_slot::kMetadata));
      ARROW_RETURN_NOT_OK(Fields(field, field_slot::kChildren, depth + 1));
    }
    return arrow::Status::OK();
  }

  arrow::Status KeyValues(const FlatTable& parent, uint32_t slot) {
    ARROW_ASSIGN_OR_RAISE(const FlatVector entries, parent.Vector(slot, 4));
    if (entries.count > kMetadataEntriesMax) {
      return base::InvalidArgument("{} metadata entries on one column, at most {} are read", entries.count, kMetadataEntriesMax);
    }
    for (uint64_t i = 0; i < entries.count; ++i) {
      ARROW_ASSIGN_OR_RAISE(const FlatTable entry, parent.Element(entries, i));
      ARROW_RETURN_NOT_OK(Text(entry, 0));
      ARROW_RETURN_NOT_OK(Text(entry, 1));
    }
    return arrow::Status::OK();
  }

 private:
  // The types that hold text or a list of their own: timezone, type ids.
  arrow::Status Type(const FlatTable& field) {
    ARROW_ASSIGN_OR_RAISE(const auto type_id, field.Scalar<uint8_t>(field_slot::kTypeId, 0));
    if (type_id != kTimestampType && type_id != kUnionType) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(const FlatTable type, field.Table(field_slot::kType));
    if (type_id == kTimestampType) return Text(type, 1);
    ARROW_ASSIGN_OR_RAISE(const FlatVector type_ids, type.Vector(1, 4));
    return Count(type_ids.count * 4);
  }

  arrow::Status Text(const FlatTable& table, uint32_t slot) {
    ARROW_ASSIGN_OR_RAISE(const std::string_view text, table.String(slot));
    ARROW_RETURN_NOT_OK(Count(text.size()));
    if (!arrow::util::ValidateUTF8(text)) return base::InvalidArgument("a name in the schema is not UTF-8");
    return arrow::Status::OK();
  }

  arrow::Status Count(uint64_t bytes) {
    if (bytes > bytes_left_) return base::InvalidArgument("damaged Arrow IPC metadata: the schema is larger than its message");
    bytes_left_ -= bytes;
    return arrow::Status::OK();
  }

  uint64_t bytes_left_;
};

arrow::Result<FlatTable> Header(const FlatTable& message, HeaderType expected, const char* what) {
  ARROW_ASSIGN_OR_RAISE(const auto type, message.Scalar<uint8_t>(message_slot::kHeaderType, 0));
  if (type == kDictionaryHeader) return base::InvalidArgument("dictionary-encoded columns are not allowed in a chunk");
  if (type != expected) return base::InvalidArgument("expected a {} message in the Arrow IPC stream, found type {}", what, type);
  return message.Table(message_slot::kHeader);
}

arrow::Result<uint64_t> Count(const FlatTable& table, uint32_t slot, const char* what) {
  ARROW_ASSIGN_OR_RAISE(const auto value, table.Scalar<int64_t>(slot, 0));
  if (value < 0) return base::InvalidArgument("damaged Arrow IPC metadata: {} is {}", what, value);
  return static_cast<uint64_t>(value);
}

// Calls `add(first, second)` for each pair of int64 of a vector of structs; negative numbers are refused.
template <typename Add>
arrow::Status ForEachPair(const FlatTable& table, uint32_t slot, Add add) {
  ARROW_ASSIGN_OR_RAISE(const FlatVector vector, table.Vector(slot, kStructBytes));
  for (uint64_t i = 0; i < vector.count; ++i) {
    const uint8_t* pair = table.bytes().data() + vector.position + i * kStructBytes;
    const auto first = base::LoadLittle<int64_t>(pair);
    const auto second = base::LoadLittle<int64_t>(pair + 8);
    if (first < 0 || second < 0) return base::InvalidArgument("damaged Arrow IPC metadata: a length or offset is negative");
    ARROW_RETURN_NOT_OK(add(static_cast<uint64_t>(first), static_cast<uint64_t>(second)));
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<MessageFrame> ReadFrame(std::span<const uint8_t> stream, uint64_t offset) {
  if (offset > stream.size() || stream.size() - offset < kFramePrefixBytes) {
    return base::InvalidArgument("the Arrow IPC stream ends before its record batch: {} bytes", stream.size());
  }
  const auto marker = base::LoadLittle<uint32_t>(stream.data() + offset);
  const auto length = base::LoadLittle<int32_t>(stream.data() + offset + 4);
  if (marker != kContinuation) return base::InvalidArgument("not an Arrow IPC stream: no message marker at byte {}", offset);
  if (length == 0) return base::InvalidArgument("the Arrow IPC stream holds no record batch");
  if (length < 0 || length % 8 != 0) return base::InvalidArgument("damaged Arrow IPC stream: metadata of {} bytes", length);
  return MessageFrame{offset + kFramePrefixBytes, static_cast<uint64_t>(length)};
}

arrow::Result<uint64_t> CheckSchemaMessage(std::span<const uint8_t> metadata) {
  if (metadata.size() > kSchemaMessageBytesMax) {
    return base::InvalidArgument("the schema takes {} bytes, at most {} are read", metadata.size(), kSchemaMessageBytesMax);
  }
  ARROW_ASSIGN_OR_RAISE(const FlatTable message, FlatTable::Root(metadata));
  ARROW_ASSIGN_OR_RAISE(const FlatTable schema, Header(message, kSchemaHeader, "schema"));
  ARROW_ASSIGN_OR_RAISE(const uint64_t body_length, Count(message, message_slot::kBodyLength, "the body length"));
  if (body_length != 0) return base::InvalidArgument("damaged Arrow IPC stream: a schema message with a body");
  ARROW_ASSIGN_OR_RAISE(const auto endianness, schema.Scalar<int16_t>(schema_slot::kEndianness, 0));
  if (endianness != 0) return base::InvalidArgument("chunks are little-endian, this Arrow IPC stream is not");
  arrow::util::InitializeUTF8();
  SchemaCheck check(metadata.size() * kSharingMax);
  ARROW_RETURN_NOT_OK(check.KeyValues(schema, schema_slot::kMetadata));
  ARROW_RETURN_NOT_OK(check.Fields(schema, schema_slot::kFields, 1));
  ARROW_ASSIGN_OR_RAISE(const FlatVector fields, schema.Vector(schema_slot::kFields, 4));
  return fields.count;
}

arrow::Result<BatchLayout> ReadBatchLayout(std::span<const uint8_t> metadata) {
  ARROW_ASSIGN_OR_RAISE(const FlatTable message, FlatTable::Root(metadata));
  ARROW_ASSIGN_OR_RAISE(const FlatTable batch, Header(message, kBatchHeader, "record batch"));
  if (batch.Has(batch_slot::kCompression)) return base::InvalidArgument("Arrow IPC body compression is not allowed in a chunk");
  BatchLayout layout;
  ARROW_ASSIGN_OR_RAISE(layout.body_length, Count(message, message_slot::kBodyLength, "the body length"));
  ARROW_ASSIGN_OR_RAISE(layout.num_rows, Count(batch, batch_slot::kLength, "the row count"));
  ARROW_RETURN_NOT_OK(ForEachPair(batch, batch_slot::kNodes, [&](uint64_t length, uint64_t null_count) {
    if (null_count > length) return base::InvalidArgument("damaged Arrow IPC metadata: {} nulls in {} rows", null_count, length);
    layout.nodes.push_back({length, null_count});
    return arrow::Status::OK();
  }));
  uint64_t end = 0;
  ARROW_RETURN_NOT_OK(ForEachPair(batch, batch_slot::kBuffers, [&](uint64_t offset, uint64_t length) {
    if (length > 0) {
      if (offset < end || offset % 8 != 0 || offset > layout.body_length || length > layout.body_length - offset) {
        return base::InvalidArgument(
            "damaged Arrow IPC metadata: a buffer at {} of {} bytes, with {} bytes of body, {} of them taken", offset, length,
            layout.body_length, end);
      }
      end = offset + length;
    }
    layout.buffers.push_back({offset, length});
    return arrow::Status::OK();
  }));
  return layout;
}

}  // namespace mutoscope::chunk
