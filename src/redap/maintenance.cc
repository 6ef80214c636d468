// Not there yet.
#include "base/status.h"
#include "redap/handlers.h"

namespace mutoscope::redap {

arrow::Status DoMaintenance(const Call&, const cloud::DoMaintenanceRequest&, cloud::DoMaintenanceResponse*) {
  return base::Unimplemented("DoMaintenance is not implemented by this server");
}

arrow::Status DoGlobalMaintenance(const Call&, const cloud::DoGlobalMaintenanceRequest&, cloud::DoGlobalMaintenanceResponse*) {
  return base::Unimplemented("DoGlobalMaintenance is not implemented by this server");
}

arrow::Result<Generator<cloud::DoBandwidthTestResponse>> DoBandwidthTest(const Call&, const cloud::DoBandwidthTestRequest&) {
  return base::Unimplemented("DoBandwidthTest is not implemented by this server");
}

}  // namespace mutoscope::redap
