// Queries through Arrow's scanner and Acero.
#include <gtest/gtest.h>

#include "arrow/acero/exec_plan.h"
#include "arrow/acero/options.h"
#include "arrow/api.h"
#include "arrow/compute/api.h"
#include "arrow/dataset/plan.h"
#include "arrow/dataset/scanner.h"
#include "mutoscope/dataset.h"
#include "native/testing/served_dataset.h"

namespace mutoscope::native {
namespace {

namespace cp = arrow::compute;
namespace ds = arrow::dataset;
using testing::kBlobColumn;

// Passes requests on and keeps them, to see what reaches the engine.
class WatchedDataset final : public Dataset {
 public:
  explicit WatchedDataset(std::shared_ptr<const Dataset> dataset) : dataset_(std::move(dataset)) {}
  const Entry& entry() const override { return dataset_->entry(); }
  arrow::Result<DatasetDetails> Details() const override { return dataset_->Details(); }
  arrow::Result<std::shared_ptr<arrow::Schema>> Schema() const override { return dataset_->Schema(); }
  arrow::Result<std::shared_ptr<arrow::Table>> SegmentTable(
      const std::optional<std::vector<std::string>>& columns) const override {
    return dataset_->SegmentTable(columns);
  }
  arrow::Result<std::shared_ptr<arrow::Table>> Manifest() const override { return dataset_->Manifest(); }
  arrow::Result<std::vector<Registered>> Register(const std::vector<Source>&, OnDuplicate) override {
    return arrow::Status::NotImplemented("read only");
  }
  arrow::Result<std::vector<Registered>> Unregister(const std::vector<std::string>&, const std::vector<std::string>&) override {
    return arrow::Status::NotImplemented("read only");
  }
  arrow::Result<DatasetDetails> SetDetails(const DatasetDetails&) override { return arrow::Status::NotImplemented("read only"); }
  arrow::Result<std::vector<std::string>> AssetsForSegment(const std::string& segment) const override {
    return dataset_->AssetsForSegment(segment);
  }
  arrow::Result<std::vector<SegmentProperties>> GetSegmentProperties(const std::vector<std::string>& segments) const override {
    return dataset_->GetSegmentProperties(segments);
  }
  arrow::Result<uint64_t> SetSegmentProperties(const std::string&, const arrow::RecordBatch&, std::optional<uint64_t>) override {
    return arrow::Status::NotImplemented("read only");
  }
  arrow::Status DeleteSegmentProperties(const std::vector<std::string>&) override {
    return arrow::Status::NotImplemented("read only");
  }
  arrow::Result<std::string> DoMaintenance(const Maintenance&) override { return arrow::Status::NotImplemented("read only"); }
  arrow::Result<std::shared_ptr<arrow::Schema>> QuerySchema(const Request& request) const override {
    return dataset_->QuerySchema(request);
  }
  arrow::Result<std::shared_ptr<QueryReader>> Query(const Request& request) const override {
    requests.push_back(request);
    ARROW_ASSIGN_OR_RAISE(auto reader, dataset_->Query(request));
    readers.push_back(reader);
    return reader;
  }
  arrow::Result<std::string> Explain(const Request& request, bool run) const override { return dataset_->Explain(request, run); }
  arrow::Result<std::shared_ptr<arrow::Array>> Cell(const CellRequest& request) const override { return dataset_->Cell(request); }

  mutable std::vector<Request> requests;
  mutable std::vector<std::shared_ptr<QueryReader>> readers;

 private:
  std::shared_ptr<const Dataset> dataset_;
};

class ArrowDatasetTest : public testing::ServedDatasetTest {
 protected:
  void SetUp() override {
    ServedDatasetTest::SetUp();
    watched_ = std::make_shared<WatchedDataset>(embedded_);
    arrow_dataset_ = ToArrowDataset(watched_, FrameRequest()).ValueOrDie();
  }

  std::shared_ptr<ds::Scanner> ScannerOf(const cp::Expression& filter, std::vector<std::string> columns,
                                         bool use_threads = true) {
    ds::ScannerBuilder builder(arrow_dataset_);
    EXPECT_TRUE(builder.Filter(filter).ok());
    EXPECT_TRUE(builder.Project(std::move(columns)).ok());
    EXPECT_TRUE(builder.UseThreads(use_threads).ok());
    return builder.Finish().ValueOrDie();
  }

  std::shared_ptr<arrow::Table> Expected(const cp::Expression& filter, std::vector<std::string> columns) {
    Request request = FrameRequest();
    request.filter = filter;
    request.columns = std::move(columns);
    return embedded_->Query(request).ValueOrDie()->ToTable().ValueOrDie()->CombineChunks().ValueOrDie();
  }

  std::shared_ptr<WatchedDataset> watched_;
  std::shared_ptr<ds::Dataset> arrow_dataset_;
};

const cp::Expression kFrame = cp::field_ref("frame");
const cp::Expression kSegment = cp::field_ref(kSegmentIdColumn);

std::vector<cp::Expression> Filters() {
  return {
      cp::literal(true),
      cp::greater_equal(kFrame, cp::literal(int64_t{12})),
      cp::and_({cp::greater(kFrame, cp::literal(int64_t{3})), cp::less(kFrame, cp::literal(int64_t{9})),
                cp::equal(kSegment, cp::literal("run_1"))}),
      cp::or_(cp::equal(kFrame, cp::literal(int64_t{3})), cp::equal(kSegment, cp::literal("run_2"))),
      cp::call("is_in", {kFrame}, cp::SetLookupOptions(arrow::MakeArrayFromScalar(arrow::Int64Scalar(7), 1).ValueOrDie())),
      cp::is_valid(cp::field_ref(kBlobColumn)),
      cp::not_(cp::equal(kFrame, cp::literal(int64_t{3}))),
      cp::literal(false),
  };
}

TEST_F(ArrowDatasetTest, ScansAnswerAsQueriesDo) {
  for (const auto& filter : Filters()) {
    for (const bool use_threads : {false, true}) {
      for (const std::vector<std::string>& columns :
           {std::vector<std::string>{kBlobColumn}, {kSegmentIdColumn, "frame", kBlobColumn}}) {
        const auto table = ScannerOf(filter, columns, use_threads)->ToTable().ValueOrDie()->CombineChunks().ValueOrDie();
        EXPECT_TRUE(table->Equals(*Expected(filter, columns))) << filter.ToString();
      }
    }
  }
}

TEST_F(ArrowDatasetTest, FilterAndProjectionReachTheEngine) {
  const auto filter = cp::and_(cp::greater(kFrame, cp::literal(int64_t{3})), cp::is_valid(cp::field_ref(kBlobColumn)));
  EXPECT_EQ(ScannerOf(filter, {kSegmentIdColumn})->ToTable().ValueOrDie()->num_rows(), 48);
  ASSERT_EQ(watched_->requests.size(), 1u);
  EXPECT_EQ(watched_->requests[0].columns, std::vector<std::string>{kSegmentIdColumn});
  EXPECT_EQ(watched_->readers[0]->statistics().rows, 48);
  // The blobs were asked for their presence only, once, and by the engine.
  EXPECT_LT(watched_->readers[0]->statistics().bytes_read, 48 * static_cast<int64_t>(testing::kCellBytes) / 10);
}

// Where Arrow can simplify the filter away, the batches of the engine go through untouched: the same memory, not a copy.
TEST_F(ArrowDatasetTest, BlobsAreNotFilteredASecondTime) {
  const auto filter = cp::and_(cp::greater_equal(kFrame, cp::literal(int64_t{5})), cp::equal(kSegment, cp::literal("run_1")));
  ds::ScannerBuilder builder(arrow_dataset_);
  ASSERT_TRUE(builder.Filter(filter).ok());
  ASSERT_TRUE(builder.Project({kBlobColumn}).ok());
  const auto fragment =
      arrow_dataset_->GetFragments(filter.Bind(*arrow_dataset_->schema()).ValueOrDie()).ValueOrDie().Next().ValueOrDie();
  const auto left =
      cp::SimplifyWithGuarantee(filter.Bind(*arrow_dataset_->schema()).ValueOrDie(), fragment->partition_expression());
  EXPECT_TRUE(left.ValueOrDie().Equals(cp::literal(true))) << left.ValueOrDie().ToString();

  arrow::ProxyMemoryPool pool(arrow::default_memory_pool());
  ASSERT_TRUE(builder.Pool(&pool).ok());
  const auto table = builder.Finish().ValueOrDie()->ToTable().ValueOrDie();
  EXPECT_EQ(table->num_rows(), 15);
  EXPECT_LT(pool.total_bytes_allocated(), static_cast<int64_t>(testing::kCellBytes));
}

TEST_F(ArrowDatasetTest, CountingReadsNoColumns) {
  for (const auto& filter : Filters()) {
    watched_->requests.clear();
    const auto rows = ScannerOf(filter, {kBlobColumn})->CountRows().ValueOrDie();
    EXPECT_EQ(rows, Expected(filter, {"frame"})->num_rows()) << filter.ToString();
    for (const auto& request : watched_->requests) EXPECT_EQ(request.columns, std::vector<std::string>());
  }
}

TEST_F(ArrowDatasetTest, ALimitCountsBeforeAFilter) {
  Request request = FrameRequest();
  request.limit = 10;
  arrow_dataset_ = ToArrowDataset(watched_, request).ValueOrDie();
  const auto late = cp::greater_equal(kFrame, cp::literal(int64_t{8}));
  EXPECT_EQ(ScannerOf(late, {"frame"})->ToTable().ValueOrDie()->num_rows(), 2);
  EXPECT_EQ(ScannerOf(late, {"frame"})->CountRows().ValueOrDie(), 2);
  EXPECT_EQ(ScannerOf(cp::literal(true), {"frame"})->CountRows().ValueOrDie(), 10);
}

TEST_F(ArrowDatasetTest, AceroReadsItInOrder) {
  ds::internal::Initialize();
  auto options = std::make_shared<ds::ScanOptions>();
  options->dataset_schema = arrow_dataset_->schema();
  options->filter = cp::literal(true);
  options->projection = cp::project({kSegment, kFrame}, {kSegmentIdColumn, "frame"});
  options->use_threads = true;
  const auto plan = arrow::acero::Declaration::Sequence(
      {{"scan", ds::ScanNodeOptions(arrow_dataset_, options, /*require_sequenced_output=*/true, /*implicit_ordering=*/true)},
       {"project", arrow::acero::ProjectNodeOptions({kSegment, kFrame}, {kSegmentIdColumn, "frame"})}});
  const auto table = arrow::acero::DeclarationToTable(plan).ValueOrDie()->CombineChunks().ValueOrDie();
  const auto expected = Expected(cp::literal(true), {kSegmentIdColumn, "frame"});
  ASSERT_EQ(table->num_columns(), 2);
  // A projection makes new fields, so the values are compared.
  EXPECT_TRUE(table->column(0)->Equals(expected->column(0)) && table->column(1)->Equals(expected->column(1)))
      << table->ToString();
}

TEST_F(ArrowDatasetTest, AnAbandonedScanEndsTheQuery) {
  const auto reader = ScannerOf(cp::literal(true), {kBlobColumn})->ToRecordBatchReader().ValueOrDie();
  std::shared_ptr<arrow::RecordBatch> batch;
  ASSERT_TRUE(reader->ReadNext(&batch).ok());
  EXPECT_GT(batch->num_rows(), 0);
  EXPECT_TRUE(reader->Close().ok());
}

TEST_F(ArrowDatasetTest, RemoteDatasetsAreArrowDatasetsToo) {
  const auto filter = cp::less(kFrame, cp::literal(int64_t{4}));
  arrow_dataset_ = ToArrowDataset(remote_, FrameRequest()).ValueOrDie();
  const auto table = ScannerOf(filter, {"frame", kBlobColumn})->ToTable().ValueOrDie()->CombineChunks().ValueOrDie();
  EXPECT_TRUE(table->Equals(*Expected(filter, {"frame", kBlobColumn})));
}

}  // namespace
}  // namespace mutoscope::native
