#include "catalog/events.h"

#include <algorithm>

#include "redap/handlers.h"

namespace mutoscope::redap {
namespace {

// A kind that names nothing selects nothing, as with the stock server.
bool SelectsEntries(const cloud::WatchEventsRequest& request) {
  return request.kinds().empty() || std::ranges::any_of(request.kinds(), [](const auto& kind) { return kind.has_entry(); });
}

cloud::WatchEventsResponse ToProto(const catalog::Event& event) {
  cloud::WatchEventsResponse response;
  auto* id = event.kind == catalog::EventKind::kEntryCreated ? response.mutable_entry_created()->mutable_id()
                                                             : response.mutable_entry_deleted()->mutable_id();
  *id = EntryIdToProto(event.entry);
  return response;
}

}  // namespace

arrow::Result<Generator<cloud::WatchEventsResponse>> WatchEvents(const Call& call, const cloud::WatchEventsRequest& request) {
  auto watcher = SelectsEntries(request) ? call.engine.catalog.events().Watch(call.wake) : nullptr;
  return [watcher = std::move(watcher), stop = call.stop,
          on_stop = call.stop->OnStop(call.wake)](cloud::WatchEventsResponse* out) -> arrow::Result<Produced> {
    ARROW_RETURN_NOT_OK(stop->Check());
    if (watcher == nullptr) return Produced::kLater;
    ARROW_ASSIGN_OR_RAISE(const auto event, watcher->Next());
    if (!event) return Produced::kLater;
    *out = ToProto(*event);
    return Produced::kMessage;
  };
}

}  // namespace mutoscope::redap
