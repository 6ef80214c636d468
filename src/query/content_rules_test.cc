#include "query/content_rules.h"

#include <gtest/gtest.h>

namespace mutoscope::query {
namespace {

const std::vector<std::string> kEntities = {"/",    "/a",     "/a/b",     "/a/b/c", "/ab",           "/raw\\ data",
                                            "/d/1", "/d/2/e", "/\\-dash", "/+x",    "/__properties", "/__properties/episode"};

struct Case {
  std::vector<std::vector<std::string>> filters;
  std::vector<std::string> included;
};

std::vector<std::string> Included(const std::vector<std::vector<std::string>>& filters) {
  const ContentFilter filter(filters);
  std::vector<std::string> included;
  for (const auto& entity : kEntities) {
    if (filter.Includes(entity)) included.push_back(entity);
  }
  return included;
}

TEST(ContentRules, FollowTheTable) {
  const std::vector<std::string> all = {"/", "/a", "/a/b", "/a/b/c", "/ab", "/raw\\ data", "/d/1", "/d/2/e", "/\\-dash", "/+x"};
  const Case cases[] = {
      {{}, all},
      {{{"/**"}}, all},
      {{{}}, {}},
      {{{""}}, {}},
      {{{"/a"}}, {"/a"}},
      {{{"a/"}}, {"/a"}},
      {{{"/a/**"}}, {"/a", "/a/b", "/a/b/c"}},
      {{{"a/**"}}, {"/a", "/a/b", "/a/b/c"}},
      {{{"/a/*"}}, {}},
      {{{"**"}}, {}},
      {{{"/a/**/"}}, {}},
      {{{"///"}}, {"/"}},
      {{{"-"}}, {}},
      {{{"+"}}, {"/"}},
      {{{"/a/** - /a/b"}}, {"/a", "/a/b/c"}},
      {{{"/a/**", "-/a/b/**", "/a/b/c"}}, {"/a", "/a/b/c"}},
      {{{"- /a/**"}}, {}},
      {{{"/a/**\n-/a"}}, {"/a/b", "/a/b/c"}},
      {{{"/a", "-/a"}}, {}},
      {{{"-/a/", "/a"}}, {"/a"}},
      {{{"/raw\\ data"}}, {"/raw\\ data"}},
      {{{"/raw data"}}, {}},
      {{{"/-dash"}}, {"/\\-dash"}},
      {{{"-dash"}}, {}},
      {{{"+/+x"}}, {"/+x"}},
      {{{"/__properties/**"}}, {"/__properties", "/__properties/episode"}},
      {{{"/__properties"}}, {"/__properties"}},
      {{{"/__properties/episode"}}, {"/__properties/episode"}},
      {{{"/a/**"}, {"/a/b/**"}}, {"/a/b", "/a/b/c"}},
      {{{"/a/**"}, {"-/a/b"}}, {}},
  };
  for (const Case& c : cases) {
    std::string text;
    for (const auto& filter : c.filters) {
      for (const auto& rule : filter) text += "[" + rule + "]";
      text += ";";
    }
    EXPECT_EQ(Included(c.filters), c.included) << text;
  }
}

}  // namespace
}  // namespace mutoscope::query
