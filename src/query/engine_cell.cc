// One cell, without a plan.
#include <algorithm>
#include <map>

#include "arrow/array/util.h"
#include "base/status.h"
#include "query/cell_reader.h"
#include "query/engine_state.h"
#include "query/latest_chunks.h"

namespace mutoscope::query {
namespace {

using Refs = std::vector<index::ChunkRef>;

class CellSearch {
 public:
  CellSearch(const catalog::DatasetSnapshot& snapshot, const QueryColumns& columns, const CellRequest& request,
             ChunkSource& source)
      : snapshot_(snapshot), columns_(columns), request_(request), source_(source) {}

  // Null if there is no value.
  arrow::Result<std::shared_ptr<arrow::Array>> Run() {
    ARROW_ASSIGN_OR_RAISE(const auto candidates, Candidates());
    std::optional<int64_t> best;
    std::shared_ptr<arrow::Array> cell;
    for (const auto& [segment, refs] : candidates) {
      SegmentWindow window;
      window.segment = segment;
      window.range = {request_.at, request_.at};
      window.chunks = refs;
      window.values = std::make_shared<const std::vector<int64_t>>(1, request_.at);
      SegmentScan scan(snapshot_, columns_, {request_.latest}, source_);
      ARROW_RETURN_NOT_OK(scan.Open(window));
      const CellRefs& cells = scan.Cells(0);
      if (cells.empty() || cells[0].is_null()) continue;
      const auto time = scan.IsStatic(0) ? request_.at : scan.chunks()[cells[0].chunk].times[cells[0].row];
      if (best && time <= *best) continue;
      best = time;
      ARROW_ASSIGN_OR_RAISE(cell, ReadCells(columns_.components[0], scan.chunks(), cells, {}, source_));
      if (!request_.latest || time == request_.at) break;  // no later segment can be better
    }
    return cell;
  }

 private:
  std::vector<index::LayerId> LayersOf(uint32_t segment) const {
    std::vector<index::LayerId> layers;
    for (const uint32_t position : snapshot_.segments[segment].layers) layers.push_back(snapshot_.layers[position]->id);
    return layers;
  }

  arrow::Result<std::map<uint32_t, Refs>> Candidates() const {
    std::map<uint32_t, Refs> candidates;
    index::LayerSelection layers;
    if (request_.segment) {
      const auto found = snapshot_.segment_positions.find(*request_.segment);
      if (found == snapshot_.segment_positions.end()) {
        return base::NotFound("dataset '{}' has no segment '{}'", snapshot_.dataset.entry.name, *request_.segment);
      }
      layers = {false, LayersOf(found->second)};
      candidates[found->second];
    }
    if (columns_.any_static) Add(snapshot_.index->Static(columns_.selection, layers), &candidates);
    const std::string& timeline = columns_.timeline().name;
    if (!request_.latest) {
      Add(snapshot_.index->Overlapping(columns_.selection, layers, timeline, {request_.at, request_.at}), &candidates);
      return candidates;
    }
    for (uint32_t segment = 0; segment < snapshot_.segments.size(); ++segment) {
      if (request_.segment && !candidates.contains(segment)) continue;
      Add(LatestChunks(*snapshot_.index, columns_, LayersOf(segment), request_.at), &candidates);
    }
    return candidates;
  }

  void Add(const Refs& refs, std::map<uint32_t, Refs>* candidates) const {
    for (const auto ref : refs) {
      const auto& layer = source_.LayerOf(snapshot_.index->Info(ref).layer);
      (*candidates)[snapshot_.segment_positions.at(layer.segment_id)].push_back(ref);
    }
  }

  const catalog::DatasetSnapshot& snapshot_;
  const QueryColumns& columns_;
  const CellRequest& request_;
  ChunkSource& source_;
};

}  // namespace

arrow::Result<std::shared_ptr<arrow::Array>> Engine::Cell(const catalog::EntryId& dataset, const CellRequest& request) const {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, state_->catalog.Snapshot(dataset));
  const std::string key = fmt::format("{} {} c{}:{}{}", snapshot->dataset.entry.id.text(), snapshot->revision,
                                      request.index.size(), request.index, request.column);
  auto columns = state_->columns.Find(key);
  if (columns == nullptr) {
    ARROW_ASSIGN_OR_RAISE(columns, MakeCellColumns(*snapshot, request.column, request.index));
    state_->columns.Add(key, columns, 0);
  }
  Counters counters;
  ChunkSource source(state_->catalog, *snapshot, state_->chunks, counters);
  ARROW_ASSIGN_OR_RAISE(auto cell, CellSearch(*snapshot, *columns, request, source).Run());
  if (cell != nullptr) return cell;
  return arrow::MakeArrayOfNull(columns->components[0].field->type(), 1);
}

}  // namespace mutoscope::query
