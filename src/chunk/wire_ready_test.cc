#include <gtest/gtest.h>

#include "chunk/chunk.h"
#include "chunk/testing/chunk_builder.h"

namespace mutoscope::chunk {
namespace {

using testing::ChunkMetadata;
using testing::Column;
using testing::Data;
using testing::Index;
using testing::kFoo;
using testing::kScalars;
using testing::Make;
using testing::Pairs;
using testing::RowIds;

const auto kNumbers = arrow::list(arrow::field("item", arrow::float64(), true));

TEST(IsWireReady, OnlyWhereNothingWouldChange) {
  const Column ids = RowIds({1});
  const Column foo = Data(kFoo, kNumbers, "[[1]]");
  const Pairs index = {{"rerun:kind", "index"}, {"rerun:index_name", "t"}};
  Pairs dotted = ChunkMetadata();
  dotted.emplace_back("rerun.id", "x");
  const struct {
    const char* what;
    bool ready;
    Pairs metadata;
    std::vector<Column> columns;
  } cases[] = {
      {"0.1.3", true, ChunkMetadata(), {ids, Index("t", "[1]"), Data(kScalars, kNumbers, "[[1]]"), foo}},
      {"0.1.4", true, ChunkMetadata("/a", "0.1.4"), {ids, foo}},
      {"newer", true, ChunkMetadata("/a", "2.0.0"), {ids, foo}},
      {"static", true, ChunkMetadata(), {ids}},
      {"0.1.2", false, ChunkMetadata("/a", "0.1.2"), {ids, foo}},
      {"no version", false, ChunkMetadata("/a", "soon"), {ids, foo}},
      {"dotted key", false, dotted, {ids, foo}},
      {"dotted field key",
       false,
       ChunkMetadata(),
       {ids, Make("foo", kNumbers, "[[1]]", {{"rerun:kind", "data"}, {"rerun:component", "foo"}, {"rerun.x", ""}})}},
      {"no list", false, ChunkMetadata(), {ids, Data(kFoo, arrow::int64(), "[1]")}},
      {"large list", false, ChunkMetadata(), {ids, Data(kFoo, arrow::large_list(arrow::int64()), "[[1]]")}},
      {"child name", false, ChunkMetadata(), {ids, Data(kFoo, arrow::list(arrow::field("x", arrow::int64())), "[[1]]")}},
      {"child not null",
       false,
       ChunkMetadata(),
       {ids, Data(kFoo, arrow::list(arrow::field("item", arrow::int64(), false)), "[[1]]")}},
      {"field name",
       false,
       ChunkMetadata(),
       {ids, Make("Blob", kNumbers, "[[1]]", {{"rerun:kind", "data"}, {"rerun:component", "foo"}})}},
      {"no component", false, ChunkMetadata(), {ids, Make("foo", kNumbers, "[[1]]", {{"rerun:kind", "data"}})}},
      {"no kind", false, ChunkMetadata(), {ids, Make("foo", kNumbers, "[[1]]", {{"rerun:component", "foo"}})}},
      {"timezone", false, ChunkMetadata(), {ids, Make("t", arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), "[1]", index)}},
      {"column order", false, ChunkMetadata(), {ids, foo, Index("t", "[1]")}},
      {"no row ids", false, ChunkMetadata(), {foo}},
      {"no metadata", false, {}, {ids, foo}},
      {"no columns", false, ChunkMetadata(), {}},
  };
  for (const auto& c : cases) EXPECT_EQ(IsWireReady(*testing::BatchOf(c.metadata, c.columns)->schema()), c.ready) << c.what;
}

}  // namespace
}  // namespace mutoscope::chunk
