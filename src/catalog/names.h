// Names of entries (redap.md §5.3).
#pragma once

#include <string>
#include <string_view>

#include "arrow/status.h"
#include "catalog/entry.h"

namespace mutoscope::catalog {

inline constexpr std::string_view kEntriesTableName = "__entries";

// 1 to 180 bytes of ASCII letters, digits and `_ - . space [ ] :`. INVALID_ARGUMENT saying which rule is broken.
arrow::Status CheckEntryName(std::string_view name);

// Names of the hidden datasets that belong to an entry.
std::string BlueprintDatasetName(const EntryId& owner);
std::string AssetDatasetName(const EntryId& owner);

}  // namespace mutoscope::catalog
