#include "query/chunk_key.h"

#include <gtest/gtest.h>

#include <set>

#include "base/status.h"

namespace mutoscope::query {
namespace {

ChunkKey Key(std::vector<RowRange> rows, std::vector<uint32_t> components) {
  return {base::Tuid{0x18EA604BF736E21E, 0x106732e40ef82c2a}, 42, 7, std::move(rows), std::move(components)};
}

TEST(ChunkKey, SurvivesEncoding) {
  for (const auto& key : {Key({}, {}), Key({{0, 1}}, {}), Key({{0, 1}, {5, 3}}, {0, 2}), Key({}, {1})}) {
    const auto decoded = DecodeChunkKey(EncodeChunkKey(key));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, key);
  }
}

ChunkKey MadeKey(MadeChunk made) {
  auto key = Key({}, {});
  key.ordinal = 0;
  key.made = std::move(made);
  return key;
}

MadeChunk TwoRows() { return {"/a/b", {"x", "Points3D:positions"}, {"frame"}, {{{0, 1}, {-5}, true}, {{0, 2}, {7}, false}}}; }

TEST(ChunkKey, HoldsMadeChunks) {
  for (const auto& made : {TwoRows(), MadeChunk{"/s", {"z"}, {}, {{{0, 1}, {}, true}}}}) {
    const auto decoded = DecodeChunkKey(EncodeChunkKey(MadeKey(made)));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, MadeKey(made));
  }
}

TEST(ChunkKey, RefusesDamagedMadeChunks) {
  const std::string good = EncodeChunkKey(MadeKey(TwoRows()));
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(DecodeChunkKey(std::string_view(good).substr(0, length)).ok()) << length;
  }
  EXPECT_FALSE(DecodeChunkKey(good + "y").ok());
  auto unsorted = TwoRows();
  std::swap(unsorted.rows[0], unsorted.rows[1]);
  auto no_rows = TwoRows();
  no_rows.rows.clear();
  auto no_components = TwoRows();
  no_components.components.clear();
  for (const auto& made : {unsorted, no_rows, no_components}) {
    EXPECT_FALSE(DecodeChunkKey(EncodeChunkKey(MadeKey(made))).ok());
  }
}

TEST(PieceId, OfMadeChunksDependsOnTheLayerAndTheRows) {
  auto elsewhere = MadeKey(TwoRows());
  elsewhere.layer = 43;
  auto later = TwoRows();
  later.rows[1].times[0] = 8;
  const std::set<base::Tuid> ids = {PieceId({}, MadeKey(TwoRows())), PieceId({}, elsewhere), PieceId({}, MadeKey(later))};
  EXPECT_EQ(ids.size(), 3U);
}

TEST(ChunkKey, RefusesForeignBytes) {
  const std::string good = EncodeChunkKey(Key({{1, 2}}, {3}));
  std::string other_version = good;
  other_version[0] = 9;
  const std::string unsorted = EncodeChunkKey(Key({{5, 1}, {0, 1}}, {}));
  const std::string overlapping = EncodeChunkKey(Key({{0, 3}, {2, 1}}, {}));
  const std::string empty_range = EncodeChunkKey(Key({{0, 0}}, {}));
  for (const auto& bytes : {std::string(), std::string("x"), good.substr(0, good.size() - 1), good + "y", other_version, unsorted,
                            overlapping, empty_range, std::string(32, '\0')}) {
    const auto decoded = DecodeChunkKey(bytes);
    EXPECT_EQ(base::CodeOf(decoded.status()), base::Code::kInvalidArgument) << bytes.size();
    EXPECT_NE(decoded.status().message().find("chunk_key"), std::string::npos);
  }
}

TEST(PieceId, IsTheStoredIdForAWholeChunkAndAnotherForEachPiece) {
  const base::Tuid stored{100, 200};
  EXPECT_EQ(PieceId(stored, Key({}, {})), stored);
  std::set<base::Tuid> ids = {stored};
  for (const auto& key :
       {Key({{0, 1}}, {}), Key({{1, 1}}, {}), Key({{0, 2}}, {}), Key({}, {0}), Key({}, {1}), Key({{0, 1}}, {0})}) {
    EXPECT_TRUE(ids.insert(PieceId(stored, key)).second);
    EXPECT_EQ(PieceId(stored, key), PieceId(stored, key));
  }
}

}  // namespace
}  // namespace mutoscope::query
