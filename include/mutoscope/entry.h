// What datasets and tables have in common.
#pragma once

#include <cstdint>
#include <string>

namespace mutoscope {

enum class EntryKind { kDataset = 1, kDatasetView = 2, kTable = 3, kTableView = 4, kBlueprintDataset = 5, kAssetDataset = 6 };

struct Entry {
  std::string id;  // 32 hex digits
  std::string name;
  EntryKind kind = EntryKind::kDataset;
  int64_t created_at_ns = 0;  // since the Unix epoch
  int64_t updated_at_ns = 0;
};

}  // namespace mutoscope
