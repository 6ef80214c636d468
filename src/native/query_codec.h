// Query requests and statistics between the wire and the public values.
#pragma once

#include <memory>
#include <string>

#include "arrow/array.h"
#include "arrow/buffer.h"
#include "arrow/result.h"
#include "mutoscope/query.h"
#include "mutoscope/v1/query.pb.h"

namespace mutoscope::native {

inline constexpr uint32_t kApiMajor = 1;
inline constexpr char kStatisticsKey[] = "mutoscope-statistics-bin";

arrow::Result<v1::QueryRequest> ToProto(const std::string& dataset, const Request& request);
// UNIMPLEMENTED, naming both versions, for a request of a newer API; INVALID_ARGUMENT for a filter or index values that cannot
// be.
arrow::Result<Request> FromProto(const v1::QueryRequest& wire);

v1::CellRequest ToProto(const std::string& dataset, const CellRequest& request);
arrow::Result<CellRequest> FromProto(const v1::CellRequest& wire);

v1::Statistics ToProto(const Statistics& statistics);
Statistics FromProto(const v1::Statistics& wire);

}  // namespace mutoscope::native
