// Not there yet.
#include "base/status.h"
#include "redap/handlers.h"

namespace mutoscope::redap {

arrow::Result<Generator<cloud::GetSegmentPropertiesResponse>> GetSegmentProperties(const Call&,
                                                                                   const cloud::GetSegmentPropertiesRequest&) {
  return base::Unimplemented("GetSegmentProperties is not implemented by this server");
}

arrow::Status SetSegmentProperties(const Call&, const cloud::SetSegmentPropertiesRequest&, cloud::SetSegmentPropertiesResponse*) {
  return base::Unimplemented("SetSegmentProperties is not implemented by this server");
}

arrow::Status DeleteSegmentProperties(const Call&, const cloud::DeleteSegmentPropertiesRequest&,
                                      cloud::DeleteSegmentPropertiesResponse*) {
  return base::Unimplemented("DeleteSegmentProperties is not implemented by this server");
}

}  // namespace mutoscope::redap
