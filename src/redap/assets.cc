#include "base/status.h"
#include "redap/handlers.h"

namespace mutoscope::redap {

arrow::Result<Generator<cloud::GetAssetsForSegmentResponse>> GetAssetsForSegment(const Call& call,
                                                                                 const cloud::GetAssetsForSegmentRequest&) {
  ARROW_ASSIGN_OR_RAISE(const auto id, EntryOf(call));
  ARROW_ASSIGN_OR_RAISE(const auto dataset, call.engine.catalog.ReadDataset(id));
  if (dataset.entry.kind != catalog::EntryKind::kDataset || !dataset.details.asset_dataset) {
    return base::InvalidArgument("entry '{}' is not a dataset of recordings: it has no assets", dataset.entry.name);
  }
  std::vector<cloud::GetAssetsForSegmentResponse> responses(1);
  *responses[0].mutable_assets_entry() = EntryIdToProto(*dataset.details.asset_dataset);
  // Which segments an asset is for is set by segment properties, which come with the write calls; without them it is for all.
  ARROW_ASSIGN_OR_RAISE(const auto assets, call.engine.catalog.Snapshot(*dataset.details.asset_dataset));
  for (const auto& segment : assets->segments) responses[0].add_asset_segment_ids()->set_id(segment.id);
  return Each(std::move(responses));
}

}  // namespace mutoscope::redap
