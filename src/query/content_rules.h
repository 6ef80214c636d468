// Content filters: which entities does a query read? (query.md §3, rulings.md A21, A22). Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mutoscope::query {

// One list of rules. Immutable.
class ContentRules {
 public:
  // Nothing is ever refused: a rule that makes no sense matches nothing.
  explicit ContentRules(const std::vector<std::string>& rules);
  bool Includes(const std::vector<std::string>& entity_parts) const;

 private:
  void Add(std::string_view token, bool include);
  // By (parts of the path, is a subtree): includes?
  std::map<std::pair<std::vector<std::string>, bool>, bool> rules_;
};

// Several filters intersect; none at all includes everything but properties.
class ContentFilter {
 public:
  explicit ContentFilter(const std::vector<std::vector<std::string>>& filters);
  bool Includes(std::string_view canonical_entity_path) const;

 private:
  std::vector<ContentRules> filters_;
};

}  // namespace mutoscope::query
