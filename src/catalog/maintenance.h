// Upkeep of a data directory that is in use: what it looks at, drops and makes anew.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace mutoscope::catalog {

// The wishes of DoMaintenance (redap.md §2.4) as they apply here. Without any: orphaned index files go, index files that are
// missing or damaged are made again, and every recording is looked at.
struct MaintenanceOptions {
  bool optimize_indexes = false;   // merge small index files
  bool compact_fragments = false;  // the same: recordings are never rewritten, the index is what there is to compact
  bool retrain_indexes = false;    // make every index file anew from the recordings
  // Each of the two: remove recordings of the data directory itself (uploaded, recorded or written by clients) that no layer
  // refers to and that were written before the time, or an hour ago.
  bool gc_object_store = false;
  std::optional<int64_t> cleanup_before_ns;
  // Without this, recordings of the last hour stay whatever `cleanup_before_ns` says: one may be about to be registered.
  bool unsafe_allow_recent_cleanup = false;
  std::function<bool()> cancelled = [] { return false; };
};

}  // namespace mutoscope::catalog
