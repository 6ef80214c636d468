// Bytes in and out of SOCI.
#pragma once

#include <soci/soci.h>

#include <string>
#include <string_view>

namespace mutoscope::catalog {

inline void SetBlob(soci::blob* blob, std::string_view bytes) {
  blob->trim(0);
  blob->write(0, bytes.data(), bytes.size());
}

inline std::string GetBlob(soci::blob* blob) {
  std::string bytes(blob->get_len(), '\0');
  if (!bytes.empty()) blob->read(0, bytes.data(), bytes.size());
  return bytes;
}

}  // namespace mutoscope::catalog
