#include "native/entries.h"

#include "base/tuid.h"

namespace mutoscope::native {
namespace {

int64_t Nanoseconds(const google::protobuf::Timestamp& time) { return time.seconds() * 1'000'000'000 + time.nanos(); }

}  // namespace

arrow::Result<common::EntryId> EntryIdFromText(const std::string& text) {
  ARROW_ASSIGN_OR_RAISE(const auto id, base::Tuid::Parse(text));
  return redap::EntryIdToProto(id);
}

std::string TextOf(const common::EntryId& id) { return base::Tuid{id.id().time_ns(), id.id().inc()}.text(); }

Entry FromProto(const cloud::EntryDetails& details) {
  Entry entry;
  entry.id = TextOf(details.id());
  entry.name = details.name();
  entry.kind = static_cast<EntryKind>(details.entry_kind());
  entry.created_at_ns = Nanoseconds(details.created_at());
  entry.updated_at_ns = Nanoseconds(details.updated_at());
  return entry;
}

}  // namespace mutoscope::native
