#include "query/content_rules.h"

#include <algorithm>

#include "chunk/entity_path.h"

namespace mutoscope::query {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The strings of one call are joined with a space and split at white space that is not escaped.
std::vector<std::string> Tokens(const std::vector<std::string>& rules) {
  std::vector<std::string> tokens;
  for (const std::string& rule : rules) {
    std::string token;
    for (size_t i = 0; i < rule.size(); ++i) {
      if (IsSpace(rule[i])) {
        if (!token.empty()) tokens.push_back(std::move(token));
        token.clear();
        continue;
      }
      token += rule[i];
      if (rule[i] == '\\' && i + 1 < rule.size()) token += rule[++i];
    }
    if (!token.empty()) tokens.push_back(std::move(token));
  }
  return tokens;
}

constexpr std::string_view kSubtree = "/**";

// Takes "/**" off the end. Anything else, also "**" alone and "/a/**/", is the exact path it says (as stock clients have it).
bool TakeSubtree(std::string_view* path) {
  if (!path->ends_with(kSubtree)) return false;
  path->remove_suffix(kSubtree.size());
  return true;
}

}  // namespace

ContentRules::ContentRules(const std::vector<std::string>& rules) {
  bool include = true;
  bool lone_sign = false;
  for (const std::string& token : Tokens(rules)) {
    std::string_view rest = token;
    if (!lone_sign) {
      include = true;
      if (rest.front() == '+' || rest.front() == '-') {
        include = rest.front() == '+';
        rest.remove_prefix(1);
        lone_sign = rest.empty();
        if (lone_sign) continue;
      }
    }
    lone_sign = false;
    Add(rest, include);
  }
  if (lone_sign) Add("/", include);
  rules_.try_emplace({{"__properties"}, true}, false);
}

void ContentRules::Add(std::string_view token, bool include) {
  const bool subtree = TakeSubtree(&token);
  rules_[{chunk::ParseEntityPath(token), subtree}] = include;
}

// The most specific rule decides: a deeper path first, at the same path the exact rule before the subtree.
bool ContentRules::Includes(const std::vector<std::string>& entity_parts) const {
  if (const auto exact = rules_.find({entity_parts, false}); exact != rules_.end()) return exact->second;
  for (std::vector<std::string> parts = entity_parts;; parts.pop_back()) {
    if (const auto subtree = rules_.find({parts, true}); subtree != rules_.end()) return subtree->second;
    if (parts.empty()) return false;
  }
}

ContentFilter::ContentFilter(const std::vector<std::vector<std::string>>& filters) {
  static const std::vector<std::string> kEverything = {"/**"};
  for (const auto& rules : filters) filters_.emplace_back(rules);
  if (filters.empty()) filters_.emplace_back(kEverything);
}

bool ContentFilter::Includes(std::string_view canonical_entity_path) const {
  const auto parts = chunk::ParseEntityPath(canonical_entity_path);
  return std::ranges::all_of(filters_, [&](const ContentRules& rules) { return rules.Includes(parts); });
}

}  // namespace mutoscope::query
