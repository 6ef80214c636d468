#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "chunk/metadata.h"
#include "query/clear_rows.h"
#include "query/supplements.h"
#include "query/visible_columns.h"

namespace mutoscope::query {
namespace {

constexpr size_t kClearChunksMax = 1024;  // of one request; what is beyond is left to the client
constexpr uint64_t kClearRowsMax = 4096;  // of one chunk

bool IsBelow(std::string_view entity, std::string_view ancestor) {
  if (ancestor == "/") return entity != "/";
  return entity.size() > ancestor.size() && entity.starts_with(ancestor) && entity[ancestor.size()] == '/';
}

// One FindChunks call.
class Clears {
 public:
  Clears(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot, const FindRequest& request,
         const index::LayerSelection& layers)
      : catalog_(catalog),
        snapshot_(snapshot),
        index_(*snapshot.index),
        request_(request),
        layers_(layers),
        visible_(snapshot, request.contents) {}

  arrow::Status AddTo(std::vector<FoundChunk>* found) {
    SelectEntities();
    if (clearing_.entities.empty()) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(ReadAll());
    if (clears_.empty()) return arrow::Status::OK();
    CutRows(found);
    for (const auto& [segment, clears] : by_segment_) AddSegment(clears, found);
    return arrow::Status::OK();
  }

 private:
  struct Clear {
    index::ChunkInfo info;
    const catalog::Layer* layer;
    ClearChunk chunk;
  };

  // Entities with Clears that count for some selected one, and those selected.
  void SelectEntities() {
    for (const auto& field : snapshot_.schema->fields()) {
      if (chunk::ValueOf(*field, chunk::kComponentKey) != chunk::kClearComponent) continue;
      const std::string clearing(chunk::ValueOf(*field, chunk::kEntityPathKey));
      bool any = false;
      for (const auto& entity : request_.contents.entities) {
        if (entity.entity != clearing && !IsBelow(entity.entity, clearing)) continue;
        any = true;
        if (seen_.insert(entity.entity).second) cleared_.entities.push_back({entity.entity, true, {}});
      }
      if (any) clearing_.entities.push_back({clearing, true, {}});
    }
  }

  arrow::Status ReadAll() {
    for (const auto ref : index_.All(clearing_, layers_)) {
      const auto info = index_.Info(ref);
      const auto components = index_.ComponentsOf(ref);
      const bool has_clears =
          std::ranges::any_of(components, [](const auto& c) { return c.descriptor->component == chunk::kClearComponent; });
      if (info.is_static || !has_clears || info.num_rows > kClearRowsMax) continue;
      if (clears_.size() == kClearChunksMax) break;
      const auto* layer = snapshot_.layers[snapshot_.layer_positions.at(info.layer)].get();
      ARROW_ASSIGN_OR_RAISE(auto chunk, ReadClears(catalog_, *layer, info));
      clears_.emplace(std::pair(info.layer, info.ordinal), Clear{info, layer, std::move(chunk)});
    }
    for (const auto& [place, clear] : clears_) by_segment_[clear.layer->segment_id].push_back(&clear);
    return arrow::Status::OK();
  }

  // ---- the Clears themselves

  // The client takes flags by position in the values of the whole column, and aborts where there are more than rows: each Clear
  // goes out in a chunk of its own, and not at all if its cell has several.
  void CutRows(std::vector<FoundChunk>* found) const {
    std::vector<FoundChunk> kept;
    for (auto& chunk : *found) {
      const auto clear = clears_.find({chunk.key.layer, chunk.key.ordinal});
      if (chunk.key.made || clear == clears_.end()) {
        kept.push_back(std::move(chunk));
      } else {
        CutChunk(std::move(chunk), clear->second, &kept);
      }
    }
    *found = std::move(kept);
  }

  void CutChunk(FoundChunk chunk, const Clear& clear, std::vector<FoundChunk>* kept) const {
    std::vector<uint32_t> others, flags;
    const auto components = index_.ComponentsOf(chunk.ref);
    for (uint32_t i = 0; i < components.size(); ++i) {
      (components[i].descriptor->component == chunk::kClearComponent ? flags : others).push_back(i);
    }
    const auto& rows = clear.chunk.rows;
    if (rows.size() == 1 && rows[0].instances <= 1) return kept->push_back(std::move(chunk));
    for (uint32_t row = 0; row < rows.size(); ++row) {
      if (rows[row].is_null || rows[row].instances > 1) continue;
      auto piece = chunk;
      piece.key.rows = {{row, 1}};
      piece.key.components = flags;
      piece.id = PieceId(clear.info.id, piece.key);
      piece.bytes = chunk.bytes / rows.size();
      for (size_t i = 0; i < request_.announce.size(); ++i)
        piece.starts[i] = TimeOf(clear.chunk, rows[row], request_.announce[i]);
      kept->push_back(std::move(piece));
    }
    if (others.empty()) return;
    chunk.key.components = others;
    chunk.id = PieceId(clear.info.id, chunk.key);
    kept->push_back(std::move(chunk));
  }

  static std::optional<int64_t> TimeOf(const ClearChunk& chunk, const ClearRow& row, const std::string& timeline) {
    const auto position = static_cast<size_t>(std::ranges::find(chunk.timelines, timeline) - chunk.timelines.begin());
    return position < row.times.size() ? std::optional(row.times[position]) : std::nullopt;
  }

  // ---- what they clear

  void AddSegment(const std::vector<const Clear*>& clears, std::vector<FoundChunk>* found) {
    std::map<std::string_view, std::set<std::string_view>> targets, statics;
    const auto& segment = snapshot_.segments[snapshot_.segment_positions.at(clears.front()->layer->segment_id)];
    index::LayerSelection layers{false, {}};
    for (const uint32_t position : segment.layers) layers.layers.push_back(snapshot_.layers[position]->id);
    for (const auto ref : index_.All(cleared_, layers)) {
      const auto info = index_.Info(ref);
      for (const auto& component : index_.ComponentsOf(ref)) {
        const auto& name = component.descriptor->component;
        if (visible_.Has(info.entity, name)) (info.is_static ? statics : targets)[info.entity].insert(name);
      }
    }
    for (auto& [entity, components] : targets) {
      for (const auto& name : statics[entity]) components.erase(name);
      for (const Clear* clear : clears) AddCleared(entity, components, *clear, found);
    }
  }

  // A row of `[]` in each column for each Clear.
  void AddCleared(std::string_view entity, const std::set<std::string_view>& components, const Clear& clear,
                  std::vector<FoundChunk>* found) const {
    const bool own = entity == clear.info.entity;
    const auto is_announced = [&](const auto& timeline) {
      return std::ranges::find(request_.announce, timeline) != request_.announce.end();
    };
    if (!own && !IsBelow(entity, clear.info.entity)) return;
    if (std::ranges::none_of(clear.chunk.timelines, is_announced)) return;
    std::map<std::set<std::string_view>, std::vector<MadeRow>> rows;
    for (const ClearRow& row : clear.chunk.rows) {
      if (row.is_null || (!own && !row.is_recursive)) continue;
      auto cleared = components;
      if (own) {  // a value in the very row of a Clear wins over it
        for (const auto& value : row.values) cleared.erase(value);
      }
      if (!cleared.empty()) rows[cleared].push_back({row.row_id, row.times, false});
    }
    for (auto& [cleared, of_these] : rows) AddRows(entity, cleared, std::move(of_these), clear, found);
  }

  // The row before them makes the columns known to the client: it drops columns of which it was sent only `[]`. The rows have all
  // timelines, as these cells win, and a row has the index values of its cells.
  void AddRows(std::string_view entity, const std::set<std::string_view>& components, std::vector<MadeRow> rows,
               const Clear& clear, std::vector<FoundChunk>* found) const {
    std::ranges::sort(rows, {}, &MadeRow::row_id);
    rows.insert(rows.begin(), {base::Tuid{0, 1}, rows.front().times, true});
    FoundChunk beside;
    beside.layer = clear.layer;
    beside.entity = entity;
    MadeChunk made{std::string(entity), {components.begin(), components.end()}, clear.chunk.timelines, std::move(rows)};
    found->push_back(AnnounceMade(snapshot_, beside, std::move(made), request_.announce));
  }

  const catalog::Catalog& catalog_;
  const catalog::DatasetSnapshot& snapshot_;
  const index::DatasetIndex& index_;
  const FindRequest& request_;
  const index::LayerSelection& layers_;
  VisibleColumns visible_;
  index::ContentSelection clearing_{false, {}};
  index::ContentSelection cleared_{false, {}};
  std::set<std::string_view> seen_;
  std::map<std::pair<index::LayerId, uint32_t>, Clear> clears_;
  std::map<std::string_view, std::vector<const Clear*>> by_segment_;
};

}  // namespace

arrow::Status AddClears(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot, const FindRequest& request,
                        const index::LayerSelection& layers, std::vector<FoundChunk>* found) {
  return Clears(catalog, snapshot, request, layers).AddTo(found);
}

}  // namespace mutoscope::query
