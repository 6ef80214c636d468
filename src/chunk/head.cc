#include "chunk/head.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>
#include <span>

#include "base/status.h"
#include "chunk/canonical.h"
#include "chunk/ipc_read.h"
#include "chunk/migrate.h"
#include "chunk/payload_prefix.h"

namespace mutoscope::chunk {
namespace {

constexpr uint64_t kTimeBytes = 8;

// The timelines of a schema whose first columns are row ids and sound index columns with today's keys; nothing for any other.
std::optional<std::vector<Timeline>> PlainTimelines(const arrow::Schema& schema) {
  const std::optional<SorbetVersion> version = SorbetVersionOf(schema.metadata().get());
  if (!version.has_value() || *version < SorbetVersion{0, 1, 0} || schema.num_fields() == 0) return std::nullopt;
  const auto kind = [&](int i) { return KindOf(ValueOf(*schema.field(i), kKindKey)); };
  if (kind(0) != ColumnKind::kRowId || !schema.field(0)->type()->Equals(arrow::fixed_size_binary(kTuidBytes)))
    return std::nullopt;
  std::vector<Timeline> timelines;
  for (int i = 1; i < schema.num_fields(); ++i) {
    if (i > 1 && kind(i) < kind(i - 1)) return std::nullopt;
    if (kind(i) != ColumnKind::kIndex) continue;
    const auto timeline_kind = TimelineKindOf(*schema.field(i)->type());
    if (!timeline_kind.ok()) return std::nullopt;
    Timeline timeline{std::string(ValueOf(*schema.field(i), kIndexNameKey)), *timeline_kind};
    if (timeline.name.empty()) timeline.name = schema.field(i)->name();
    const bool repeated =
        std::any_of(timelines.begin(), timelines.end(), [&](const Timeline& t) { return t.name == timeline.name; });
    if (repeated || timeline.name.empty()) return std::nullopt;
    timelines.push_back(std::move(timeline));
  }
  return timelines;
}

// Positions in the body of the values of the first `columns` columns, each with one validity and one value buffer.
std::optional<std::vector<uint64_t>> ValueOffsets(const BatchLayout& layout, size_t columns) {
  std::vector<uint64_t> offsets;
  if (layout.nodes.size() < columns || layout.buffers.size() < 2 * columns) return std::nullopt;
  for (size_t i = 0; i < columns; ++i) {
    const uint64_t width = i == 0 ? kTuidBytes : kTimeBytes;
    const BodyBuffer& values = layout.buffers[2 * i + 1];
    if (layout.nodes[i].length != layout.num_rows || layout.nodes[i].null_count != 0) return std::nullopt;
    if (layout.num_rows > values.length / width) return std::nullopt;
    offsets.push_back(values.length == 0 ? 0 : values.offset);
  }
  return offsets;
}

std::vector<base::Tuid> CopyRowIds(const uint8_t* bytes, uint64_t rows) {
  std::vector<base::Tuid> ids;
  ids.reserve(rows);
  for (uint64_t row = 0; row < rows; ++row) ids.push_back(base::Tuid::FromBytes(bytes + row * kTuidBytes));
  return ids;
}

std::vector<int64_t> CopyTimes(const uint8_t* bytes, uint64_t rows) {
  std::vector<int64_t> times(rows);
  if (rows > 0) std::memcpy(times.data(), bytes, rows * kTimeBytes);
  return times;
}

// Timelines in name order, with their times.
void SortTimelines(ChunkHead* head) {
  if (std::is_sorted(head->timelines.begin(), head->timelines.end())) return;
  std::vector<size_t> order(head->timelines.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return head->timelines[a] < head->timelines[b]; });
  ChunkHead sorted = *head;
  for (size_t i = 0; i < order.size(); ++i) {
    sorted.timelines[i] = head->timelines[order[i]];
    sorted.times[i] = std::move(head->times[order[i]]);
  }
  *head = std::move(sorted);
}

// Nothing if the stream is not laid out as every writer since 0.24 does it: then the whole chunk is decoded, which also finds out
// what is wrong with it.
arrow::Result<std::optional<ChunkHead>> ReadFromPrefix(PayloadPrefix* prefix, const rrd::ArrowMsgHead& message,
                                                       SchemaMemo* schemas) {
  ARROW_ASSIGN_OR_RAISE(bool there, prefix->Grow(std::min(kFirstPrefixBytes, message.uncompressed_size)));
  const auto schema_frame = ReadFrame(prefix->bytes(), 0);
  if (!there || !schema_frame.ok()) return std::nullopt;
  ARROW_ASSIGN_OR_RAISE(there, prefix->Grow(schema_frame->metadata_end() + kFramePrefixBytes));
  if (!there) return std::nullopt;
  const auto schema = schemas != nullptr && message.chunk_id ? schemas->Get(prefix->buffer(), *schema_frame, *message.chunk_id)
                                                             : ReadStoredSchema(prefix->buffer(), *schema_frame);
  const auto batch_frame = ReadFrame(prefix->bytes(), schema_frame->metadata_end());
  if (!schema.ok() || !batch_frame.ok()) return std::nullopt;
  auto timelines = PlainTimelines(**schema);
  ARROW_ASSIGN_OR_RAISE(there, prefix->Grow(batch_frame->metadata_end()));
  if (!timelines.has_value() || !there) return std::nullopt;
  const auto layout = ReadBatchLayout(prefix->bytes().subspan(batch_frame->metadata_offset, batch_frame->metadata_length));
  if (!layout.ok()) return std::nullopt;
  const auto offsets = ValueOffsets(*layout, 1 + timelines->size());
  if (!offsets.has_value()) return std::nullopt;
  uint64_t body_bytes = 0;
  for (size_t i = 0; i < offsets->size(); ++i) {
    body_bytes = std::max(body_bytes, (*offsets)[i] + layout->num_rows * (i == 0 ? kTuidBytes : kTimeBytes));
  }
  ARROW_ASSIGN_OR_RAISE(there, prefix->Grow(batch_frame->metadata_end() + body_bytes));
  if (!there) return std::nullopt;

  const uint8_t* body = prefix->bytes().data() + batch_frame->metadata_end();
  ChunkHead head;
  head.stored_schema = *schema;
  head.num_rows = static_cast<int64_t>(layout->num_rows);
  head.row_ids = CopyRowIds(body + (*offsets)[0], layout->num_rows);
  head.timelines = std::move(*timelines);
  for (size_t i = 1; i < offsets->size(); ++i) head.times.push_back(CopyTimes(body + (*offsets)[i], layout->num_rows));
  return head;
}

arrow::Result<ChunkHead> ReadFromWholePayload(const storage::File& file, const rrd::ArrowMsgHead& message) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> ipc, rrd::ReadPayload(file, message));
  const auto chunk = DecodeChunk(ipc);
  if (!chunk.ok()) {
    return base::DataLoss("{}: the chunk at byte {} does not decode: {}", file.path(), message.payload_offset,
                          chunk.status().message());
  }
  ChunkHead head;
  ARROW_ASSIGN_OR_RAISE(const MessageFrame frame, ReadFrame({ipc->data(), static_cast<size_t>(ipc->size())}, 0));
  ARROW_ASSIGN_OR_RAISE(head.stored_schema, ReadStoredSchema(ipc, frame));
  head.num_rows = chunk->num_rows();
  const auto rows = static_cast<uint64_t>(head.num_rows);
  const auto& ids = static_cast<const arrow::FixedSizeBinaryArray&>(*chunk->batch->column(0));
  head.row_ids = CopyRowIds(ids.raw_values(), rows);
  head.timelines = chunk->timelines;
  for (size_t i = 0; i < chunk->timelines.size(); ++i) {
    const int64_t* times = TimesOf(*chunk->batch->column(chunk->time_column(i)));
    head.times.push_back(CopyTimes(reinterpret_cast<const uint8_t*>(times), rows));
  }
  return head;
}

}  // namespace

arrow::Result<ChunkHead> ReadChunkHead(const storage::File& file, const rrd::ArrowMsgHead& message, SchemaMemo* schemas) {
  PayloadPrefix prefix(file, message);
  ARROW_ASSIGN_OR_RAISE(std::optional<ChunkHead> head, ReadFromPrefix(&prefix, message, schemas));
  if (!head.has_value()) {
    ARROW_ASSIGN_OR_RAISE(head, ReadFromWholePayload(file, message));
  }
  SortTimelines(&*head);
  head->row_ids_sorted = std::is_sorted(head->row_ids.begin(), head->row_ids.end());
  return std::move(*head);
}

}  // namespace mutoscope::chunk
