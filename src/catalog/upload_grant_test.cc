#include "catalog/upload_grant.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace mutoscope::catalog {
namespace {

constexpr const char* kSecret = "a secret";
const UploadGrant kPart{GrantKind::kPart, 1000, "robots/r-1.v2.rrd", 1ull << 40, "00ff", 64 << 20, 17};

TEST(UploadGrant, ComesBackAsItWas) {
  UploadGrant object{GrantKind::kObject, INT64_MAX, "a", std::nullopt, "", 0, 0};
  for (const UploadGrant& grant : {kPart, object}) {
    const auto read = VerifyGrant(SignGrant(grant, kSecret), kSecret, 999);
    ASSERT_TRUE(read.ok()) << read.status().ToString();
    EXPECT_EQ(*read, grant);
  }
}

TEST(UploadGrant, EveryChangeIsRefused) {
  const std::string text = SignGrant(kPart, kSecret);
  for (size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'0', '9', 'z', '.', '/', '\0'}) {
      if (text[i] == c) continue;
      std::string changed = text;
      changed[i] = c;
      EXPECT_FALSE(VerifyGrant(changed, kSecret, 999).ok()) << changed;
    }
    EXPECT_FALSE(VerifyGrant(text.substr(0, i), kSecret, 999).ok());
  }
  EXPECT_EQ(base::CodeOf(VerifyGrant(text, "another", 999).status()), base::Code::kPermissionDenied);
  EXPECT_EQ(base::CodeOf(VerifyGrant(text, kSecret, 1000).status()), base::Code::kPermissionDenied);
  EXPECT_EQ(base::CodeOf(VerifyGrant("nonsense", kSecret, 0).status()), base::Code::kInvalidArgument);
}

TEST(UploadGrant, KeysAreHarmlessRelativePaths) {
  for (const char* key : {"a", "a.rrd", "a/b/c-d_e.F", "9", "_"}) EXPECT_TRUE(CheckUploadKey(key).ok()) << key;
  const std::string longest(255, 'x');
  EXPECT_TRUE(CheckUploadKey(longest).ok());
  EXPECT_FALSE(CheckUploadKey(longest + "x").ok());
  for (const char* key :
       {"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/./b", ".a", "a.", "a b", "a:b", "a\\b", "~", "gr\xc3\xbcn"})
    EXPECT_EQ(base::CodeOf(CheckUploadKey(key)), base::Code::kInvalidArgument) << key;
  EXPECT_FALSE(CheckUploadKey(std::string_view("a\0b", 3)).ok());
}

}  // namespace
}  // namespace mutoscope::catalog
