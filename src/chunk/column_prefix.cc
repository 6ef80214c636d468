#include "chunk/column_prefix.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/status.h"
#include "chunk/ipc_layout.h"
#include "chunk/ipc_read.h"
#include "chunk/metadata.h"
#include "chunk/payload_prefix.h"

namespace mutoscope::chunk {
namespace {

constexpr uint64_t kBodyAlignmentBytes = 8;

// Whether IPC stores the type as its own layout says: one node and its buffers, then the children.
bool HasPlainLayout(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::NA:
    case arrow::Type::SPARSE_UNION:
    case arrow::Type::DENSE_UNION:
    case arrow::Type::DICTIONARY:
    case arrow::Type::EXTENSION:
    case arrow::Type::RUN_END_ENCODED:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::STRING_VIEW:
    case arrow::Type::LIST_VIEW:
    case arrow::Type::LARGE_LIST_VIEW:
      return false;
    default:
      return std::ranges::all_of(type.fields(), [](const auto& child) { return HasPlainLayout(*child->type()); });
  }
}

bool IsListOfBytes(const arrow::DataType& type) {
  return type.id() == arrow::Type::LIST && type.field(0)->type()->id() == arrow::Type::LIST &&
         type.field(0)->type()->field(0)->type()->id() == arrow::Type::UINT8;
}

struct Position {
  size_t node = 0;
  size_t buffer = 0;
};

void StepOver(const arrow::DataType& type, Position* position) {
  ++position->node;
  position->buffer += type.layout().buffers.size();
  for (const auto& child : type.fields()) StepOver(*child->type(), position);
}

// Builds arrays over the body of a batch.
class Assembler {
 public:
  Assembler(const BatchLayout& layout, const std::shared_ptr<arrow::Buffer>& stream, uint64_t body_offset)
      : layout_(layout), stream_(stream), body_offset_(body_offset) {}

  std::shared_ptr<arrow::ArrayData> Take(const std::shared_ptr<arrow::DataType>& type, Position* position) const {
    const FieldNode& node = layout_.nodes[position->node++];
    std::vector<std::shared_ptr<arrow::Buffer>> buffers;
    const size_t count = type->layout().buffers.size();
    for (size_t i = 0; i < count; ++i) {
      const BodyBuffer& at = layout_.buffers[position->buffer++];
      const bool is_absent_validity = i == 0 && node.null_count == 0;
      buffers.push_back(is_absent_validity ? nullptr : Slice(at));
    }
    auto data = arrow::ArrayData::Make(type, static_cast<int64_t>(node.length), std::move(buffers),
                                       static_cast<int64_t>(node.null_count));
    for (const auto& child : type->fields()) data->child_data.push_back(Take(child->type(), position));
    return data;
  }

 private:
  std::shared_ptr<arrow::Buffer> Slice(const BodyBuffer& at) const {
    return arrow::SliceBuffer(stream_, static_cast<int64_t>(body_offset_ + at.offset), static_cast<int64_t>(at.length));
  }

  const BatchLayout& layout_;
  const std::shared_ptr<arrow::Buffer>& stream_;
  uint64_t body_offset_;
};

// A column in the body: its first node and buffer, and where the buffers of it end.
struct ColumnPlace {
  std::shared_ptr<arrow::DataType> type;
  Position begin;
  Position end;
};

std::optional<ColumnPlace> FindColumn(const arrow::Schema& schema, const BatchLayout& layout, std::string_view component) {
  Position position;
  for (const auto& field : schema.fields()) {
    if (!HasPlainLayout(*field->type())) return std::nullopt;
    const Position begin = position;
    StepOver(*field->type(), &position);
    if (ValueOf(*field, kKindKey) != kDataKind || ValueOf(*field, kComponentKey) != component) continue;
    if (position.node > layout.nodes.size() || position.buffer > layout.buffers.size()) return std::nullopt;
    if (field->type()->id() != arrow::Type::LIST || layout.nodes[begin.node].length != layout.num_rows) return std::nullopt;
    return ColumnPlace{field->type(), begin, position};
  }
  return std::nullopt;
}

uint64_t EndOf(const BodyBuffer& buffer) { return buffer.offset + buffer.length; }

// The last of a list column's offsets that matter for `count` lists; absent if the buffer is too short.
std::optional<uint64_t> OffsetAt(const PayloadPrefix& prefix, uint64_t body, const BodyBuffer& offsets, uint64_t count) {
  if (offsets.length < (count + 1) * sizeof(int32_t)) return std::nullopt;
  const auto value = base::LoadLittle<int32_t>(prefix.bytes().data() + body + offsets.offset + count * sizeof(int32_t));
  return value < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(value));
}

// List<List<UInt8>> of the first rows only: offsets and validity come first, then the bytes, of which only some are decoded.
arrow::Result<std::shared_ptr<arrow::ArrayData>> TakeBlobs(PayloadPrefix* prefix, uint64_t body, const BatchLayout& layout,
                                                           const ColumnPlace& place, uint64_t num_rows) {
  const size_t first = place.begin.buffer;  // outer validity, outer offsets, inner validity, inner offsets, validity, bytes
  const BodyBuffer& outer = layout.buffers[first + 1];
  const BodyBuffer& inner = layout.buffers[first + 3];
  const BodyBuffer& bytes = layout.buffers[first + 5];
  ARROW_ASSIGN_OR_RAISE(bool there, prefix->Grow(body + EndOf(inner)));
  if (!there) return nullptr;
  const auto instances = OffsetAt(*prefix, body, outer, num_rows);
  if (!instances || *instances > layout.nodes[place.begin.node + 1].length) return nullptr;
  const auto length = OffsetAt(*prefix, body, inner, *instances);
  if (!length || *length > bytes.length || layout.nodes[place.begin.node + 2].null_count != 0) return nullptr;
  ARROW_ASSIGN_OR_RAISE(there, prefix->Grow(body + bytes.offset + *length));
  if (!there) return nullptr;
  BatchLayout cut = layout;
  cut.nodes[place.begin.node].length = num_rows;
  cut.nodes[place.begin.node + 1].length = *instances;
  cut.nodes[place.begin.node + 2].length = *length;
  cut.buffers[first + 5].length = *length;
  Position position = place.begin;
  auto data = Assembler(cut, prefix->buffer(), body).Take(place.type, &position);
  if (num_rows != layout.num_rows) {  // of the rows that are left, nobody counted the nulls
    data->null_count = arrow::kUnknownNullCount;
    data->child_data[0]->null_count = arrow::kUnknownNullCount;
  }
  return data;
}

arrow::Result<std::shared_ptr<arrow::ArrayData>> TakeColumn(PayloadPrefix* prefix, uint64_t body, const BatchLayout& layout,
                                                            const ColumnPlace& place) {
  uint64_t end = 0;
  for (size_t i = place.begin.buffer; i < place.end.buffer; ++i) end = std::max(end, EndOf(layout.buffers[i]));
  ARROW_ASSIGN_OR_RAISE(const bool there, prefix->Grow(body + end));
  if (!there) return nullptr;
  Position position = place.begin;
  return Assembler(layout, prefix->buffer(), body).Take(place.type, &position);
}

}  // namespace

arrow::Result<std::optional<ColumnPrefix>> ReadColumnPrefix(const storage::File& file, const rrd::ArrowMsgHead& head,
                                                            std::string_view component, int64_t num_rows, SchemaMemo* schemas) {
  PayloadPrefix prefix(file, head);
  ARROW_ASSIGN_OR_RAISE(bool there, prefix.Grow(std::min(kFirstPrefixBytes, head.uncompressed_size)));
  const auto schema_frame = ReadFrame(prefix.bytes(), 0);
  if (!there || !schema_frame.ok()) return std::nullopt;
  ARROW_ASSIGN_OR_RAISE(there, prefix.Grow(schema_frame->metadata_end() + kFramePrefixBytes));
  if (!there) return std::nullopt;
  const auto schema = schemas != nullptr && head.chunk_id ? schemas->Get(prefix.buffer(), *schema_frame, *head.chunk_id)
                                                          : ReadStoredSchema(prefix.buffer(), *schema_frame);
  const auto batch_frame = ReadFrame(prefix.bytes(), schema_frame->metadata_end());
  if (!schema.ok() || !batch_frame.ok()) return std::nullopt;
  ARROW_ASSIGN_OR_RAISE(there, prefix.Grow(batch_frame->metadata_end()));
  if (!there) return std::nullopt;
  const auto layout = ReadBatchLayout(prefix.bytes().subspan(batch_frame->metadata_offset, batch_frame->metadata_length));
  const uint64_t body = batch_frame->metadata_end();
  if (!layout.ok() || body % kBodyAlignmentBytes != 0) return std::nullopt;
  const auto place = FindColumn(**schema, *layout, component);
  if (!place || num_rows < 0 || static_cast<uint64_t>(num_rows) > layout->num_rows) return std::nullopt;
  auto taken = IsListOfBytes(*place->type) ? TakeBlobs(&prefix, body, *layout, *place, static_cast<uint64_t>(num_rows))
                                           : TakeColumn(&prefix, body, *layout, *place);
  ARROW_ASSIGN_OR_RAISE(const auto data, std::move(taken));
  if (data == nullptr || prefix.buffer()->address() % kBodyAlignmentBytes != 0) return std::nullopt;
  auto cells = arrow::MakeArray(data);
  if (!cells->ValidateFull().ok()) return std::nullopt;  // DecodeChunk says what is wrong
  return ColumnPrefix{cells->Slice(0, num_rows), prefix.bytes().size()};
}

}  // namespace mutoscope::chunk
