#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

#include "query/supplements.h"
#include "query/visible_columns.h"

namespace mutoscope::query {
namespace {

constexpr uint64_t kRowsAtRiskMin = 4;

using Chunks = std::vector<const FoundChunk*>;

struct SegmentChunks {
  Chunks statics;
  Chunks temporal;
};

// One segment's bridges.
class Bridges {
 public:
  Bridges(const catalog::DatasetSnapshot& snapshot, const FindRequest& request, const SegmentChunks& chunks,
          VisibleColumns* visible)
      : snapshot_(snapshot), request_(request), chunks_(chunks), visible_(*visible) {
    for (const auto* chunk : chunks.statics) {
      for (const auto& component : snapshot.index->ComponentsOf(chunk->ref)) {
        statics_.emplace(chunk->entity, component.descriptor->component);
      }
    }
  }

  void AddTo(std::vector<FoundChunk>* found) {
    for (size_t timeline = 0; timeline < request_.announce.size(); ++timeline) Cover(timeline);
    for (const auto& [piers, chunks] : rows_) found->push_back(Announce(piers, chunks));
  }

 private:
  // What the rows of one made chunk have in common.
  struct Piers {
    std::string_view entity;
    std::string_view component;
    std::vector<bool> timelines;  // of the announced ones
    friend auto operator<=>(const Piers&, const Piers&) = default;
  };

  struct Span {
    int64_t first = 0;
    int64_t last = 0;
  };

  // Bridges over every chunk at risk on that timeline: from entity to entity, and a bridge of its own for what is left.
  void Cover(size_t timeline) {
    Chunks open;
    std::map<std::string_view, Chunks> by_entity;
    for (const auto* chunk : chunks_.temporal) {
      if (!chunk->starts[timeline]) continue;
      by_entity[chunk->entity].push_back(chunk);
      if (snapshot_.index->Info(chunk->ref).num_rows >= kRowsAtRiskMin) open.push_back(chunk);
    }
    if (open.empty() || (open.size() == 1 && by_entity.size() == 1 && by_entity.begin()->second.size() == 1)) return;
    for (const auto& [entity, chunks] : by_entity) {
      if (open.empty()) return;
      const auto before = [&](const auto* a, const auto* b) { return *a->starts[timeline] < *b->starts[timeline]; };
      const auto [first, last] = std::minmax_element(chunks.begin(), chunks.end(), before);
      const auto piers = PiersAt(**first);
      if (!piers || piers != PiersAt(**last)) continue;
      const Span span{*(*first)->starts[timeline], *(*last)->starts[timeline]};
      const auto covered = [&](const auto* chunk) {
        return *chunk->starts[timeline] >= span.first && *chunk->starts[timeline] <= span.last;
      };
      if (std::ranges::none_of(open, covered)) continue;
      std::erase_if(open, covered);
      rows_[*piers].insert({*first, *last});
    }
    for (const auto* chunk : open) {
      if (const auto piers = PiersAt(*chunk)) rows_[*piers].insert(chunk);
    }
  }

  // Absent if no column of the chunk can carry a bridge: set in every row, so also in the ones at its starts, and what the client
  // reads as temporal data.
  std::optional<Piers> PiersAt(const FoundChunk& chunk) {
    const auto num_rows = snapshot_.index->Info(chunk.ref).num_rows;
    const auto components = snapshot_.index->ComponentsOf(chunk.ref);
    const auto& sent = chunk.key.components;
    for (uint32_t i = 0; i < components.size(); ++i) {
      const std::string_view component = components[i].descriptor->component;
      if (components[i].rows_set != num_rows || statics_.contains({chunk.entity, component})) continue;
      if (!sent.empty() && !std::ranges::binary_search(sent, i)) continue;
      if (!visible_.Has(chunk.entity, component)) continue;
      Piers piers{chunk.entity, component, {}};
      for (const auto& start : chunk.starts) piers.timelines.push_back(start.has_value());
      return piers;
    }
    return std::nullopt;
  }

  FoundChunk Announce(const Piers& piers, const std::set<const FoundChunk*>& at) const {
    MadeChunk made{std::string(piers.entity), {std::string(piers.component)}, {}, {}};
    for (size_t i = 0; i < piers.timelines.size(); ++i) {
      if (piers.timelines[i]) made.timelines.push_back(request_.announce[i]);
    }
    for (const auto* chunk : at) {
      MadeRow row{base::Tuid{0, made.rows.size() + 1}, {}, true};
      for (const auto& start : chunk->starts) {
        if (start) row.times.push_back(*start);
      }
      made.rows.push_back(std::move(row));
    }
    return AnnounceMade(snapshot_, **at.begin(), std::move(made), request_.announce);
  }

  const catalog::DatasetSnapshot& snapshot_;
  const FindRequest& request_;
  const SegmentChunks& chunks_;
  VisibleColumns& visible_;
  std::set<std::pair<std::string_view, std::string_view>> statics_;  // (entity, component)
  std::map<Piers, std::set<const FoundChunk*>> rows_;
};

bool AtRisk(const catalog::DatasetSnapshot& snapshot, const SegmentChunks& chunks) {
  return !chunks.statics.empty() && chunks.temporal.size() > 1 && std::ranges::any_of(chunks.temporal, [&](const auto* chunk) {
    return snapshot.index->Info(chunk->ref).num_rows >= kRowsAtRiskMin;
  });
}

}  // namespace

void AddBridges(const catalog::DatasetSnapshot& snapshot, const FindRequest& request, std::vector<FoundChunk>* found) {
  if (std::ranges::none_of(*found, &FoundChunk::is_static)) return;
  std::unordered_map<std::string_view, size_t> positions;
  std::vector<SegmentChunks> segments;
  for (const auto& chunk : *found) {
    if (chunk.key.made) continue;
    const auto [position, fresh] = positions.try_emplace(chunk.layer->segment_id, segments.size());
    if (fresh) segments.emplace_back();
    auto& segment = segments[position->second];
    (chunk.is_static ? segment.statics : segment.temporal).push_back(&chunk);
  }
  VisibleColumns visible(snapshot, request.contents);
  std::vector<FoundChunk> bridges;
  for (const auto& segment : segments) {
    if (AtRisk(snapshot, segment)) Bridges(snapshot, request, segment, &visible).AddTo(&bridges);
  }
  std::ranges::move(bridges, std::back_inserter(*found));
}

}  // namespace mutoscope::query
