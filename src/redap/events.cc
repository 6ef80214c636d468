// Not there yet.
#include "base/status.h"
#include "redap/handlers.h"

namespace mutoscope::redap {

arrow::Result<Generator<cloud::WatchEventsResponse>> WatchEvents(const Call&, const cloud::WatchEventsRequest&) {
  return base::Unimplemented("WatchEvents is not implemented by this server");
}

}  // namespace mutoscope::redap
