#include "catalog/maintenance.h"

#include "base/status.h"
#include "redap/handlers.h"

namespace mutoscope::redap {
namespace {

arrow::Result<int64_t> NanosecondsOf(const google::protobuf::Timestamp& time) {
  constexpr int64_t kSecond = 1'000'000'000;
  if (time.seconds() < 0 || time.seconds() > std::numeric_limits<int64_t>::max() / kSecond - 1 || time.nanos() < 0 ||
      time.nanos() >= kSecond) {
    return base::InvalidArgument("cleanup_before: {} s and {} ns since 1970 is no time", time.seconds(), time.nanos());
  }
  return time.seconds() * kSecond + time.nanos();
}

std::function<bool()> Cancelled(const Call& call) {
  return [cancelled = call.cancelled, stop = call.stop] { return cancelled() || stop->stopping(); };
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace

arrow::Status DoMaintenance(const Call& call, const cloud::DoMaintenanceRequest& request,
                            cloud::DoMaintenanceResponse* response) {
  ARROW_ASSIGN_OR_RAISE(const auto dataset, EntryOf(call));
  catalog::MaintenanceOptions options;
  options.optimize_indexes = request.optimize_indexes();
  options.compact_fragments = request.compact_fragments();
  options.retrain_indexes = request.retrain_indexes();
  options.gc_object_store = request.gc_object_store();
  options.unsafe_allow_recent_cleanup = request.unsafe_allow_recent_cleanup();
  if (request.has_cleanup_before()) {
    ARROW_ASSIGN_OR_RAISE(options.cleanup_before_ns, NanosecondsOf(request.cleanup_before()));
  }
  options.cancelled = Cancelled(call);
  ARROW_ASSIGN_OR_RAISE(const auto lines, call.engine.catalog.Maintain(dataset, options));
  response->set_report(Joined(lines));
  return arrow::Status::OK();
}

arrow::Status DoGlobalMaintenance(const Call& call, const cloud::DoGlobalMaintenanceRequest&,
                                  cloud::DoGlobalMaintenanceResponse*) {
  ARROW_ASSIGN_OR_RAISE(const auto lines, call.engine.catalog.MaintainAll(Cancelled(call)));
  for (const std::string& line : lines) {
    if (call.engine.log) call.engine.log("maintenance: " + line);  // the answer has no room for them
  }
  return arrow::Status::OK();
}

}  // namespace mutoscope::redap
