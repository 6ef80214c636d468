// Errors: arrow::Status everywhere, with the canonical gRPC code attached where Arrow's own code does not say it.
//
// Thread-safety: all functions are pure.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "arrow/result.h"
#include "arrow/status.h"

namespace mutoscope::base {

// The canonical gRPC codes, same numbers.
enum class Code {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// An error of that code. `message` is what the user reads: it names the thing, what was expected, what was found, what to do.
arrow::Status Error(Code code, std::string message);

// The code attached by Error(), or the nearest to Arrow's own code.
Code CodeOf(const arrow::Status& status);

// `status` with `context + ": "` before its message; code kept.
arrow::Status WithContext(const arrow::Status& status, const std::string& context);

// Error() with a format string: base::NotFound("dataset '{}' does not exist", name).
#define MUTOSCOPE_ERROR_FUNCTION(Name)                                             \
  template <typename... Args>                                                      \
  arrow::Status Name(fmt::format_string<Args...> format, Args&&... args) {         \
    return Error(Code::k##Name, fmt::format(format, std::forward<Args>(args)...)); \
  }
MUTOSCOPE_ERROR_FUNCTION(Cancelled)
MUTOSCOPE_ERROR_FUNCTION(InvalidArgument)
MUTOSCOPE_ERROR_FUNCTION(NotFound)
MUTOSCOPE_ERROR_FUNCTION(AlreadyExists)
MUTOSCOPE_ERROR_FUNCTION(PermissionDenied)
MUTOSCOPE_ERROR_FUNCTION(ResourceExhausted)
MUTOSCOPE_ERROR_FUNCTION(FailedPrecondition)
MUTOSCOPE_ERROR_FUNCTION(Unimplemented)
MUTOSCOPE_ERROR_FUNCTION(Internal)
MUTOSCOPE_ERROR_FUNCTION(Unavailable)
MUTOSCOPE_ERROR_FUNCTION(DataLoss)
#undef MUTOSCOPE_ERROR_FUNCTION

}  // namespace mutoscope::base
