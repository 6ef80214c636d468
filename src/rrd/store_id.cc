#include "rrd/store_id.h"

#include "base/status.h"
#include "rerun/v1alpha1/log_msg.pb.h"

namespace mutoscope::rrd {

arrow::Result<Store> StoreOf(const rerun::common::v1alpha1::StoreId& id) {
  if (id.recording_id().empty()) return base::DataLoss("a store id has no recording id");
  const bool blueprint = id.kind() == rerun::common::v1alpha1::STORE_KIND_BLUEPRINT;
  return Store{blueprint ? StoreKind::kBlueprint : StoreKind::kRecording, id.recording_id(), id.application_id().id()};
}

arrow::Result<Store> ParseSetStoreInfo(std::span<const uint8_t> message) {
  rerun::log_msg::v1alpha1::SetStoreInfo parsed;
  if (message.size() > INT32_MAX || !parsed.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return base::DataLoss("a SetStoreInfo message of {} bytes does not parse", message.size());
  }
  ARROW_ASSIGN_OR_RAISE(Store store, StoreOf(parsed.info().store_id()));
  if (store.application_id.empty()) store.application_id = parsed.info().application_id().id();
  return store;
}

}  // namespace mutoscope::rrd
