// Which chunks of which segments a plan looks at.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>

#include "base/status.h"
#include "query/index_values.h"
#include "query/latest_chunks.h"
#include "query/plan.h"

namespace mutoscope::query {
namespace {

constexpr size_t kRangesMax = 64;               // searched for one by one; more become one wide range
constexpr size_t kValuesSearchedMax = 64;       // of a segment, likewise
constexpr uint64_t kWindowRowsMax = 128 << 10;  // about; bounds the memory of a window
constexpr size_t kWindowValuesMax = 64 << 10;
constexpr uint64_t kUnitRowsMin = 4096;  // small segments are worked off together
constexpr size_t kUnitWindowsMax = 512;
constexpr size_t kFewSegments = 256;  // of these, static chunks are looked up by layer

using Refs = std::vector<index::ChunkRef>;

class Windows {
 public:
  Windows(const Request& request, Plan* plan) : request_(request), plan_(*plan), index_(*plan->snapshot->index) {}

  arrow::Status Run() {
    if (!plan_.columns->index) {
      AddStaticSegments();
    } else if (request_.index_values != nullptr || request_.segment_index_values) {
      ARROW_RETURN_NOT_OK(AddGivenValues());
    } else {
      AddRanges();
    }
    std::ranges::stable_sort(plan_.windows, [](const auto& a, const auto& b) {
      return std::pair(a.segment, a.range.min) < std::pair(b.segment, b.range.min);
    });
    AddStaticChunks();
    AddUnits();
    return arrow::Status::OK();
  }

 private:
  const std::string& timeline() const { return plan_.columns->timeline().name; }

  std::vector<index::LayerId> LayersOf(uint32_t segment) const {
    std::vector<index::LayerId> layers;
    for (const uint32_t position : plan_.snapshot->segments[segment].layers)
      layers.push_back(plan_.snapshot->layers[position]->id);
    return layers;
  }

  index::LayerSelection SelectedLayers() const {
    if (plan_.all_segments) return {};
    index::LayerSelection selection{false, {}};
    for (const uint32_t segment : plan_.segments) {
      const auto layers = LayersOf(segment);
      selection.layers.insert(selection.layers.end(), layers.begin(), layers.end());
    }
    return selection;
  }

  std::map<uint32_t, Refs> BySegment(const Refs& refs) const {
    std::map<uint32_t, Refs> groups;
    index::LayerId layer = -1;
    Refs* group = nullptr;
    for (const auto ref : refs) {  // ordered by layer
      const auto info = index_.Info(ref);
      if (group == nullptr || info.layer != layer) {
        layer = info.layer;
        const auto& id = plan_.snapshot->layers[plan_.snapshot->layer_positions.at(layer)]->segment_id;
        group = &groups[plan_.snapshot->segment_positions.at(id)];
      }
      group->push_back(ref);
    }
    return groups;
  }

  uint64_t RowsOf(const Refs& refs) const {
    uint64_t rows = 0;
    for (const auto ref : refs) rows += index_.Info(ref).num_rows;
    return rows;
  }

  void AddLatestAt(uint32_t segment, int64_t at, Refs* refs) const {
    const auto before = LatestChunks(index_, *plan_.columns, LayersOf(segment), at);
    refs->insert(refs->end(), before.begin(), before.end());
    std::ranges::sort(*refs);
    refs->erase(std::unique(refs->begin(), refs->end()), refs->end());
  }

  // ---- rows as they were logged

  void AddRanges() {
    auto ranges = plan_.predicate.index.ranges();
    if (ranges.size() > kRangesMax) {
      ranges = {plan_.predicate.index.bounds()};
      plan_.check_index = true;
    }
    const auto layers = SelectedLayers();
    if (plan_.segments.empty()) return;
    for (const auto& range : ranges) {
      for (auto& [segment, refs] : BySegment(index_.Overlapping(plan_.columns->selection, layers, timeline(), range))) {
        AddRange(segment, range, std::move(refs));
      }
    }
  }

  // In windows of bounded size, cut where chunks begin.
  void AddRange(uint32_t segment, chunk::TimeRange range, Refs refs) {
    const uint64_t rows = RowsOf(refs);
    std::vector<int64_t> cuts = {range.min};
    if (rows > kWindowRowsMax) {
      const auto more = CutsOf(refs, range);
      cuts.insert(cuts.end(), more.begin(), more.end());
    }
    for (size_t i = 0; i < cuts.size(); ++i) {
      SegmentWindow window;
      window.segment = segment;
      window.range = {cuts[i], i + 1 < cuts.size() ? cuts[i + 1] - 1 : range.max};
      window.chunks = cuts.size() == 1 ? std::move(refs) : RefsIn(refs, window.range);
      window.rows_estimate = cuts.size() == 1 ? rows : RowsOf(window.chunks);
      if (plan_.fill && window.range.min > kIndexMin) AddLatestAt(segment, window.range.min, &window.chunks);
      plan_.windows.push_back(std::move(window));
    }
  }

  std::vector<int64_t> CutsOf(const Refs& refs, chunk::TimeRange range) const {
    std::vector<std::pair<int64_t, uint64_t>> starts;  // and rows
    for (const auto ref : refs) {
      const auto own = index_.TimeRangeOf(ref, timeline());
      if (own) starts.emplace_back(own->min, index_.Info(ref).num_rows);
    }
    std::ranges::sort(starts);
    std::vector<int64_t> cuts;
    uint64_t rows = 0;
    int64_t last = range.min;
    for (const auto& [start, chunk_rows] : starts) {
      if (rows + chunk_rows > kWindowRowsMax && rows > 0 && start > last && start <= range.max) {
        cuts.push_back(start);
        last = start;
        rows = 0;
      }
      rows += chunk_rows;
    }
    return cuts;
  }

  Refs RefsIn(const Refs& refs, chunk::TimeRange range) const {
    Refs inside;
    for (const auto ref : refs) {
      const auto own = index_.TimeRangeOf(ref, timeline());
      if (own && own->min <= range.max && own->max >= range.min) inside.push_back(ref);
    }
    return inside;
  }

  // ---- given index values

  arrow::Status AddGivenValues() {
    if (request_.segment_index_values) {
      std::map<uint32_t, std::vector<int64_t>> by_segment;
      for (const auto& [id, array] : *request_.segment_index_values) {
        ARROW_ASSIGN_OR_RAISE(auto values, IndexValues(*array, plan_.columns->timeline()));
        const auto found = plan_.snapshot->segment_positions.find(id);
        if (found == plan_.snapshot->segment_positions.end()) continue;
        auto& all = by_segment[found->second];
        all.insert(all.end(), values.begin(), values.end());
      }
      for (auto& [segment, values] : by_segment) {
        std::ranges::sort(values);
        values.erase(std::unique(values.begin(), values.end()), values.end());
        if (std::ranges::binary_search(plan_.segments, segment)) AddValues(segment, values);
      }
      return arrow::Status::OK();
    }
    ARROW_ASSIGN_OR_RAISE(const auto values, IndexValues(*request_.index_values, plan_.columns->timeline()));
    for (const uint32_t segment : plan_.segments) {
      const auto bounds = BoundsOf(segment);
      if (!bounds) continue;
      const auto begin = std::ranges::lower_bound(values, bounds->min);
      const auto end = std::upper_bound(begin, values.end(), bounds->max);
      if (begin != end) AddValues(segment, {begin, end});
    }
    return arrow::Status::OK();
  }

  // Of all rows with a cell in any column (rulings.md A12).
  std::optional<chunk::TimeRange> BoundsOf(uint32_t segment) const {
    std::optional<chunk::TimeRange> bounds;
    for (const uint32_t position : plan_.snapshot->segments[segment].layers) {
      for (const auto& [own, range] : plan_.snapshot->layers[position]->time_ranges) {
        if (own.name != timeline()) continue;
        bounds = bounds ? chunk::TimeRange{std::min(bounds->min, range.min), std::max(bounds->max, range.max)} : range;
      }
    }
    return bounds;
  }

  void AddValues(uint32_t segment, std::vector<int64_t> values) {
    std::erase_if(values, [&](int64_t value) { return !plan_.predicate.index.Contains(value); });
    const auto layers = LayersOf(segment);
    for (size_t begin = 0; begin < values.size(); begin += kWindowValuesMax) {
      const size_t end = std::min(values.size(), begin + kWindowValuesMax);
      SegmentWindow window;
      window.segment = segment;
      window.values = std::make_shared<const std::vector<int64_t>>(values.begin() + static_cast<ptrdiff_t>(begin),
                                                                   values.begin() + static_cast<ptrdiff_t>(end));
      window.range = {values[begin], values[end - 1]};
      window.rows_estimate = end - begin;
      const auto add = [&](chunk::TimeRange range) {
        const auto refs = index_.Overlapping(plan_.columns->selection, {false, layers}, timeline(), range);
        window.chunks.insert(window.chunks.end(), refs.begin(), refs.end());
        if (plan_.fill) AddLatestAt(segment, range.min, &window.chunks);
      };
      if (end - begin <= kValuesSearchedMax) {
        for (const int64_t value : *window.values) add({value, value});
      } else {
        add(window.range);
      }
      std::ranges::sort(window.chunks);
      window.chunks.erase(std::unique(window.chunks.begin(), window.chunks.end()), window.chunks.end());
      plan_.windows.push_back(std::move(window));
    }
  }

  // ---- static data

  // Without an index, a dictionary of index values still restricts the segments (rulings.md A15).
  void AddStaticSegments() {
    std::set<std::string> named;
    if (request_.segment_index_values) {
      for (const auto& [id, values] : *request_.segment_index_values) named.insert(id);
    }
    for (const uint32_t segment : plan_.segments) {
      if (request_.segment_index_values && !named.contains(plan_.snapshot->segments[segment].id)) continue;
      SegmentWindow window;
      window.segment = segment;
      window.rows_estimate = 1;
      plan_.windows.push_back(std::move(window));
    }
  }

  void AddStaticChunks() {
    if (!plan_.columns->any_static) return;
    std::vector<uint32_t> segments;
    for (const auto& window : plan_.windows) {
      if (segments.empty() || segments.back() != window.segment) segments.push_back(window.segment);
    }
    index::LayerSelection layers;
    if (segments.size() <= kFewSegments) {
      layers.all = false;
      for (const uint32_t segment : segments) {
        const auto own = LayersOf(segment);
        layers.layers.insert(layers.layers.end(), own.begin(), own.end());
      }
    }
    if (segments.empty()) return;
    const auto groups = BySegment(index_.Static(plan_.columns->selection, layers));
    for (auto& window : plan_.windows) {
      const auto own = groups.find(window.segment);
      if (own != groups.end()) window.chunks.insert(window.chunks.end(), own->second.begin(), own->second.end());
    }
    if (!plan_.columns->index) std::erase_if(plan_.windows, [](const auto& window) { return window.chunks.empty(); });
  }

  void AddUnits() {
    uint64_t rows = 0;
    for (size_t i = 0; i < plan_.windows.size(); ++i) {
      const uint64_t own = plan_.windows[i].rows_estimate;
      const bool full = plan_.unit_begins.empty() || rows + own > kUnitRowsMin || i - plan_.unit_begins.back() >= kUnitWindowsMax;
      if (full) {
        plan_.unit_begins.push_back(i);
        rows = 0;
      }
      rows += own;
    }
  }

  const Request& request_;
  Plan& plan_;
  const index::DatasetIndex& index_;
};

}  // namespace

arrow::Status AddWindows(const Request& request, Plan* plan) { return Windows(request, plan).Run(); }

}  // namespace mutoscope::query
