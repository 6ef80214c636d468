// Plans as text.
#include <fmt/format.h>

#include <algorithm>

#include "query/plan.h"

namespace mutoscope::query {
namespace {

std::string RangesText(const Intervals& intervals) {
  if (intervals.all()) return "all values";
  if (intervals.empty()) return "no value";
  const auto bound = [](int64_t value) {
    if (value == kIndexMin) return std::string("-inf");
    return value == kIndexMax ? std::string("inf") : std::to_string(value);
  };
  constexpr size_t kRangesShown = 4;
  std::string text;
  for (size_t i = 0; i < std::min(kRangesShown, intervals.ranges().size()); ++i) {
    const auto& range = intervals.ranges()[i];
    text += fmt::format("{}[{}, {}]", i == 0 ? "" : ", ", bound(range.min), bound(range.max));
  }
  if (intervals.ranges().size() > kRangesShown) text += fmt::format(" and {} more", intervals.ranges().size() - kRangesShown);
  return text;
}

std::string ColumnsText(const Plan& plan) {
  constexpr size_t kNamesShown = 8;
  const auto names = plan.schema->field_names();
  std::string text = fmt::format("{} columns", names.size());
  for (size_t i = 0; i < std::min(kNamesShown, names.size()); ++i) text += (i == 0 ? ": " : ", ") + names[i];
  return names.size() > kNamesShown ? text + ", ..." : text;
}

}  // namespace

std::string Describe(const Plan& plan, const Request& request) {
  uint64_t chunks = 0, rows = 0, bytes = 0;
  for (const auto& window : plan.windows) {
    chunks += window.chunks.size();
    rows += window.rows_estimate;
    for (const auto ref : window.chunks) bytes += plan.snapshot->index->Info(ref).place.message_size;
  }
  std::string text = fmt::format("query of '{}'\n", plan.snapshot->dataset.entry.name);
  text += fmt::format("  rows: {}\n", request.index ? "of index '" + *request.index + "'" : "one a segment with static values");
  if (request.index_values != nullptr || request.segment_index_values)
    text += "  rows: given index values instead of logged ones\n";
  if (plan.fill) text += "  fill: latest at\n";
  text += fmt::format("  contents: {} of the dataset's columns\n", plan.columns->components.size());
  text += fmt::format("  segments: {} of {}\n", plan.segments.size(), plan.snapshot->segments.size());
  text += fmt::format("  searched: {}{}\n", RangesText(plan.predicate.index),
                      plan.predicate.never ? " (the filter is never true)" : "");
  for (const auto& condition : plan.predicate.conditions) {
    text += fmt::format("  filter on {}: {}\n", NameOf(condition.stage), condition.expression.ToString());
  }
  text += fmt::format("  answer: {}\n", ColumnsText(plan));
  if (plan.limit) text += fmt::format("  limit: {}\n", *plan.limit);
  if (plan.index_only) text += "  index only: no payload is read\n";
  text += fmt::format("  estimate: {} windows in {} units, {} chunks, {} rows, at most {} bytes of recordings\n",
                      plan.windows.size(), plan.unit_begins.size(), chunks, rows, bytes);
  return text;
}

}  // namespace mutoscope::query
