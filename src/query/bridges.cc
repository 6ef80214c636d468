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
constexpr size_t kSparseReadsMax = 64;  // chunks of a segment of which the cells are looked at

using Chunks = std::vector<const FoundChunk*>;

struct SegmentChunks {
  Chunks statics;
  Chunks temporal;
};

// One segment's bridges.
class Bridges {
 public:
  Bridges(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot, const FindRequest& request,
          const SegmentChunks& chunks, VisibleColumns* visible)
      : catalog_(catalog),
        snapshot_(snapshot),
        request_(request),
        chunks_(chunks),
        visible_(*visible),
        reads_all_components_(std::ranges::all_of(request.contents.entities, &index::EntitySelection::all_components)) {
    for (const auto* chunk : chunks.statics) {
      for (const auto& component : snapshot.index->ComponentsOf(chunk->ref)) {
        statics_.emplace(chunk->entity, component.descriptor->component);
      }
    }
  }

  void AddTo(std::vector<FoundChunk>* found) {
    for (size_t timeline = 0; timeline < request_.announce.size(); ++timeline) Cover(timeline);
    for (const auto& [span, at] : rows_) found->push_back(Announce(span, at));
  }

 private:
  using Times = std::vector<std::optional<int64_t>>;  // parallel to the announced timelines

  // What the rows of one made chunk have in common.
  struct Span {
    std::string_view entity;
    std::string_view component;
    std::vector<bool> timelines;  // of the announced ones
    friend auto operator<=>(const Span&, const Span&) = default;
  };

  // Where a chunk can carry the end of a bridge: times at which a row of it that is sent has a value in the component.
  struct Pier {
    Span span;
    Times times;
  };

  // Bridges over every chunk at risk on that timeline: from end to end of an entity, and one of its own for what is left.
  void Cover(size_t timeline) {
    Chunks open;
    std::map<std::string_view, Chunks> by_entity;
    for (const auto* chunk : chunks_.temporal) {
      if (!chunk->starts[timeline]) continue;
      by_entity[chunk->entity].push_back(chunk);
      if (snapshot_.index->Info(chunk->ref).num_rows >= kRowsAtRiskMin) open.push_back(chunk);
    }
    if (reads_all_components_) EraseOverlapped(timeline, &open);
    for (const auto& [entity, chunks] : by_entity) {
      if (open.empty()) return;
      const auto before = [&](const auto* a, const auto* b) { return *a->starts[timeline] < *b->starts[timeline]; };
      const auto ends = std::minmax_element(chunks.begin(), chunks.end(), before);
      const auto* first = *ends.first;
      const auto* last = *ends.second;
      const auto from = PierOf(*first);
      const auto to = PierOf(*last);
      if (!from || !to || from->span != to->span) continue;
      const auto covered = [&](const auto* chunk) {
        return chunk == first || chunk == last ||
               (chunk->starts[timeline] >= from->times[timeline] && chunk->starts[timeline] <= to->times[timeline]);
      };
      if (std::ranges::none_of(open, covered)) continue;
      std::erase_if(open, covered);
      Add(*from, first);
      Add(*to, last);
    }
    for (const auto* chunk : open) {
      if (const auto pier = PierOf(*chunk)) Add(*pier, chunk);
    }
  }

  // Leaves those of `open` that no other chunk overlaps, unless it has the very same range.
  void EraseOverlapped(size_t timeline, Chunks* open) {
    struct Placed {
      chunk::TimeRange range;
      const FoundChunk* chunk;
    };
    std::vector<Placed> placed;
    for (const auto* chunk : chunks_.temporal) {
      if (!chunk->starts[timeline] || !chunk->key.rows.empty() || !IsReadAsTemporal(*chunk)) continue;
      const auto range = snapshot_.index->TimeRangeOf(chunk->ref, request_.announce[timeline]);
      if (range) placed.push_back({*range, chunk});
    }
    std::ranges::sort(placed, {}, [](const Placed& one) { return std::pair(one.range.min, one.range.max); });
    std::set<const FoundChunk*> overlapped;
    std::optional<int64_t> end;  // of all before the current range
    for (size_t i = 0; i < placed.size();) {
      const auto range = placed[i].range;
      size_t next = i;
      while (next < placed.size() && placed[next].range == range) ++next;
      const bool before = end && *end >= range.min;
      const bool after = next < placed.size() && placed[next].range.min <= range.max;
      for (; i < next; ++i) {
        if (before || after) overlapped.insert(placed[i].chunk);
      }
      end = std::max(end.value_or(range.max), range.max);
    }
    std::erase_if(*open, [&](const auto* chunk) { return overlapped.contains(chunk); });
  }

  bool IsReadAsTemporal(const FoundChunk& chunk) {
    const auto components = snapshot_.index->ComponentsOf(chunk.ref);
    for (uint32_t i = 0; i < components.size(); ++i) {
      if (components[i].rows_set > 0 && IsReadAsTemporal(chunk, i, components[i].descriptor->component)) return true;
    }
    return false;
  }

  void Add(const Pier& pier, const FoundChunk* chunk) { rows_[pier.span].emplace(chunk, pier.times); }

  // Absent if no column of the chunk can carry one.
  std::optional<Pier> PierOf(const FoundChunk& chunk) {
    const auto num_rows = snapshot_.index->Info(chunk.ref).num_rows;
    const auto components = snapshot_.index->ComponentsOf(chunk.ref);
    std::optional<std::string_view> sparse;
    for (uint32_t i = 0; i < components.size(); ++i) {
      const std::string_view component = components[i].descriptor->component;
      if (!IsReadAsTemporal(chunk, i, component)) continue;
      if (components[i].rows_set == num_rows) return Pier{SpanOf(chunk, component), chunk.starts};
      if (components[i].rows_set > 0 && !sparse) sparse = component;
    }
    return sparse && sparse_reads_++ < kSparseReadsMax ? SparsePier(chunk, *sparse) : std::nullopt;
  }

  bool IsReadAsTemporal(const FoundChunk& chunk, uint32_t position, std::string_view component) {
    const auto& sent = chunk.key.components;
    return !statics_.contains({chunk.entity, component}) && (sent.empty() || std::ranges::binary_search(sent, position)) &&
           visible_.Has(chunk.entity, component);
  }

  Span SpanOf(const FoundChunk& chunk, std::string_view component) const {
    Span span{chunk.entity, component, {}};
    for (const auto& start : chunk.starts) span.timelines.push_back(start.has_value());
    return span;
  }

  // At the first row that is sent and has a value.
  std::optional<Pier> SparsePier(const FoundChunk& chunk, std::string_view component) const {
    const auto loaded = LoadRows(catalog_, snapshot_, chunk);
    if (!loaded.ok()) return std::nullopt;  // delivering the chunk itself will say why
    const auto& rows = *loaded;
    const auto cells = std::ranges::find_if(rows.components, [&](const auto& c) { return c.descriptor.component == component; });
    if (cells == rows.components.end()) return std::nullopt;
    size_t row = 0;
    while (row < rows.row_ids.size() && !(IsSet(cells->set, row) && IsSent(chunk, row))) ++row;
    if (row == rows.row_ids.size()) return std::nullopt;
    Pier pier{SpanOf(chunk, component), {}};
    for (const auto& name : request_.announce) {
      const auto timeline = std::ranges::find(rows.timelines, name, &chunk::Timeline::name);
      auto& time = pier.times.emplace_back();
      if (timeline != rows.timelines.end()) time = rows.times[static_cast<size_t>(timeline - rows.timelines.begin())][row];
    }
    return pier;
  }

  FoundChunk Announce(const Span& span, const std::map<const FoundChunk*, Times>& at) const {
    MadeChunk made{std::string(span.entity), {std::string(span.component)}, {}, {}};
    for (size_t i = 0; i < span.timelines.size(); ++i) {
      if (span.timelines[i]) made.timelines.push_back(request_.announce[i]);
    }
    for (const auto& [chunk, times] : at) {
      MadeRow row{base::Tuid{0, made.rows.size() + 1}, {}, true};
      for (size_t i = 0; i < span.timelines.size(); ++i) {
        if (span.timelines[i]) row.times.push_back(times[i].value_or(0));
      }
      made.rows.push_back(std::move(row));
    }
    return AnnounceMade(snapshot_, *at.begin()->first, std::move(made), request_.announce);
  }

  const catalog::Catalog& catalog_;
  const catalog::DatasetSnapshot& snapshot_;
  const FindRequest& request_;
  const SegmentChunks& chunks_;
  VisibleColumns& visible_;
  bool reads_all_components_;
  std::set<std::pair<std::string_view, std::string_view>> statics_;  // (entity, component)
  std::map<Span, std::map<const FoundChunk*, Times>> rows_;
  size_t sparse_reads_ = 0;
};

bool AtRisk(const catalog::DatasetSnapshot& snapshot, const SegmentChunks& chunks) {
  return !chunks.statics.empty() && chunks.temporal.size() > 1 && std::ranges::any_of(chunks.temporal, [&](const auto* chunk) {
    return snapshot.index->Info(chunk->ref).num_rows >= kRowsAtRiskMin;
  });
}

}  // namespace

void AddBridges(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot, const FindRequest& request,
                std::vector<FoundChunk>* found) {
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
    if (AtRisk(snapshot, segment)) Bridges(catalog, snapshot, request, segment, &visible).AddTo(&bridges);
  }
  std::ranges::move(bridges, std::back_inserter(*found));
}

}  // namespace mutoscope::query
