// SQL of recordings that grow. All functions run inside Database::Read or Database::Write and may throw what SOCI throws.
#pragma once

#include <string>
#include <vector>

#include "catalog/entry_rows.h"
#include "catalog/growing.h"

namespace mutoscope::catalog {

// A layer of one segment.
struct SegmentLayer {
  index::LayerId id = 0;
  std::string name;
  std::string path;
  bool grows = false;
  std::string application_id;
  int64_t registered_at_ns = 0;
};
std::vector<SegmentLayer> ListSegmentLayers(soci::session& sql, DatasetKey dataset, const std::string& segment_id);

void InsertGrowingRow(soci::session& sql, DatasetKey dataset, const std::string& path);  // nothing if it is there
void DeleteGrowingRow(soci::session& sql, const std::string& path);
std::vector<GrowingFile> ListGrowingRows(soci::session& sql);

}  // namespace mutoscope::catalog
