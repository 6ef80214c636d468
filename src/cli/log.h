// Logs on stderr.
#pragma once

#include <string>

namespace mutoscope::cli {

enum class LogFormat { kText, kJson };

// Once, before any thread starts. `level`: trace, debug, info, warn, error.
void SetUpLog(LogFormat format, const std::string& level);

}  // namespace mutoscope::cli
