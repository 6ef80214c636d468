// PUT /upload/<grant>: the body of an object or of a part of one (redap.md §5.5 GetWriteAccessGrant).
#pragma once

#include "catalog/uploads.h"
#include "net/http_route.h"

namespace mutoscope::native {

// Answers 200 (for a part with an ETag), 400 malformed or of the wrong length, 403 not granted or If-None-Match missing, 404 the
// multipart upload is over, 409 it is being completed, 412 the key exists, 413 too long, 507 quota or disk full. `uploads`
// outlives the server.
net::HttpRoute UploadRoute(catalog::Uploads& uploads);

}  // namespace mutoscope::native
