#include "native/entries.h"

#include <algorithm>

#include "base/tuid.h"
#include "native/redap_calls.h"

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

arrow::Result<std::vector<Entry>> FindEntries(Transport& transport, const cloud::EntryFilter& filter) {
  cloud::FindEntriesRequest request;
  *request.mutable_filter() = filter;
  ARROW_ASSIGN_OR_RAISE(const auto response, CallUnary<cloud::FindEntriesResponse>(transport, kFindEntries, {}, request));
  std::vector<Entry> entries;
  for (const auto& entry : response.entries()) entries.push_back(FromProto(entry));
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

}  // namespace mutoscope::native
