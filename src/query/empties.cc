#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "chunk/metadata.h"
#include "query/supplements.h"
#include "query/visible_columns.h"

namespace mutoscope::query {
namespace {

constexpr size_t kReadsMax = 256;        // chunks of which the cells are looked at, in one request
constexpr uint64_t kRowsReadMax = 4096;  // longer chunks are taken to have a value

using Name = std::pair<std::string_view, std::string_view>;  // entity, component

struct Column {
  bool is_static = false;  // then temporal chunks do not count
  std::vector<const FoundChunk*> chunks;
};

// One FindChunks call.
class Empties {
 public:
  Empties(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot, const FindRequest& request)
      : catalog_(catalog), snapshot_(snapshot), request_(request), visible_(snapshot, request.contents) {
    for (const auto& [hash, schema] : snapshot.layer_schemas) {
      for (const auto& field : schema->fields()) {
        if (chunk::MetadataFlag(*field, chunk::kIsEmptyKey)) empty_in_[hash].insert(field->name());
      }
    }
  }

  arrow::Status AddTo(std::vector<FoundChunk>* found) {
    const bool is_part = IsPart();
    if (!is_part && empty_in_.empty()) return arrow::Status::OK();
    std::map<std::string_view, std::map<Name, Column>> segments;
    for (const auto& chunk : *found) {
      if (chunk.key.made || (!is_part && !empty_in_.contains(chunk.layer->schema_sha256))) continue;
      AddColumns(chunk, &segments[chunk.layer->segment_id]);
    }
    std::vector<FoundChunk> made;
    for (const auto& [segment, columns] : segments) {
      for (const auto& [name, column] : columns) ARROW_RETURN_NOT_OK(Check(name, column, is_part, &made));
    }
    std::ranges::move(made, std::back_inserter(*found));
    return arrow::Status::OK();
  }

 private:
  // Only some of the chunks of a column may be sent.
  bool IsPart() const {
    if (const auto* range = std::get_if<RangeMode>(&request_.mode)) return range->start || range->end;
    return std::holds_alternative<SamplesMode>(request_.mode);
  }

  void AddColumns(const FoundChunk& chunk, std::map<Name, Column>* columns) {
    const auto components = snapshot_.index->ComponentsOf(chunk.ref);
    for (uint32_t i = 0; i < components.size(); ++i) {
      const Name name{chunk.entity, components[i].descriptor->component};
      const bool is_sent = chunk.key.components.empty() || std::ranges::binary_search(chunk.key.components, i);
      if (components[i].rows_set == 0 || !is_sent || !visible_.Has(name.first, name.second)) continue;
      auto& column = (*columns)[name];
      if (chunk.is_static && !column.is_static) column = {true, {}};
      if (chunk.is_static == column.is_static) column.chunks.push_back(&chunk);
    }
  }

  arrow::Status Check(const Name& name, const Column& column, bool is_part, std::vector<FoundChunk>* made) {
    const std::string title = chunk::ColumnName(name.first, name.second);
    const auto is_empty_layer = [&](const FoundChunk* chunk) {
      const auto known = empty_in_.find(chunk->layer->schema_sha256);
      return known != empty_in_.end() && known->second.contains(title);
    };
    if (!is_part && !std::ranges::all_of(column.chunks, is_empty_layer)) return arrow::Status::OK();
    std::optional<FoundChunk> decoy;
    for (const auto* chunk : column.chunks) {
      if (snapshot_.index->Info(chunk->ref).num_rows > kRowsReadMax || reads_++ == kReadsMax) return arrow::Status::OK();
      ARROW_ASSIGN_OR_RAISE(const auto rows, LoadRows(catalog_, snapshot_, *chunk));
      const auto cells =
          std::ranges::find_if(rows.components, [&](const auto& c) { return c.descriptor.component == name.second; });
      if (cells == rows.components.end()) continue;
      for (size_t row = 0; row < rows.row_ids.size(); ++row) {
        if (!IsSent(*chunk, row) || !IsSet(cells->set, row)) continue;
        if (IsSet(cells->non_empty, row)) return arrow::Status::OK();
        if (!decoy) decoy = Decoy(*chunk, name, rows, row);
      }
    }
    if (decoy) made->push_back(std::move(*decoy));
    return arrow::Status::OK();
  }

  FoundChunk Decoy(const FoundChunk& chunk, const Name& name, const index::ChunkRows& rows, size_t row) const {
    MadeChunk made{std::string(name.first), {std::string(name.second)}, {}, {{base::Tuid{0, 1}, {}, true}}};
    for (const auto& index : request_.announce) {
      const auto timeline = std::ranges::find(rows.timelines, index, &chunk::Timeline::name);
      if (timeline == rows.timelines.end()) continue;
      made.timelines.push_back(index);
      made.rows[0].times.push_back(rows.times[static_cast<size_t>(timeline - rows.timelines.begin())][row]);
    }
    return AnnounceMade(snapshot_, chunk, std::move(made), request_.announce);
  }

  const catalog::Catalog& catalog_;
  const catalog::DatasetSnapshot& snapshot_;
  const FindRequest& request_;
  VisibleColumns visible_;
  std::map<std::array<uint8_t, 32>, std::set<std::string>> empty_in_;  // names of columns, by layer schema
  size_t reads_ = 0;
};

}  // namespace

arrow::Status AddEmpties(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot, const FindRequest& request,
                         std::vector<FoundChunk>* found) {
  return Empties(catalog, snapshot, request).AddTo(found);
}

}  // namespace mutoscope::query
