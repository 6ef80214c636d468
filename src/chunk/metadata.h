// Keys and values of sorbet metadata (rrd.md §2.2-2.5).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow/type.h"
#include "arrow/util/key_value_metadata.h"

namespace mutoscope::chunk {

inline constexpr std::string_view kVersionKey = "sorbet:version";
inline constexpr std::string_view kIdKey = "rerun:id";
inline constexpr std::string_view kEntityPathKey = "rerun:entity_path";
inline constexpr std::string_view kKindKey = "rerun:kind";
inline constexpr std::string_view kIndexNameKey = "rerun:index_name";
inline constexpr std::string_view kIsSortedKey = "rerun:is_sorted";
inline constexpr std::string_view kComponentKey = "rerun:component";
inline constexpr std::string_view kArchetypeKey = "rerun:archetype";
inline constexpr std::string_view kComponentTypeKey = "rerun:component_type";
inline constexpr std::string_view kIsStaticKey = "rerun:is_static";
inline constexpr std::string_view kIsTombstoneKey = "rerun:is_tombstone";
inline constexpr std::string_view kIsEmptyKey = "rerun:is_semantically_empty";
inline constexpr std::string_view kIsIndicatorKey = "rerun:is_indicator";
inline constexpr std::string_view kIndexKey = "rerun:index";  // manifests only
inline constexpr std::string_view kStaticIndex = "rerun:static";
inline constexpr std::string_view kExtensionNameKey = "ARROW:extension:name";
inline constexpr std::string_view kExtensionMetadataKey = "ARROW:extension:metadata";

inline constexpr std::string_view kControlKind = "control";
inline constexpr std::string_view kIndexKind = "index";
inline constexpr std::string_view kDataKind = "data";
inline constexpr std::string_view kChunkIdPrefix = "chunk_";

// What `rerun:kind` says; a column without it holds data (rrd.md §2.5).
enum class ColumnKind { kRowId, kIndex, kData, kUnknown };
ColumnKind KindOf(std::string_view kind);

// Position of a key, -1 if absent; `metadata` may be null.
int PositionOf(const arrow::KeyValueMetadata* metadata, std::string_view key);
// The value of a key of the field, empty if absent. A view into the field.
std::string_view ValueOf(const arrow::Field& field, std::string_view key);
bool IsTrueFlag(std::string_view value);

// Keys and values that are being edited: few, in order, keys unique.
class Metadata {
 public:
  Metadata() = default;
  explicit Metadata(const arrow::KeyValueMetadata* metadata);  // null gives none; of a repeated key the first value stays

  std::vector<std::pair<std::string, std::string>>& entries() { return entries_; }
  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }
  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  std::string_view Get(std::string_view key) const;  // empty if absent; valid until the next change
  void Set(std::string_view key, std::string_view value);
  void SetOrErase(std::string_view key, std::string_view value);  // erases if the value is empty
  void Erase(std::string_view key);
  std::shared_ptr<const arrow::KeyValueMetadata> Build() &&;

 private:
  const std::string* Find(std::string_view key) const;
  std::vector<std::pair<std::string, std::string>> entries_;
};

}  // namespace mutoscope::chunk
