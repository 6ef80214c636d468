// errno as a status that names the file and what was tried.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

#include "base/status.h"

namespace mutoscope::storage {

inline base::Code CodeOfErrno(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return base::Code::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return base::Code::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return base::Code::kResourceExhausted;
    case EISDIR:
    case EEXIST:
    case ELOOP:
    case ENAMETOOLONG:
    case EINVAL:
      return base::Code::kInvalidArgument;
    case EIO:
      return base::Code::kDataLoss;
    default:
      return base::Code::kInternal;
  }
}

// "cannot open '/data/a.rrd': No such file or directory".
inline arrow::Status ErrnoStatus(int error, const char* verb, const std::string& path) {
  return base::Error(CodeOfErrno(error), fmt::format("cannot {} '{}': {}", verb, path, std::strerror(error)));
}

}  // namespace mutoscope::storage
