// Which component columns does a request of a stock client read?
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "catalog/catalog.h"
#include "index/dataset_index.h"

namespace mutoscope::query {

// Those of its contents that the dataset's schema does not hide (query.md §4). Remembers what it was asked; not thread-safe.
class VisibleColumns {
 public:
  VisibleColumns(const catalog::DatasetSnapshot& snapshot, const index::ContentSelection& contents);
  // Both views live as long as the snapshot.
  bool Has(std::string_view entity, std::string_view component);

 private:
  bool Selects(std::string_view entity, std::string_view component) const;
  bool IsShown(std::string_view entity, std::string_view component) const;

  const catalog::DatasetSnapshot& snapshot_;
  const index::ContentSelection& contents_;
  std::unordered_map<std::string_view, const index::EntitySelection*> entities_;
  std::map<std::pair<std::string_view, std::string_view>, bool> known_;
};

}  // namespace mutoscope::query
