#include "redap/call.h"

#include "base/status.h"
#include "redap/convert.h"

namespace mutoscope::redap {

arrow::Result<catalog::EntryId> EntryOf(const Call& call) {
  if (call.entry_id) return base::Tuid::Parse(*call.entry_id);
  if (call.entry_name) return call.engine.catalog.DatasetIdByName(*call.entry_name);
  return base::InvalidArgument("no entry named: the header x-rerun-entry-id or x-rerun-entry-name-bin is missing");
}

arrow::Result<catalog::EntryId> EntryOf(const Call& call, const rerun::common::v1alpha1::EntryId* body) {
  std::optional<catalog::EntryId> header;
  if (call.entry_id) {
    ARROW_ASSIGN_OR_RAISE(header, base::Tuid::Parse(*call.entry_id));
  }
  if (body == nullptr) {
    if (!header)
      return base::InvalidArgument("no entry named: neither the header x-rerun-entry-id nor the id in the request is set");
    return *header;
  }
  ARROW_ASSIGN_OR_RAISE(const auto id, FromProto(*body));
  if (header && *header != id) {
    return base::InvalidArgument("the header names entry {}, the body entry {}", header->text(), id.text());
  }
  return id;
}

arrow::Result<std::shared_ptr<const catalog::DatasetSnapshot>> SnapshotOf(const Call& call) {
  ARROW_ASSIGN_OR_RAISE(const auto id, EntryOf(call));
  return call.engine.catalog.Snapshot(id);
}

}  // namespace mutoscope::redap
