// Upkeep of a data directory that is in use: what it looks at, drops and makes anew.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace mutoscope::catalog {

// The wishes of DoMaintenance (redap.md §2.4) as they apply here. Without any: orphaned index files go, index files that are
// missing or damaged are made again, and every recording is looked at.
struct MaintenanceOptions {
  bool optimize_indexes = false;   // merge small index files, see also compact_fragments: here both are the same
  bool compact_fragments = false;  // the index is what there is to compact: recordings are never rewritten
  bool retrain_indexes = false;    // make every index file anew from the recordings
  // Remove recordings of the data directory itself (uploaded, recorded or written by clients) that no layer refers to.
  bool gc_object_store = false;
  // Such recordings go if they were written before this time. None: an hour ago.
  std::optional<int64_t> cleanup_before_ns;
  // Without this, recordings of the last hour stay whatever `cleanup_before_ns` says: one may be about to be registered.
  bool unsafe_allow_recent_cleanup = false;
  std::function<bool()> cancelled = [] { return false; };
};

}  // namespace mutoscope::catalog
