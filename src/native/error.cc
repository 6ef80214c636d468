#include "mutoscope/error.h"

#include "base/status.h"

namespace mutoscope {

ErrorCode ErrorCodeOf(const arrow::Status& status) { return static_cast<ErrorCode>(base::CodeOf(status)); }

}  // namespace mutoscope
