// Not there yet.
#include "base/status.h"
#include "redap/handlers.h"

namespace mutoscope::redap {

arrow::Result<std::unique_ptr<Consumer<cloud::WriteChunksRequest, cloud::WriteChunksResponse>>> WriteChunks(const Call&) {
  return base::Unimplemented("WriteChunks is not implemented by this server");
}

}  // namespace mutoscope::redap
