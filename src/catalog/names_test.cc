#include "catalog/names.h"

#include <gtest/gtest.h>

#include "base/status.h"

namespace mutoscope::catalog {
namespace {

TEST(Names, Rules) {
  const struct {
    std::string name;
    bool legal;
  } cases[] = {
      {"robots", true},
      {"Robots 2026-11_v1.2 [a]:b", true},
      {"__entries", true},
      {"__hidden", true},
      {"x__manifest", true},
      {".", true},
      {" ", true},
      {std::string(180, 'n'), true},
      {std::string(181, 'n'), false},
      {"", false},
      {"a/b", false},
      {"a\\b", false},
      {"caf\xC3\xA9", false},
      {std::string("a\0b", 3), false},
      {"a\nb", false},
      {"a'b", false},
      {"a%b", false},
      {"a(b)", false},
  };
  for (const auto& [name, legal] : cases) {
    const arrow::Status status = CheckEntryName(name);
    EXPECT_EQ(status.ok(), legal) << "'" << name << "': " << status.ToString();
    if (!legal) {
      EXPECT_EQ(base::CodeOf(status), base::Code::kInvalidArgument) << name;
    }
  }
}

TEST(Names, ErrorNamesTheCharacter) {
  EXPECT_NE(CheckEntryName("a/b").message().find("0x2f"), std::string::npos);
  EXPECT_NE(CheckEntryName(std::string(181, 'n')).message().find("181 bytes"), std::string::npos);
}

TEST(Names, HiddenDatasetsCarryTheOwnersId) {
  const EntryId id{0x1800AB0000000000, 0x00000000000000ff};
  EXPECT_EQ(BlueprintDatasetName(id), "__bp_1800AB000000000000000000000000ff");
  EXPECT_EQ(AssetDatasetName(id), "__as_1800AB000000000000000000000000ff");
  EXPECT_TRUE(CheckEntryName(BlueprintDatasetName(id)).ok());
}

}  // namespace
}  // namespace mutoscope::catalog
