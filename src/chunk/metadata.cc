#include "chunk/metadata.h"

#include <algorithm>
#include <cctype>

namespace mutoscope::chunk {

ColumnKind KindOf(std::string_view kind) {
  if (kind.empty() || kind == "data" || kind == "component") return ColumnKind::kData;
  if (kind == "index" || kind == "time") return ColumnKind::kIndex;
  if (kind == "control" || kind == "row_id") return ColumnKind::kRowId;
  return ColumnKind::kUnknown;
}

int PositionOf(const arrow::KeyValueMetadata* metadata, std::string_view key) {
  if (metadata == nullptr) return -1;
  const std::vector<std::string>& keys = metadata->keys();
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == key) return static_cast<int>(i);
  }
  return -1;
}

std::string_view ValueOf(const arrow::Field& field, std::string_view key) {
  const int position = PositionOf(field.metadata().get(), key);
  if (position < 0) return {};
  return field.metadata()->value(position);
}

bool IsTrueFlag(std::string_view value) {
  std::string lower(value);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower != "false" && lower != "no";
}

Metadata::Metadata(const arrow::KeyValueMetadata* metadata) {
  if (metadata == nullptr) return;
  entries_.reserve(static_cast<size_t>(metadata->size()));
  for (int64_t i = 0; i < metadata->size(); ++i) {
    if (!Has(metadata->key(i))) entries_.emplace_back(metadata->key(i), metadata->value(i));
  }
}

const std::string* Metadata::Find(std::string_view key) const {
  for (const auto& [entry_key, value] : entries_) {
    if (entry_key == key) return &value;
  }
  return nullptr;
}

std::string_view Metadata::Get(std::string_view key) const {
  const std::string* value = Find(key);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

void Metadata::Set(std::string_view key, std::string_view value) {
  for (auto& [entry_key, entry_value] : entries_) {
    if (entry_key == key) {
      entry_value = std::string(value);
      return;
    }
  }
  entries_.emplace_back(key, value);
}

void Metadata::SetOrErase(std::string_view key, std::string_view value) {
  if (value.empty()) {
    Erase(key);
  } else {
    Set(key, value);
  }
}

void Metadata::Erase(std::string_view key) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.first == key; });
}

std::shared_ptr<const arrow::KeyValueMetadata> Metadata::Build() && {
  if (entries_.empty()) return nullptr;
  std::vector<std::string> keys;
  std::vector<std::string> values;
  keys.reserve(entries_.size());
  values.reserve(entries_.size());
  for (auto& [key, value] : entries_) {
    keys.push_back(std::move(key));
    values.push_back(std::move(value));
  }
  return arrow::key_value_metadata(std::move(keys), std::move(values));
}

}  // namespace mutoscope::chunk
