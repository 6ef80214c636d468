#include <algorithm>
#include <map>

#include "arrow/array.h"
#include "arrow/scalar.h"
#include "base/status.h"
#include "redap/handlers.h"

namespace mutoscope::redap {
namespace {

// The texts of a property: a list of them in the one row, or none if it is something else.
std::vector<std::string> Texts(const arrow::RecordBatch& properties, const char* name) {
  const auto column = properties.GetColumnByName(name);
  if (column == nullptr || column->type_id() != arrow::Type::LIST || column->IsNull(0)) return {};
  const auto values = static_cast<const arrow::ListArray&>(*column).value_slice(0);
  if (values->type_id() != arrow::Type::STRING) return {};
  const auto& texts = static_cast<const arrow::StringArray&>(*values);
  std::vector<std::string> out;
  for (int64_t i = 0; i < texts.length(); ++i) {
    if (texts.IsValid(i)) out.push_back(texts.GetString(i));
  }
  return out;
}

// Which segments an asset is for (redap.md §3.13): OptIn names them, OptOut, which any other mode means too, names the others.
struct AssetScope {
  bool opt_in = false;
  std::vector<std::string> segments;

  bool Covers(const std::string& segment) const { return (std::ranges::find(segments, segment) != segments.end()) == opt_in; }
};

AssetScope ScopeOf(const arrow::RecordBatch& properties) {
  const auto mode = Texts(properties, "property:asset:mode");
  return {!mode.empty() && mode.front() == "OptIn", Texts(properties, "property:asset:segments")};
}

}  // namespace

arrow::Result<Generator<cloud::GetAssetsForSegmentResponse>> GetAssetsForSegment(
    const Call& call, const cloud::GetAssetsForSegmentRequest& request) {
  ARROW_ASSIGN_OR_RAISE(const auto id, EntryOf(call));
  if (request.has_segment_id() && !request.segment_id().has_id()) {
    return base::InvalidArgument("assets of a segment: its segment_id has no id");
  }
  ARROW_ASSIGN_OR_RAISE(const auto dataset, call.engine.catalog.ReadDataset(id));
  if (dataset.entry.kind != catalog::EntryKind::kDataset) {
    return base::InvalidArgument("entry '{}' is not a dataset of recordings: it has no assets", dataset.entry.name);
  }
  if (!dataset.details.asset_dataset) return base::NotFound("the asset dataset of '{}' was deleted", dataset.entry.name);
  const auto& asset_dataset = *dataset.details.asset_dataset;
  ARROW_ASSIGN_OR_RAISE(const auto assets, call.engine.catalog.Snapshot(asset_dataset));
  ARROW_ASSIGN_OR_RAISE(const auto properties, call.engine.catalog.segment_properties().List(asset_dataset));
  std::map<std::string, AssetScope> scopes;
  for (const auto& of : properties) scopes[of.segment_id] = ScopeOf(*of.values);

  std::vector<cloud::GetAssetsForSegmentResponse> responses(1);
  *responses[0].mutable_assets_entry() = EntryIdToProto(asset_dataset);
  for (const auto& asset : assets->segments) {
    const auto& scope = scopes[asset.id];
    const bool wanted = request.has_segment_id() ? scope.Covers(request.segment_id().id())
                                                 : !scope.opt_in;  // as the 0.41 server: whatever an OptOut leaves out
    if (wanted) responses[0].add_asset_segment_ids()->set_id(asset.id);
  }
  return Each(std::move(responses));
}

}  // namespace mutoscope::redap
