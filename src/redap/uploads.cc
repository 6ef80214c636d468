// Not there yet.
#include "base/status.h"
#include "redap/handlers.h"

namespace mutoscope::redap {

arrow::Status GetWriteAccessGrant(const Call&, const cloud::GetWriteAccessGrantRequest&, cloud::GetWriteAccessGrantResponse*) {
  return base::Unimplemented("GetWriteAccessGrant is not implemented by this server");
}

arrow::Status GetMultipartUploadPartGrants(const Call&, const cloud::GetMultipartUploadPartGrantsRequest&,
                                           cloud::GetMultipartUploadPartGrantsResponse*) {
  return base::Unimplemented("GetMultipartUploadPartGrants is not implemented by this server");
}

arrow::Status CompleteMultipartUpload(const Call&, const cloud::CompleteMultipartUploadRequest&,
                                      cloud::CompleteMultipartUploadResponse*) {
  return base::Unimplemented("CompleteMultipartUpload is not implemented by this server");
}

arrow::Status AbortMultipartUpload(const Call&, const cloud::AbortMultipartUploadRequest&, cloud::AbortMultipartUploadResponse*) {
  return base::Unimplemented("AbortMultipartUpload is not implemented by this server");
}

}  // namespace mutoscope::redap
