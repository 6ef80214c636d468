#include "query/visible_columns.h"

#include <algorithm>

#include "chunk/metadata.h"

namespace mutoscope::query {

VisibleColumns::VisibleColumns(const catalog::DatasetSnapshot& snapshot, const index::ContentSelection& contents)
    : snapshot_(snapshot), contents_(contents) {
  for (const auto& entity : contents.entities) entities_[entity.entity] = &entity;
}

bool VisibleColumns::Has(std::string_view entity, std::string_view component) {
  const auto [known, fresh] = known_.try_emplace({entity, component}, false);
  if (fresh) known->second = Selects(entity, component) && IsShown(entity, component);
  return known->second;
}

bool VisibleColumns::Selects(std::string_view entity, std::string_view component) const {
  if (contents_.all) return true;
  const auto selected = entities_.find(entity);
  if (selected == entities_.end()) return false;
  return selected->second->all_components ||
         std::ranges::find(selected->second->components, component) != selected->second->components.end();
}

bool VisibleColumns::IsShown(std::string_view entity, std::string_view component) const {
  const auto field = snapshot_.schema->GetFieldByName(chunk::ColumnName(entity, component));
  return field != nullptr && field->type()->id() == arrow::Type::LIST && !chunk::MetadataFlag(*field, chunk::kIsTombstoneKey) &&
         !chunk::MetadataFlag(*field, chunk::kIsEmptyKey);
}

}  // namespace mutoscope::query
