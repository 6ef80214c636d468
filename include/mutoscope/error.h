// Errors are arrow::Status; the canonical gRPC code says what kind.
#pragma once

#include "arrow/status.h"
#include "mutoscope/export.h"

namespace mutoscope {

// Numbers of https://grpc.io/docs/guides/status-codes.
enum class ErrorCode {
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

MUTOSCOPE_EXPORT ErrorCode ErrorCodeOf(const arrow::Status& status);

}  // namespace mutoscope
