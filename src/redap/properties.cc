#include <algorithm>

#include "base/status.h"
#include "redap/handlers.h"

namespace mutoscope::redap {
namespace {

constexpr size_t kSegmentsPerMessage = 100;

arrow::Result<std::string> SegmentIdOf(const common::SegmentId& id) {
  if (!id.has_id()) return base::InvalidArgument("segment properties: a segment_id has no id");
  return id.id();
}

arrow::Result<cloud::SegmentProperties> PropertiesToProto(const catalog::SegmentProperties& properties) {
  cloud::SegmentProperties out;
  out.mutable_segment_id()->set_id(properties.segment_id);
  ARROW_ASSIGN_OR_RAISE(*out.mutable_properties(), ToProto(*properties.values));
  out.set_revision(properties.revision);
  return out;
}

}  // namespace

arrow::Result<Generator<cloud::GetSegmentPropertiesResponse>> GetSegmentProperties(
    const Call& call, const cloud::GetSegmentPropertiesRequest& request) {
  if (request.segment_ids_size() == 0) return base::InvalidArgument("segment_ids must name at least one segment");
  std::vector<std::string> ids;
  for (const auto& id : request.segment_ids()) {
    ARROW_ASSIGN_OR_RAISE(ids.emplace_back(), SegmentIdOf(id));
  }
  ARROW_ASSIGN_OR_RAISE(const auto dataset, EntryOf(call));
  auto& store = call.engine.catalog.segment_properties();
  ARROW_RETURN_NOT_OK(store.Get(dataset, {}).status());  // is it a dataset?
  return Generator<cloud::GetSegmentPropertiesResponse>([&store, dataset, ids = std::move(ids),
                                                         next = size_t{0}](auto* response) mutable -> arrow::Result<Produced> {
    while (next < ids.size()) {
      const size_t end = std::min(ids.size(), next + kSegmentsPerMessage);
      const std::vector<std::string> part(ids.begin() + static_cast<ptrdiff_t>(next), ids.begin() + static_cast<ptrdiff_t>(end));
      next = end;
      ARROW_ASSIGN_OR_RAISE(const auto found, store.Get(dataset, part));
      for (const auto& properties : found) {
        ARROW_ASSIGN_OR_RAISE(*response->add_segments(), PropertiesToProto(properties));
      }
      if (!found.empty()) return next == ids.size() ? Produced::kLastMessage : Produced::kMessage;
    }
    return Produced::kNothing;
  });
}

arrow::Status SetSegmentProperties(const Call& call, const cloud::SetSegmentPropertiesRequest& request,
                                   cloud::SetSegmentPropertiesResponse* response) {
  ARROW_ASSIGN_OR_RAISE(const auto dataset, EntryOf(call));
  if (!request.has_segment_id()) return base::InvalidArgument("set segment properties: the segment_id is missing");
  ARROW_ASSIGN_OR_RAISE(const auto segment_id, SegmentIdOf(request.segment_id()));
  if (!request.has_properties()) return base::InvalidArgument("set segment properties: the properties are missing");
  ARROW_ASSIGN_OR_RAISE(const auto values, FromProto(request.properties()));
  const auto expected = request.has_expected_revision() ? std::optional(request.expected_revision()) : std::nullopt;
  ARROW_ASSIGN_OR_RAISE(const uint64_t revision,
                        call.engine.catalog.segment_properties().Set(dataset, segment_id, *values, expected));
  response->set_revision(revision);
  return arrow::Status::OK();
}

arrow::Status DeleteSegmentProperties(const Call& call, const cloud::DeleteSegmentPropertiesRequest& request,
                                      cloud::DeleteSegmentPropertiesResponse*) {
  ARROW_ASSIGN_OR_RAISE(const auto dataset, EntryOf(call));
  std::vector<catalog::SegmentPropertyStore::Deletion> deletions;
  for (const auto& segment : request.segments()) {
    if (!segment.has_segment_id()) return base::InvalidArgument("delete segment properties: a segment_id is missing");
    auto& deletion = deletions.emplace_back();
    ARROW_ASSIGN_OR_RAISE(deletion.segment_id, SegmentIdOf(segment.segment_id()));
    if (segment.has_expected_revision()) deletion.expected_revision = segment.expected_revision();
  }
  return call.engine.catalog.segment_properties().Delete(dataset, deletions);
}

}  // namespace mutoscope::redap
