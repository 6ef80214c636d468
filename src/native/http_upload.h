// Uploads over plain HTTP.
#pragma once

#include <string>

#include "arrow/io/interfaces.h"
#include "arrow/status.h"
#include "native/transport.h"

namespace mutoscope::native {

// `address` (HOST:PORT) and `url` are the server's that asked for it. ALREADY_EXISTS, PERMISSION_DENIED, … by the HTTP status.
arrow::Status UploadFile(const HttpUpload& upload, const std::string& address, const std::string& url,
                         arrow::io::RandomAccessFile& content);

}  // namespace mutoscope::native
