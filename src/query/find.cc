#include "query/find.h"

#include <algorithm>
#include <limits>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/status.h"
#include "query/pieces.h"
#include "query/supplements.h"
#include "storage/file_cache.h"

namespace mutoscope::query {
namespace {

constexpr int64_t kTimeMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kTimeMax = std::numeric_limits<int64_t>::max();
constexpr size_t kRangesMax = 256;              // of one piece; more scattered rows go out as the whole chunk
constexpr size_t kChunksCutPerSegmentMax = 64;  // beyond it cutting saves too little of what is sent anyway
constexpr size_t kHeadsPerRequestMax = 4096;    // bounds the reading that one request can cause

using ChunkRefs = std::vector<index::ChunkRef>;

// One FindChunks call.
class Finder {
 public:
  Finder(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot, const FindRequest& request,
         const FindOptions& options)
      : catalog_(catalog), snapshot_(snapshot), index_(*snapshot.index), request_(request), options_(options) {
    for (const auto& entity : request.contents.entities) wanted_[entity.entity] = &entity;
  }

  arrow::Result<std::vector<FoundChunk>> Run() {
    ARROW_RETURN_NOT_OK(CheckAvailable());
    ARROW_RETURN_NOT_OK(std::visit([&](const auto& mode) { return Find(mode); }, request_.mode));
    ARROW_RETURN_NOT_OK(CheckSources());
    if (request_.for_reader) ARROW_RETURN_NOT_OK(AddSupplements());
    return std::move(found_);
  }

 private:
  // A segment's selected chunks with what is needed to cut them.
  struct Candidate {
    index::ChunkRef ref;
    index::ChunkInfo info;
    std::optional<ChunkTimes> times;
  };

  arrow::Status Find(const StaticMode&) {
    for (const auto ref : index_.Static(request_.contents, SelectedLayers())) AddWhole(ref, /*drop_columns=*/false);
    return arrow::Status::OK();
  }

  arrow::Status Find(const RangeMode& mode) {
    const auto layers = SelectedLayers();
    if (!mode.timeline) {
      for (const auto ref : index_.All(request_.contents, layers)) AddWhole(ref, true);
      return arrow::Status::OK();
    }
    ARROW_RETURN_NOT_OK(CheckTimeline(*mode.timeline));
    for (const auto ref : index_.Static(request_.contents, layers)) AddWhole(ref, false);
    const chunk::TimeRange range{mode.start.value_or(kTimeMin), mode.end.value_or(kTimeMax)};
    auto refs = index_.Overlapping(request_.contents, layers, *mode.timeline, range);
    if (mode.latest_at) AddLatestAt(*mode.timeline, *mode.latest_at, &refs);
    if (!mode.start && !mode.end) {
      for (const auto ref : refs) AddWhole(ref, true);
      return arrow::Status::OK();
    }
    for (const auto& group : BySegment(refs)) ARROW_RETURN_NOT_OK(AddRange(group, mode, range));
    return arrow::Status::OK();
  }

  arrow::Status Find(const SamplesMode& mode) {
    ARROW_RETURN_NOT_OK(CheckTimeline(mode.timeline));
    for (const auto& samples : mode.segments) {
      const auto segment = snapshot_.segment_positions.find(samples.segment);
      if (segment == snapshot_.segment_positions.end() || samples.values.empty()) continue;
      const auto layers = LayersOf(snapshot_.segments[segment->second]);
      for (const auto ref : index_.Static(request_.contents, {false, layers})) AddWhole(ref, false);
      std::set<index::ChunkRef> refs;
      for (const int64_t value : samples.values) {
        const auto around = mode.latest_at
                                ? index_.LatestAt(request_.contents, layers, mode.timeline, value)
                                : index_.Overlapping(request_.contents, {false, layers}, mode.timeline, {value, value});
        refs.insert(around.begin(), around.end());
      }
      ARROW_RETURN_NOT_OK(AddSamples({refs.begin(), refs.end()}, mode, samples.values));
    }
    return arrow::Status::OK();
  }

  // ---- selection

  index::LayerSelection SelectedLayers() const {
    if (!request_.segments) return {};
    index::LayerSelection selection{false, {}};
    for (const auto& id : *request_.segments) {
      const auto position = snapshot_.segment_positions.find(id);
      if (position == snapshot_.segment_positions.end()) continue;
      const auto layers = LayersOf(snapshot_.segments[position->second]);
      selection.layers.insert(selection.layers.end(), layers.begin(), layers.end());
    }
    return selection;
  }

  std::vector<index::LayerId> LayersOf(const catalog::Segment& segment) const {
    std::vector<index::LayerId> ids;
    for (const uint32_t position : segment.layers) ids.push_back(snapshot_.layers[position]->id);
    return ids;
  }

  void AddLatestAt(const std::string& timeline, int64_t at, ChunkRefs* refs) const {
    const auto add = [&](const catalog::Segment& segment) {
      const auto latest = index_.LatestAt(request_.contents, LayersOf(segment), timeline, at);
      refs->insert(refs->end(), latest.begin(), latest.end());
    };
    if (!request_.segments) {
      for (const auto& segment : snapshot_.segments) add(segment);
    } else {
      for (const auto& id : *request_.segments) {
        const auto position = snapshot_.segment_positions.find(id);
        if (position != snapshot_.segment_positions.end()) add(snapshot_.segments[position->second]);
      }
    }
    std::sort(refs->begin(), refs->end());
    refs->erase(std::unique(refs->begin(), refs->end()), refs->end());
  }

  std::vector<ChunkRefs> BySegment(const ChunkRefs& refs) const {
    std::unordered_map<std::string_view, size_t> groups;
    std::vector<ChunkRefs> out;
    for (const auto ref : refs) {
      const auto [group, fresh] = groups.try_emplace(LayerOf(index_.Info(ref)).segment_id, out.size());
      if (fresh) out.emplace_back();
      out[group->second].push_back(ref);
    }
    return out;
  }

  const catalog::Layer& LayerOf(const index::ChunkInfo& info) const {
    return *snapshot_.layers[snapshot_.layer_positions.at(info.layer)];
  }

  // ---- checks

  arrow::Status CheckTimeline(const std::string& name) const {
    if (snapshot_.layers.empty() || snapshot_.schema->GetFieldByName(name) != nullptr || index_.HasTimeline(name)) {
      return arrow::Status::OK();
    }
    return base::InvalidArgument("index '{}' does not exist in dataset '{}'", name, snapshot_.dataset.entry.name);
  }

  arrow::Status CheckAvailable() const {
    for (const auto& [layer, why] : snapshot_.unavailable_layers) {
      const auto position = snapshot_.layer_positions.find(layer);
      if (position == snapshot_.layer_positions.end()) continue;
      if (Selects(snapshot_.layers[position->second]->segment_id)) return why;
    }
    return arrow::Status::OK();
  }

  // Stock clients of 0.36 lose errors of FetchChunks and show no rows, so a source that changed must fail the search already.
  arrow::Status CheckSources() const {
    std::unordered_set<const catalog::Layer*> checked;
    for (const auto& chunk : found_) {
      if (!checked.insert(chunk.layer).second) continue;
      ARROW_ASSIGN_OR_RAISE(const auto identity, storage::Identify(chunk.layer->path));
      ARROW_RETURN_NOT_OK(storage::CheckUnchanged(chunk.layer->path, chunk.layer->identity, identity));
    }
    return arrow::Status::OK();
  }

  bool Selects(const std::string& segment) const {
    if (const auto* samples = std::get_if<SamplesMode>(&request_.mode)) {
      return std::any_of(samples->segments.begin(), samples->segments.end(), [&](const auto& s) { return s.segment == segment; });
    }
    return !request_.segments ||
           std::find(request_.segments->begin(), request_.segments->end(), segment) != request_.segments->end();
  }

  // ---- supplements

  arrow::Status AddSupplements() {
    ARROW_RETURN_NOT_OK(AddEmpties(catalog_, snapshot_, request_, &found_));
    if (std::holds_alternative<StaticMode>(request_.mode)) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(AddClears(catalog_, snapshot_, request_, RequestedLayers(), &found_));
    // With fill or index values the client does not need bridges.
    const auto* range = std::get_if<RangeMode>(&request_.mode);
    if (range != nullptr && !range->latest_at) AddBridges(catalog_, snapshot_, request_, &found_);
    return arrow::Status::OK();
  }

  index::LayerSelection RequestedLayers() const {
    const auto* samples = std::get_if<SamplesMode>(&request_.mode);
    if (samples == nullptr) return SelectedLayers();
    index::LayerSelection selection{false, {}};
    for (const auto& one : samples->segments) {
      const auto position = snapshot_.segment_positions.find(one.segment);
      if (position == snapshot_.segment_positions.end() || one.values.empty()) continue;
      const auto layers = LayersOf(snapshot_.segments[position->second]);
      selection.layers.insert(selection.layers.end(), layers.begin(), layers.end());
    }
    return selection;
  }

  // ---- cutting

  bool WorthCutting(const ChunkRefs& group) const {
    return group.size() <= kChunksCutPerSegmentMax && heads_read_ + group.size() <= kHeadsPerRequestMax &&
           std::any_of(group.begin(), group.end(), [&](auto ref) {
             const auto info = index_.Info(ref);
             return info.num_rows > 1 && info.place.message_size >= options_.piece_bytes_min;
           });
  }

  arrow::Result<std::vector<Candidate>> LoadCandidates(const ChunkRefs& group) {
    std::vector<Candidate> candidates;
    for (const auto ref : group) {
      const auto info = index_.Info(ref);
      ARROW_ASSIGN_OR_RAISE(auto times, LoadTimes(catalog_, snapshot_, LayerOf(info), info));
      candidates.push_back({ref, info, std::move(times)});
    }
    heads_read_ += group.size();
    return candidates;
  }

  arrow::Status AddRange(const ChunkRefs& group, const RangeMode& mode, chunk::TimeRange range) {
    // With fill, a reader on another index needs rows outside the range; nothing tells us, so such requests get whole chunks.
    if (!WorthCutting(group) || (mode.latest_at && mode.timeline_may_be_foreign)) {
      for (const auto ref : group) AddWhole(ref, true);
      return arrow::Status::OK();
    }
    ARROW_ASSIGN_OR_RAISE(const auto candidates, LoadCandidates(group));
    std::vector<RowMask> masks;
    ForeignValues foreign;
    for (const auto& candidate : candidates) {
      masks.push_back(RowsInRange(candidate.times->Of(*mode.timeline), range.min, range.max));
      if (mode.latest_at) MarkLatestAt(candidate.times->Of(*mode.timeline), *mode.latest_at, &masks.back());
      if (mode.timeline_may_be_foreign) CollectForeignValues(*candidate.times, *mode.timeline, masks.back(), &foreign);
    }
    for (size_t i = 0; i < candidates.size(); ++i) {
      if (mode.timeline_may_be_foreign) MarkForeignValues(*candidates[i].times, *mode.timeline, foreign, &masks[i]);
      if (mode.latest_at && !EveryComponentSet(candidates[i])) {
        AddWhole(candidates[i].ref, true);
      } else {
        AddPiece(candidates[i], masks[i]);
      }
    }
    return arrow::Status::OK();
  }

  arrow::Status AddSamples(const ChunkRefs& group, const SamplesMode& mode, const std::vector<int64_t>& values) {
    if (!WorthCutting(group)) {
      for (const auto ref : group) AddWhole(ref, true);
      return arrow::Status::OK();
    }
    ARROW_ASSIGN_OR_RAISE(const auto candidates, LoadCandidates(group));
    for (const auto& candidate : candidates) {
      if (!EveryComponentSet(candidate)) {
        AddWhole(candidate.ref, true);
        continue;
      }
      // The row before a value stands for it even without fill: a segment without any chunk would lose its row of nulls (query.md
      // §2.9).
      const auto times = candidate.times->Of(mode.timeline);
      RowMask mask(times.size());
      for (const int64_t value : values) MarkLatestAt(times, value, &mask);
      AddPiece(candidate, mask);
    }
    return arrow::Status::OK();
  }

  bool EveryComponentSet(const Candidate& candidate) const {
    const auto components = index_.ComponentsOf(candidate.ref);
    return std::all_of(components.begin(), components.end(),
                       [&](const auto& component) { return component.rows_set == candidate.info.num_rows; });
  }

  // ---- answers

  void AddWhole(index::ChunkRef ref, bool drop_columns) {
    const auto info = index_.Info(ref);
    auto found = Announce(ref, info, drop_columns);
    for (const auto& timeline : request_.announce) {
      const auto range = index_.TimeRangeOf(ref, timeline);
      found.starts.push_back(range ? std::optional(range->min) : std::nullopt);
    }
    found_.push_back(std::move(found));
  }

  void AddPiece(const Candidate& candidate, const RowMask& mask) {
    const auto rows = static_cast<uint64_t>(std::count(mask.begin(), mask.end(), true));
    if (rows == 0) return;
    const auto ranges = ToRanges(mask, kRangesMax);
    const bool big = candidate.info.place.message_size >= options_.piece_bytes_min;
    if (!ranges || !big || rows == candidate.info.num_rows || !candidate.times->row_ids_sorted)
      return AddWhole(candidate.ref, true);
    auto found = Announce(candidate.ref, candidate.info, true);
    found.key.rows = *ranges;
    found.id = PieceId(candidate.info.id, found.key);
    found.bytes = found.bytes * rows / candidate.info.num_rows;
    for (const auto& timeline : request_.announce) {
      std::optional<int64_t> start;
      const auto times = candidate.times->Of(timeline);
      for (size_t row = 0; row < times.size(); ++row) {
        if (mask[row] && (!start || times[row] < *start)) start = times[row];
      }
      found.starts.push_back(start);
    }
    found_.push_back(std::move(found));
  }

  FoundChunk Announce(index::ChunkRef ref, const index::ChunkInfo& info, bool drop_columns) const {
    FoundChunk found;
    found.layer = &LayerOf(info);
    found.ref = ref;
    found.key = {snapshot_.dataset.entry.id, info.layer, info.ordinal, {}, {}, {}};
    found.entity = info.entity;
    found.is_static = info.is_static;
    found.bytes = info.place.message_size;
    if (drop_columns && !info.is_static && !request_.contents.all && info.place.message_size >= options_.piece_bytes_min) {
      if (const auto wanted = wanted_.find(info.entity); wanted != wanted_.end()) {
        const auto needed = NeededComponents(index_.ComponentsOf(ref), info.num_rows, *wanted->second);
        if (needed) found.key.components = *needed;
      }
    }
    found.id = PieceId(info.id, found.key);
    return found;
  }

  const catalog::Catalog& catalog_;
  const catalog::DatasetSnapshot& snapshot_;
  const index::DatasetIndex& index_;
  const FindRequest& request_;
  const FindOptions& options_;
  std::unordered_map<std::string_view, const index::EntitySelection*> wanted_;
  std::vector<FoundChunk> found_;
  size_t heads_read_ = 0;
};

}  // namespace

arrow::Result<std::vector<FoundChunk>> FindChunks(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot,
                                                  const FindRequest& request, const FindOptions& options) {
  return Finder(catalog, snapshot, request, options).Run();
}

}  // namespace mutoscope::query
