#include "redap/find_request.h"

#include <limits>
#include <set>

#include "base/status.h"
#include "chunk/entity_path.h"

namespace mutoscope::redap {
namespace {

namespace cloud = rerun::cloud::v1alpha1;

constexpr int64_t kStaticTime = std::numeric_limits<int64_t>::min();  // reserved (rrd.md §2.4)

arrow::Status CheckTime(int64_t time) {
  if (time == kStaticTime) return base::InvalidArgument("the index value {} is reserved for static data", time);
  return arrow::Status::OK();
}

arrow::Result<bool> WantsLatestAt(cloud::FillMode mode) {
  switch (mode) {
    case cloud::FILL_MODE_UNSPECIFIED:
    case cloud::FILL_MODE_NONE:
      return false;
    case cloud::FILL_MODE_LATEST_AT:
      return true;
    case cloud::FILL_MODE_EARLIEST_AT:
      return base::Unimplemented("FindChunks: FILL_MODE_EARLIEST_AT is not implemented");
    default:
      return base::InvalidArgument("FindChunks: fill mode {} is unknown", static_cast<int>(mode));
  }
}

arrow::Result<std::string> ParseEntityPath(const std::string& path) {
  if (!chunk::IsStrictEntityPath(path)) {
    return base::InvalidArgument(
        "'{}' is no entity path: parts must not be empty, and all but letters, digits, _, - and . is escaped", path);
  }
  return chunk::CanonicalEntityPath(path);
}

arrow::Result<index::EntitySelection> ParseEntity(const cloud::EntitySelection& wire) {
  if (!wire.has_entity_path()) return base::InvalidArgument("FindChunks: an entity selection has no entity path");
  ARROW_ASSIGN_OR_RAISE(auto path, ParseEntityPath(wire.entity_path().path()));
  index::EntitySelection selection{std::move(path), true, {}};
  if (wire.has_explicit_()) {
    selection.all_components = false;
    for (const auto& id : wire.explicit_().ids()) {
      if (id.empty()) return base::InvalidArgument("FindChunks: an empty component id for entity '{}'", selection.entity);
      selection.components.push_back(id);
    }
  } else if (!wire.has_all()) {
    return base::InvalidArgument("FindChunks: no component selection for entity '{}'", selection.entity);
  }
  return selection;
}

arrow::Result<index::ContentSelection> ParseContents(const cloud::FindChunksRequest& request) {
  if (!request.has_contents()) return base::InvalidArgument("FindChunks: contents are missing");
  const auto& contents = request.contents();
  if (contents.has_all()) return index::ContentSelection{};
  if (!contents.has_explicit_()) return base::InvalidArgument("FindChunks: contents select neither all nor listed entities");
  index::ContentSelection selection{false, {}};
  std::set<std::string> seen;
  for (const auto& entity : contents.explicit_().entities()) {
    ARROW_ASSIGN_OR_RAISE(auto parsed, ParseEntity(entity));
    if (!seen.insert(parsed.entity).second)
      return base::InvalidArgument("FindChunks: entity '{}' is listed twice", parsed.entity);
    if (parsed.all_components || !parsed.components.empty()) selection.entities.push_back(std::move(parsed));
  }
  return selection;
}

// `set` distinguishes a missing selection from one of all segments.
arrow::Result<std::optional<std::vector<std::string>>> ParseSegments(bool present, const cloud::SegmentSelection& wire) {
  if (!present || (!wire.has_all() && !wire.has_explicit_()))
    return base::InvalidArgument("FindChunks: the segment selection is missing");
  if (wire.has_all()) return std::nullopt;
  std::vector<std::string> ids;
  for (const auto& id : wire.explicit_().ids()) {
    if (!id.has_id()) return base::InvalidArgument("FindChunks: a listed segment has no id");
    if (std::find(ids.begin(), ids.end(), id.id()) == ids.end()) ids.push_back(id.id());
  }
  return ids;
}

arrow::Status ParseRange(const cloud::RangeSelection& wire, query::FindRequest* out) {
  query::RangeMode mode;
  if (wire.timeline().empty()) return base::InvalidArgument("FindChunks: the range names no timeline");
  mode.timeline = wire.timeline();
  if (wire.has_start_inclusive()) mode.start = wire.start_inclusive();
  if (wire.has_end_inclusive()) mode.end = wire.end_inclusive();
  ARROW_RETURN_NOT_OK(CheckTime(mode.start.value_or(0)));
  ARROW_RETURN_NOT_OK(CheckTime(mode.end.value_or(0)));
  if (mode.start && mode.end && *mode.end < *mode.start) {
    return base::InvalidArgument("FindChunks: the range on '{}' ends at {}, before its start {}", *mode.timeline, *mode.end,
                                 *mode.start);
  }
  ARROW_ASSIGN_OR_RAISE(const bool latest_at, WantsLatestAt(wire.fill_mode()));
  if (latest_at) {
    if (!mode.start) return base::InvalidArgument("FindChunks: FILL_MODE_LATEST_AT needs a start");
    mode.latest_at = mode.start;
    mode.timeline_may_be_foreign = false;  // 0.41 clients push a foreign range only without fill (query.md §6.2)
  }
  ARROW_ASSIGN_OR_RAISE(out->segments, ParseSegments(wire.has_segments(), wire.segments()));
  out->announce = {wire.timeline()};
  out->mode = std::move(mode);
  return arrow::Status::OK();
}

arrow::Status ParseSamples(const cloud::SegmentSamplesSelection& wire, query::FindRequest* out) {
  query::SamplesMode mode;
  if (wire.timeline().empty()) return base::InvalidArgument("FindChunks: the samples name no timeline");
  mode.timeline = wire.timeline();
  ARROW_ASSIGN_OR_RAISE(mode.latest_at, WantsLatestAt(wire.fill_mode()));
  std::set<std::string> seen;
  for (const auto& samples : wire.segments()) {
    if (!samples.has_segment_id()) return base::InvalidArgument("FindChunks: samples without a segment id");
    if (!seen.insert(samples.segment_id().id()).second) {
      return base::InvalidArgument("FindChunks: segment '{}' is listed twice", samples.segment_id().id());
    }
    query::SegmentSamples parsed{samples.segment_id().id(), {samples.values().begin(), samples.values().end()}};
    for (const int64_t value : parsed.values) ARROW_RETURN_NOT_OK(CheckTime(value));
    mode.segments.push_back(std::move(parsed));
  }
  out->announce = {wire.timeline()};
  out->mode = std::move(mode);
  return arrow::Status::OK();
}

// ---- QueryDataset

arrow::Status CheckQueryDataset(const cloud::QueryDatasetRequest& request) {
  if (request.chunk_ids_size() > 0) return base::InvalidArgument("QueryDataset: selecting by chunk_ids is not possible");
  if (request.exclude_static_data() || request.exclude_temporal_data()) {
    return base::InvalidArgument("QueryDataset: exclude_static_data and exclude_temporal_data must be false");
  }
  if (request.select_all_entity_paths() && request.entity_paths_size() > 0) {
    return base::InvalidArgument("QueryDataset: all entity paths are selected, and a list is given too");
  }
  return arrow::Status::OK();
}

arrow::Status ParsePerSegmentValues(const cloud::QueryDatasetRequest& request, query::FindRequest* out) {
  const auto& latest_at = request.query().latest_at();
  if (!latest_at.has_index() || latest_at.has_at() || request.query().has_range() ||
      latest_at.per_segment_values_size() != request.segment_ids_size()) {
    return base::InvalidArgument(
        "QueryDataset: per_segment_values need an index, no `at`, no range, and as many segment_ids ({} values, {} ids)",
        latest_at.per_segment_values_size(), request.segment_ids_size());
  }
  query::SamplesMode mode{latest_at.index().timeline().name(), {}, true};
  std::set<std::string> seen;
  for (int i = 0; i < request.segment_ids_size(); ++i) {
    const auto& id = request.segment_ids(i).id();
    if (!seen.insert(id).second) return base::InvalidArgument("QueryDataset: segment '{}' is listed twice", id);
    const auto& values = latest_at.per_segment_values(i).values();
    mode.segments.push_back({id, {values.begin(), values.end()}});
  }
  out->mode = std::move(mode);
  return arrow::Status::OK();
}

arrow::Status ParseQuery(const cloud::QueryDatasetRequest& request, query::FindRequest* out) {
  if (!request.has_query() || (!request.query().has_latest_at() && !request.query().has_range())) {
    out->mode = query::RangeMode{};
    return arrow::Status::OK();
  }
  const auto& query = request.query();
  if (query.has_latest_at() && query.latest_at().per_segment_values_size() > 0) return ParsePerSegmentValues(request, out);
  if (!query.has_range() && !query.latest_at().has_index()) {
    out->mode = query::StaticMode{};
    return arrow::Status::OK();
  }
  query::RangeMode mode;
  if (query.has_latest_at() && query.latest_at().has_index()) {
    if (!query.latest_at().has_at()) return base::InvalidArgument("QueryDataset: latest_at names an index but no time");
    mode.timeline = query.latest_at().index().timeline().name();
    mode.latest_at = query.latest_at().at();
  }
  if (query.has_range()) {
    const auto& range = query.range();
    if (!range.has_index() || !range.has_index_range()) {
      return base::InvalidArgument("QueryDataset: the range lacks its index or its bounds");
    }
    if (mode.timeline && (*mode.timeline != range.index().timeline().name() || *mode.latest_at != range.index_range().start())) {
      return base::InvalidArgument("QueryDataset: latest_at and range must be on one index, latest_at at the start of the range");
    }
    mode.timeline = range.index().timeline().name();
    mode.start = range.index_range().start();
    mode.end = range.index_range().end();
  } else {
    mode.start = mode.latest_at;  // only what holds at that time
    mode.end = mode.latest_at;
  }
  out->mode = std::move(mode);
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<query::FindRequest> ParseFindChunks(const cloud::FindChunksRequest& request) {
  query::FindRequest out;
  out.for_reader = true;
  ARROW_ASSIGN_OR_RAISE(out.contents, ParseContents(request));
  if (request.has_static_()) {
    ARROW_ASSIGN_OR_RAISE(out.segments, ParseSegments(request.static_().has_segments(), request.static_().segments()));
    out.mode = query::StaticMode{};
  } else if (request.has_range()) {
    ARROW_RETURN_NOT_OK(ParseRange(request.range(), &out));
  } else if (request.has_samples()) {
    ARROW_RETURN_NOT_OK(ParseSamples(request.samples(), &out));
  } else {
    return base::InvalidArgument("FindChunks: the mode (static, range or samples) is missing");
  }
  if (request.direct_url_mode() < 0 || request.direct_url_mode() > cloud::DIRECT_URL_MODE_SIGNED) {
    return base::InvalidArgument("FindChunks: direct URL mode {} is unknown", static_cast<int>(request.direct_url_mode()));
  }
  return out;
}

arrow::Result<query::FindRequest> ParseQueryDataset(const cloud::QueryDatasetRequest& request) {
  ARROW_RETURN_NOT_OK(CheckQueryDataset(request));
  query::FindRequest out;
  out.contents.all = request.select_all_entity_paths();
  const std::vector<std::string> components(request.fuzzy_descriptors().begin(), request.fuzzy_descriptors().end());
  for (const auto& path : request.entity_paths()) {
    ARROW_ASSIGN_OR_RAISE(auto entity, ParseEntityPath(path.path()));
    out.contents.entities.push_back({std::move(entity), components.empty(), components});
  }
  if (request.segment_ids_size() > 0) {
    out.segments.emplace();
    for (const auto& id : request.segment_ids()) {
      if (!id.has_id()) return base::InvalidArgument("QueryDataset: a listed segment has no id");
      out.segments->push_back(id.id());
    }
  }
  ARROW_RETURN_NOT_OK(ParseQuery(request, &out));
  // The dataframe reader of 0.36 names entities and always asks for this; who copies whole recordings does not.
  out.for_reader = request.query().columns_always_include_byte_offsets() && !request.select_all_entity_paths();
  return out;
}

}  // namespace mutoscope::redap
