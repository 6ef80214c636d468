// Migrations from older sorbet versions (rrd.md §4) up to 0.1.3. They work on a schema alone (manifests) as on a batch.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/array.h"
#include "arrow/result.h"
#include "arrow/type.h"
#include "chunk/descriptor.h"
#include "chunk/metadata.h"

namespace mutoscope::chunk {

struct SorbetVersion {
  uint32_t major = 0;
  uint32_t minor = 0;
  uint32_t patch = 0;
  friend auto operator<=>(const SorbetVersion&, const SorbetVersion&) = default;
};
inline constexpr SorbetVersion kOldestSorbet{0, 0, 1};
inline constexpr SorbetVersion kCurrentSorbet{0, 1, 3};  // what DecodeChunk makes of older chunks
inline constexpr std::string_view kCurrentSorbetText = "0.1.3";

// Of a batch with this schema metadata (null = none). Nothing if `sorbet:version` is there but is no version: then no step runs.
std::optional<SorbetVersion> SorbetVersionOf(const arrow::KeyValueMetadata* schema_metadata);

// A column that is being migrated.
struct RawColumn {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  bool nullable = true;
  Metadata metadata;
  std::shared_ptr<arrow::Array> data;  // null where only a schema is migrated
  std::shared_ptr<arrow::Field> stored;
};
struct RawBatch {
  Metadata metadata;
  std::vector<RawColumn> columns;
};
RawBatch RawBatchOf(const arrow::Schema& schema, const std::vector<std::shared_ptr<arrow::Array>>& columns);

// Runs every step whose target is above `from`.
arrow::Status Migrate(SorbetVersion from, RawBatch* batch);

// The same steps for a descriptor and a path on their own, as the data columns of a manifest hold them (0.28 and later).
Descriptor MigratedDescriptor(Descriptor descriptor);
std::string_view MigratedEntityPath(std::string_view path);
bool IsIndicator(const Descriptor& descriptor);

}  // namespace mutoscope::chunk
