// Properties that clients set on segments of a dataset (redap.md §3.13), apart from those that recordings bring along. They
// belong to the dataset and the segment's name: a segment need not exist, and unregistering it does not remove them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "catalog/entry.h"

namespace mutoscope::catalog {

struct CatalogState;

struct SegmentProperties {
  std::string segment_id;
  std::shared_ptr<arrow::RecordBatch> values;  // one row
  uint64_t revision = 0;                       // never 0; another one after every change
};

// Thread-safe; durable when a call returns.
class SegmentPropertyStore {
 public:
  explicit SegmentPropertyStore(CatalogState& state) : state_(state) {}

  // In the order of the ids; segments without properties are left out. NOT_FOUND if there is no such dataset.
  arrow::Result<std::vector<SegmentProperties>> Get(const EntryId& dataset, const std::vector<std::string>& segment_ids) const;
  // Of all segments that have some.
  arrow::Result<std::vector<SegmentProperties>> List(const EntryId& dataset) const;

  // Replaces all properties of the segment; returns the new revision. `expected_revision`: FAILED_PRECONDITION unless that is the
  // present one, 0 meaning that there are none. INVALID_ARGUMENT unless `values` has one row and fits into
  // kSegmentPropertyBytesMax.
  arrow::Result<uint64_t> Set(const EntryId& dataset, const std::string& segment_id, const arrow::RecordBatch& values,
                              std::optional<uint64_t> expected_revision);

  struct Deletion {
    std::string segment_id;
    std::optional<uint64_t> expected_revision;  // another one: the properties are kept, which is no error
  };
  // All or nothing.
  arrow::Status Delete(const EntryId& dataset, const std::vector<Deletion>& deletions);

 private:
  CatalogState& state_;
};

inline constexpr int64_t kSegmentPropertyBytesMax = int64_t{16} << 20;  // of one segment, as Arrow IPC

}  // namespace mutoscope::catalog
