#include <algorithm>
#include <limits>

#include "base/status.h"
#include "redap/columns.h"
#include "redap/find_request.h"
#include "redap/handlers.h"
#include "redap/scan_parameters.h"

namespace mutoscope::redap {
namespace {

constexpr size_t kRowsPerMessage = 16384;

const Metadata kControl = {{"rerun:kind", "control"}};

// What both answers share (redap.md §3.7, columns 1 to 8), for some found chunks.
arrow::Result<Table> CommonColumns(std::span<const query::FoundChunk> chunks) {
  std::vector<base::Tuid> ids;
  std::vector<std::string> segments, layers, keys, entities;
  std::vector<bool> is_static;
  std::vector<uint64_t> bytes;
  for (const auto& chunk : chunks) {
    ids.push_back(chunk.id);
    segments.push_back(chunk.layer->segment_id);
    layers.push_back(chunk.layer->name);
    keys.push_back(query::EncodeChunkKey(chunk.key));
    entities.emplace_back(chunk.entity);
    is_static.push_back(chunk.is_static);
    bytes.push_back(chunk.bytes);
  }
  Table table;
  ARROW_RETURN_NOT_OK(table.Add(MakeField("chunk_id", arrow::fixed_size_binary(16), false, kControl), IdColumn(ids)));
  ARROW_RETURN_NOT_OK(table.Add(MakeField("chunk_segment_id", arrow::utf8(), false, kControl), TextColumn(segments)));
  ARROW_RETURN_NOT_OK(table.Add(MakeField("rerun_segment_layer", arrow::utf8(), false), TextColumn(layers)));
  ARROW_RETURN_NOT_OK(table.Add(MakeField("chunk_key", arrow::binary(), false), BinaryColumn(keys)));
  ARROW_RETURN_NOT_OK(table.Add(MakeField("chunk_entity_path", arrow::utf8(), false, kControl), TextColumn(entities)));
  ARROW_RETURN_NOT_OK(table.Add(MakeField("chunk_is_static", arrow::boolean(), false, kControl), BoolColumn(is_static)));
  ARROW_RETURN_NOT_OK(table.Add(MakeField("chunk_byte_len", arrow::uint64(), false), UInt64Column(bytes)));
  ARROW_RETURN_NOT_OK(table.Add(MakeField("chunk_byte_size_uncompressed", arrow::uint64(), true), UInt64Column(bytes)));
  return table;
}

arrow::Status AddDirectUrlColumns(int64_t rows, Table* table) {
  const auto url = arrow::dictionary(arrow::int32(), arrow::utf8());
  const auto expires = arrow::dictionary(arrow::int32(), arrow::int64());
  ARROW_RETURN_NOT_OK(table->Add(MakeField("rerun_layer_direct_url", url, true), NullColumn(url, rows)));
  return table->Add(MakeField("rerun_layer_direct_url_expires_at", expires, true), NullColumn(expires, rows));
}

arrow::Result<std::shared_ptr<arrow::Array>> StartColumn(std::span<const query::FoundChunk> chunks, size_t announced) {
  std::vector<std::optional<int64_t>> starts;
  for (const auto& chunk : chunks) {
    starts.push_back(!chunk.is_static && announced < chunk.starts.size() ? chunk.starts[announced] : std::nullopt);
  }
  return TimeColumn(arrow::int64(), starts);
}

// The timelines of the dataset that are not announced yet.
void AnnounceAllTimelines(const catalog::DatasetSnapshot& snapshot, std::vector<std::string>* announce) {
  for (const auto& field : snapshot.schema->fields()) {
    auto index = chunk::MetadataValue(*field, "rerun:index_name");
    if (!index.empty() && std::ranges::find(*announce, index) == announce->end()) announce->push_back(std::move(index));
  }
}

bool MayBeOnAnotherIndex(const query::FindRequest& find) {
  const auto* range = std::get_if<query::RangeMode>(&find.mode);
  return range != nullptr && (range->start || range->end);
}

// Streams the table that `encode` makes of parts of the chunks, as `scan` wants it; one empty batch if there are none.
template <typename Response, typename Encode>
Generator<Response> Batches(std::shared_ptr<const catalog::DatasetSnapshot> snapshot, std::vector<query::FoundChunk> chunks,
                            const common::ScanParameters& scan, Encode encode) {
  // Order and limit are of the whole table, which then is one batch.
  const bool whole = scan.order_by_size() > 0 || scan.has_limit_offset() || scan.has_limit_len();
  return [snapshot = std::move(snapshot), chunks = std::move(chunks), encode, scan, next = size_t{0},
          rows_max =
              whole ? std::numeric_limits<size_t>::max() : kRowsPerMessage](Response* out) mutable -> arrow::Result<Produced> {
    const size_t count = std::min(chunks.size() - next, rows_max);
    ARROW_ASSIGN_OR_RAISE(const auto table, encode(std::span<const query::FoundChunk>(chunks).subspan(next, count)));
    next += count;
    ARROW_ASSIGN_OR_RAISE(const auto batch, ApplyScanParameters(scan, table.ToBatch(static_cast<int64_t>(count))));
    ARROW_ASSIGN_OR_RAISE(*out->mutable_data(), ToProto(*batch));
    return next == chunks.size() ? Produced::kLastMessage : Produced::kMessage;
  };
}

}  // namespace

arrow::Result<Generator<cloud::FindChunksResponse>> FindChunks(const Call& call, const cloud::FindChunksRequest& request) {
  ARROW_ASSIGN_OR_RAISE(auto find, ParseFindChunks(request));
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, SnapshotOf(call));
  if (MayBeOnAnotherIndex(find)) AnnounceAllTimelines(*snapshot, &find.announce);
  ARROW_ASSIGN_OR_RAISE(auto chunks, query::FindChunks(call.engine.catalog, *snapshot, find, call.engine.find));
  return Batches<cloud::FindChunksResponse>(snapshot, std::move(chunks), {}, [](auto part) -> arrow::Result<Table> {
    ARROW_ASSIGN_OR_RAISE(auto table, CommonColumns(part));
    ARROW_RETURN_NOT_OK(
        table.Add(MakeField("chunk_timeline_start", arrow::int64(), true, {{"rerun:kind", "index"}}), StartColumn(part, 0)));
    ARROW_RETURN_NOT_OK(AddDirectUrlColumns(static_cast<int64_t>(part.size()), &table));
    return table;
  });
}

arrow::Result<Generator<cloud::QueryDatasetResponse>> QueryDataset(const Call& call, const cloud::QueryDatasetRequest& request) {
  ARROW_ASSIGN_OR_RAISE(auto find, ParseQueryDataset(request));
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, SnapshotOf(call));
  // The starts of every timeline: the request does not say which one the reader uses, and every answer of a fan-out must have the
  // same columns (query.md §6.2: a 0.36 client aborts otherwise).
  AnnounceAllTimelines(*snapshot, &find.announce);
  ARROW_ASSIGN_OR_RAISE(auto chunks, query::FindChunks(call.engine.catalog, *snapshot, find, call.engine.find));
  return Batches<cloud::QueryDatasetResponse>(
      snapshot, std::move(chunks), request.scan_parameters(), [timelines = find.announce](auto part) -> arrow::Result<Table> {
        ARROW_ASSIGN_OR_RAISE(auto table, CommonColumns(part));
        ARROW_RETURN_NOT_OK(AddDirectUrlColumns(static_cast<int64_t>(part.size()), &table));
        for (size_t i = 0; i < timelines.size(); ++i) {
          const Metadata metadata = {{"rerun:kind", "index"}, {"rerun:index", timelines[i]}, {"rerun:index_marker", "start"}};
          ARROW_RETURN_NOT_OK(
              table.Add(MakeField(timelines[i] + ":start", arrow::int64(), true, metadata), StartColumn(part, i)));
        }
        return table;
      });
}

}  // namespace mutoscope::redap
