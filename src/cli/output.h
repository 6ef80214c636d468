// What commands print: text for people, JSON for machines.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/status.h"

namespace mutoscope::cli {

// Exit codes of every command.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // the command was understood and did not succeed
inline constexpr int kExitUsage = 2;   // bad arguments

using Json = nlohmann::ordered_json;

// Rows as left-aligned columns with a heading; nothing but the heading if there are no rows.
void PrintTable(const std::vector<std::string>& heading, const std::vector<std::vector<std::string>>& rows);
void PrintJson(const Json& json);
// "mutoscope: <message>" on stderr.
int PrintError(const arrow::Status& status);

std::string FormatBytes(uint64_t bytes);  // "5.4 GiB"
std::string FormatTime(int64_t ns);       // "2026-01-01T00:00:00.000000000Z"

}  // namespace mutoscope::cli
