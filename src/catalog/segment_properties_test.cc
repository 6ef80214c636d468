#include "arrow/builder.h"
#include "catalog/testing/recordings.h"

namespace mutoscope::catalog {
namespace {

using base::Code;
using base::CodeOf;
using testing::Mentions;

std::shared_ptr<arrow::RecordBatch> Row(const std::vector<int64_t>& values) {
  arrow::Int64Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("property:a:b", arrow::int64())}),
                                  static_cast<int64_t>(values.size()), {builder.Finish().ValueOrDie()});
}

class SegmentPropertiesTest : public testing::CatalogTest {
 protected:
  SegmentPropertiesTest() : dataset_(catalog_->CreateDataset("robots").ValueOrDie().entry.id) {}
  SegmentPropertyStore& store() { return catalog_->segment_properties(); }
  const EntryId dataset_;
};

TEST_F(SegmentPropertiesTest, AreReadAsTheyWereSetAlsoAfterARestart) {
  const uint64_t revision = store().Set(dataset_, "s", *Row({7}), std::nullopt).ValueOrDie();
  EXPECT_NE(revision, 0u);
  Reopen();
  const auto found = store().Get(dataset_, {"other", "s"}).ValueOrDie();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].segment_id, "s");
  EXPECT_EQ(found[0].revision, revision);
  EXPECT_TRUE(found[0].values->Equals(*Row({7}), /*check_metadata=*/true));
}

TEST_F(SegmentPropertiesTest, AreReplacedOnlyAtTheExpectedRevision) {
  EXPECT_EQ(CodeOf(store().Set(dataset_, "s", *Row({1}), 5).status()), Code::kFailedPrecondition);
  const uint64_t first = store().Set(dataset_, "s", *Row({1}), 0).ValueOrDie();
  EXPECT_EQ(CodeOf(store().Set(dataset_, "s", *Row({2}), 0).status()), Code::kFailedPrecondition);
  const uint64_t second = store().Set(dataset_, "s", *Row({2}), first).ValueOrDie();
  EXPECT_NE(first, second);
  ASSERT_TRUE(store().Delete(dataset_, {{"s", first}}).ok());  // another revision: kept
  EXPECT_EQ(store().List(dataset_).ValueOrDie().size(), 1u);
  ASSERT_TRUE(store().Delete(dataset_, {{"unknown", std::nullopt}, {"s", second}}).ok());
  EXPECT_TRUE(store().List(dataset_).ValueOrDie().empty());
}

TEST_F(SegmentPropertiesTest, GoWithTheirDataset) {
  store().Set(dataset_, "s", *Row({1}), std::nullopt).ValueOrDie();
  ASSERT_TRUE(catalog_->DeleteEntry(dataset_).ok());
  EXPECT_EQ(CodeOf(store().Get(dataset_, {"s"}).status()), Code::kNotFound);
  const EntryId again = catalog_->CreateDataset("robots", dataset_).ValueOrDie().entry.id;
  EXPECT_TRUE(store().List(again).ValueOrDie().empty());
}

TEST_F(SegmentPropertiesTest, AreOneRow) {
  const auto status = store().Set(dataset_, "s", *Row({1, 2}), std::nullopt).status();
  EXPECT_EQ(CodeOf(status), Code::kInvalidArgument);
  EXPECT_TRUE(Mentions(status.message(), "'s'"));
  EXPECT_EQ(CodeOf(store().Set(EntryId{1, 2}, "s", *Row({1}), std::nullopt).status()), Code::kNotFound);
}

}  // namespace
}  // namespace mutoscope::catalog
