#include "chunk/entity_path.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace mutoscope::chunk {
namespace {

using Parts = std::vector<std::string>;

TEST(EntityPath, ParsesForgivingly) {
  const struct {
    const char* text;
    Parts parts;
  } cases[] = {
      {"/", {}},
      {"", {}},
      {"//", {}},
      {"/cam/rgb", {"cam", "rgb"}},
      {"cam//rgb/", {"cam", "rgb"}},
      {R"(/my\ path/with\ spaces/ä\:b\#c)", {"my path", "with spaces", "ä:b#c"}},
      {R"(/a\/b)", {"a/b"}},
      {R"(/a\n\r\t)", {"a\n\r\t"}},
      {R"(/\u{e4}\u{1F600})", {"ä😀"}},
      {R"(/\u{}x)", {R"(\u{}x)"}},
      {R"(/\u{D800})", {R"(\u{D800})"}},
      {R"(/\u{1234567})", {R"(\u{1234567})"}},
      {R"(/\q)", {"q"}},
      {R"(/\ä)", {"ä"}},
      {R"(/a\)", {R"(a\)"}},
      {R"(/a\\/b)", {R"(a\/b)"}},  // only the byte before the slash is looked at
      {"/a b:c", {"a b:c"}},
  };
  for (const auto& c : cases) EXPECT_EQ(ParseEntityPath(c.text), c.parts) << c.text;
}

TEST(EntityPath, FormatsCanonically) {
  const struct {
    Parts parts;
    const char* text;
  } cases[] = {
      {{}, "/"},
      {{"cam", "rgb"}, "/cam/rgb"},
      {{"my path", "ä:b#c"}, R"(/my\ path/ä\:b\#c)"},
      {{"a_b-c.d"}, "/a_b-c.d"},
      {{"a/b"}, R"(/a\/b)"},
      {{"\n\r\t"}, R"(/\n\r\t)"},
      {{"\x01"}, R"(/\u{0001})"},
      {{"…"}, R"(/\u{2026})"},
      {{"😀"}, R"(/\u{1F600})"},
      {{"日本٣Ⅷ²½"}, "/日本٣Ⅷ²½"},  // letters and numbers of any script
      {{"a\xFF"}, R"(/a\u{FFFD})"},
      {{"\xED\xA0\x80"}, R"(/\u{FFFD}\u{FFFD}\u{FFFD})"},  // a surrogate is no character
      {{"\xC3"}, R"(/\u{FFFD})"},
  };
  for (const auto& c : cases) EXPECT_EQ(FormatEntityPath(c.parts), c.text);
}

TEST(EntityPath, StrictTextNamesOnePath) {
  for (const char* text : {"/", "a", "/a/b", "/a\\ b", "/ä", "/漢字", "/\\u{2603}", "/a.b-c_1", "/..", "/a\\/b", "/a\\nb",
                           "/__properties", "/a\\:b"}) {
    EXPECT_TRUE(IsStrictEntityPath(text)) << text;
  }
  for (const char* text :
       {"", "a/", "/a/", "//", "/a//b", "/**", "/a b", "/☃", "/\\u{zz}", "/a:b", "/a[0]", "/a\\", "/a,b", "/a\nb", "/a\\qb"}) {
    EXPECT_FALSE(IsStrictEntityPath(text)) << text;
  }
}

TEST(EntityPath, CanonicalTextStays) {
  for (const char* text : {"/", "/a", "/cam/rgb", R"(/my\ path)", R"(/ä\:b)", "/__properties/x", R"(/\u{2026})", R"(/a\/b)"}) {
    EXPECT_EQ(CanonicalEntityPath(text), text);
  }
  const struct {
    const char* text;
    const char* canonical;
  } cases[] = {{"a", "/a"}, {"", "/"}, {"/a/", "/a"}, {"/a//b", "/a/b"}, {"//", "/"}, {"/a b", R"(/a\ b)"}, {R"(/\u{61})", "/a"}};
  for (const auto& c : cases) EXPECT_EQ(CanonicalEntityPath(c.text), c.canonical) << c.text;
}

TEST(EntityPath, FormattingAndParsingAreInverse) {
  std::mt19937 random(1);
  const std::string alphabet[] = {"a", "Z", "0", " ", "/", "\\", ":", "\n", "ä", "…", "😀", "u", "{", "}", "\x7F", "_"};
  for (int round = 0; round < 2000; ++round) {
    Parts parts(1 + random() % 3);
    // A part that ends in a backslash does not survive: the slash after it does not split (rrd.md §2.7).
    for (std::string& part : parts) {
      for (size_t i = 0; i < random() % 6; ++i) part += alphabet[random() % std::size(alphabet)];
      part += "x";
    }
    const std::string text = FormatEntityPath(parts);
    EXPECT_EQ(ParseEntityPath(text), parts) << text;
    EXPECT_EQ(CanonicalEntityPath(text), text);
  }
}

TEST(EntityPath, KnowsPropertyPaths) {
  EXPECT_TRUE(IsPropertyPath("/__properties"));
  EXPECT_TRUE(IsPropertyPath("/__properties/episode"));
  EXPECT_FALSE(IsPropertyPath("/__properties2"));
  EXPECT_FALSE(IsPropertyPath("/a/__properties"));
  EXPECT_FALSE(IsPropertyPath("/"));
}

TEST(EntityPath, OrdersNaturally) {
  const Parts sorted = {
      "/",   "/01",  "/1",      "/_x",   "/A",       "/a",  "/a/b", "/a/b2", "/a/b10",        "/a/__z",         "/ab",
      "/n2", "/n10", "/n10/n2", "/n10x", R"(/o\ p)", "/op", "/Z",   "/ä",    "/__properties", "/__properties/e"};
  Parts shuffled = sorted;
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    std::sort(shuffled.begin(), shuffled.end(), EntityPathLess);
    EXPECT_EQ(shuffled, sorted);
  }
  EXPECT_FALSE(EntityPathLess("/a", "/a"));
  EXPECT_TRUE(EntityPathLess("/x99999999999999999999998", "/x99999999999999999999999"));  // numbers beyond 64 bits
}

}  // namespace
}  // namespace mutoscope::chunk
