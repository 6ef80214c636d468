#include <sstream>

#include "base/status.h"
#include "redap/handlers.h"

namespace mutoscope::redap {

arrow::Status Version(const Call& call, const cloud::VersionRequest&, cloud::VersionResponse* response) {
  auto* build = response->mutable_build_info();
  build->set_crate_name("mutoscope");
  uint32_t major = 0, minor = 0, patch = 0;
  char dot = '.';
  if (std::istringstream(call.engine.version) >> major >> dot >> minor >> dot >> patch) {
    auto* version = build->mutable_version();
    version->set_major(major);
    version->set_minor(minor);
    version->set_patch(patch);
  }
  response->set_version("mutoscope-" + call.engine.version);
  response->add_features("per_segment_index_values");
  return arrow::Status::OK();
}

arrow::Status WhoAmI(const Call&, const cloud::WhoAmIRequest&, cloud::WhoAmIResponse* response) {
  response->set_can_read(true);
  response->set_can_write(true);
  auto* capabilities = response->mutable_capabilities();
  capabilities->add_capabilities("catalog:write:register:file");
  capabilities->add_capabilities("catalog:write:staging");
  capabilities->add_capabilities("dataset:find_chunks");
  return arrow::Status::OK();
}

arrow::Status FindEntries(const Call& call, const cloud::FindEntriesRequest& request, cloud::FindEntriesResponse* response) {
  catalog::EntryFilter filter;
  const auto& wire = request.filter();
  if (wire.has_id()) {
    ARROW_ASSIGN_OR_RAISE(filter.id, FromProto(wire.id()));
  }
  if (wire.has_name()) filter.name = wire.name();
  if (wire.has_entry_kind()) {
    if (!cloud::EntryKind_IsValid(wire.entry_kind())) {
      return base::InvalidArgument("entry filter: there is no kind {}", static_cast<int>(wire.entry_kind()));
    }
    filter.kinds = {static_cast<catalog::EntryKind>(wire.entry_kind())};
  }
  if (wire.entry_kinds_size() > 0) {
    filter.kinds.clear();
    for (const int kind : wire.entry_kinds()) filter.kinds.push_back(static_cast<catalog::EntryKind>(kind));
  }
  for (const auto kind : filter.kinds) {
    if (static_cast<int>(kind) == 0)
      return base::InvalidArgument("entry filter: the kind ENTRY_KIND_UNSPECIFIED selects nothing");
  }
  ARROW_ASSIGN_OR_RAISE(const auto entries, call.engine.catalog.FindEntries(filter));
  for (const auto& entry : entries) *response->add_entries() = ToProto(entry);
  return arrow::Status::OK();
}

arrow::Status CreateDatasetEntry(const Call& call, const cloud::CreateDatasetEntryRequest& request,
                                 cloud::CreateDatasetEntryResponse* response) {
  if (!request.has_name()) return base::InvalidArgument("create dataset: the name is missing");
  std::optional<catalog::EntryId> id;
  if (request.has_id()) {
    ARROW_ASSIGN_OR_RAISE(id, FromProto(request.id()));
  }
  ARROW_ASSIGN_OR_RAISE(const auto dataset, call.engine.catalog.CreateDataset(request.name(), id));
  *response->mutable_dataset() = ToProto(dataset);
  return arrow::Status::OK();
}

arrow::Status ReadDatasetEntry(const Call& call, const cloud::ReadDatasetEntryRequest&,
                               cloud::ReadDatasetEntryResponse* response) {
  ARROW_ASSIGN_OR_RAISE(const auto id, EntryOf(call));
  ARROW_ASSIGN_OR_RAISE(const auto dataset, call.engine.catalog.ReadDataset(id));
  *response->mutable_dataset() = ToProto(dataset);
  return arrow::Status::OK();
}

arrow::Status UpdateDatasetEntry(const Call& call, const cloud::UpdateDatasetEntryRequest& request,
                                 cloud::UpdateDatasetEntryResponse* response) {
  ARROW_ASSIGN_OR_RAISE(const auto id, EntryOf(call, request.has_id() ? &request.id() : nullptr));
  if (!request.has_dataset_details()) return base::InvalidArgument("update dataset: the details are missing");
  ARROW_ASSIGN_OR_RAISE(const auto details, FromProto(request.dataset_details()));
  ARROW_ASSIGN_OR_RAISE(const auto dataset, call.engine.catalog.UpdateDatasetDetails(id, details));
  *response->mutable_dataset() = ToProto(dataset);
  return arrow::Status::OK();
}

arrow::Status UpdateEntry(const Call& call, const cloud::UpdateEntryRequest& request, cloud::UpdateEntryResponse* response) {
  ARROW_ASSIGN_OR_RAISE(const auto id, EntryOf(call, request.has_id() ? &request.id() : nullptr));
  if (!request.has_entry_details_update()) return base::InvalidArgument("update entry: what to update is missing");
  if (request.entry_details_update().has_name()) {
    ARROW_ASSIGN_OR_RAISE(const auto entry, call.engine.catalog.RenameEntry(id, request.entry_details_update().name()));
    *response->mutable_entry_details() = ToProto(entry);
    return arrow::Status::OK();
  }
  catalog::EntryFilter filter{.id = id, .name = std::nullopt, .kinds = {}};
  for (int kind = 1; kind <= 6; ++kind) filter.kinds.push_back(static_cast<catalog::EntryKind>(kind));
  ARROW_ASSIGN_OR_RAISE(const auto found, call.engine.catalog.FindEntries(filter));
  if (found.empty()) return base::NotFound("no entry has the id {}", id.text());
  *response->mutable_entry_details() = ToProto(found.front());
  return arrow::Status::OK();
}

arrow::Status DeleteEntry(const Call& call, const cloud::DeleteEntryRequest& request, cloud::DeleteEntryResponse*) {
  ARROW_ASSIGN_OR_RAISE(const auto id, EntryOf(call, request.has_id() ? &request.id() : nullptr));
  return call.engine.catalog.DeleteEntry(id).status();
}

}  // namespace mutoscope::redap
