// What an engine promises besides right answers, which model_test.cc looks at.
#include "query/engine.h"

#include "arrow/compute/api.h"
#include "arrow/json/from_string.h"
#include "catalog/testing/recordings.h"
#include "query/predicate.h"

namespace mutoscope::query {
namespace {

using catalog::testing::Mentions;

constexpr int kChunks = 40;  // of two rows each, on the timeline "frame" from 0 on

class EngineTest : public catalog::testing::CatalogTest {
 protected:
  EngineTest() {
    RegisterFunctions();
    dataset_ = MakeDataset("robots");
    for (const char* id : {"a", "b"}) {
      EXPECT_TRUE(Register(dataset_, {WriteRecording(id, kChunks)}).ok());
    }
    engine_ = std::make_unique<Engine>(*catalog_, EngineOptions{.threads = 2, .query_memory_bytes_max = 1 << 20});
  }

  static Request Frames() {
    Request request;
    request.index = "frame";
    return request;
  }
  static int64_t Drain(QueryReader& reader) {
    int64_t rows = 0;
    for (std::shared_ptr<arrow::RecordBatch> batch;;) {
      const auto status = reader.ReadNext(&batch);
      EXPECT_TRUE(status.ok()) << status.ToString();
      if (!status.ok() || batch == nullptr) return rows;
      rows += batch->num_rows();
    }
  }
  void ExpectRefused(const Request& request, const std::string& word, base::Code code = base::Code::kInvalidArgument) {
    const auto reader = engine_->Run(dataset_, request);
    ASSERT_FALSE(reader.ok()) << word;
    EXPECT_EQ(base::CodeOf(reader.status()), code) << reader.status().ToString();
    EXPECT_TRUE(Mentions(reader.status().message(), word)) << reader.status().ToString();
  }

  catalog::EntryId dataset_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, EndsAndStaysAtTheEnd) {
  const auto reader = engine_->Run(dataset_, Frames()).ValueOrDie();
  EXPECT_EQ(Drain(*reader), 2 * 2 * kChunks);
  EXPECT_EQ(Drain(*reader), 0);
  EXPECT_EQ(reader->statistics().rows, 2 * 2 * kChunks);
  EXPECT_EQ(reader->statistics().segments, 2);
}

TEST_F(EngineTest, AClosedQueryIsCancelled) {
  const auto reader = engine_->Run(dataset_, Frames()).ValueOrDie();
  ASSERT_TRUE(reader->Close().ok());
  std::shared_ptr<arrow::RecordBatch> batch;
  EXPECT_EQ(base::CodeOf(reader->ReadNext(&batch)), base::Code::kCancelled);
}

TEST_F(EngineTest, AnAbandonedQueryLeavesTheEngineUsable) {
  for (int i = 0; i < 50; ++i) {
    const auto reader = engine_->Run(dataset_, Frames()).ValueOrDie();
    std::shared_ptr<arrow::RecordBatch> batch;
    ASSERT_TRUE(reader->ReadNext(&batch).ok());
  }
  EXPECT_EQ(Drain(*engine_->Run(dataset_, Frames()).ValueOrDie()), 2 * 2 * kChunks);
}

TEST_F(EngineTest, LimitsStopAtTheFirstRowsInOrder) {
  Request request = Frames();
  request.limit = 3;
  const auto table = engine_->Run(dataset_, request).ValueOrDie()->ToTable().ValueOrDie();
  ASSERT_EQ(table->num_rows(), 3);
  EXPECT_EQ(table->GetColumnByName(kSegmentIdColumn)->GetScalar(2).ValueOrDie()->ToString(), "a");
  request.limit = 0;
  EXPECT_EQ(Drain(*engine_->Run(dataset_, request).ValueOrDie()), 0);
}

TEST_F(EngineTest, IndexOnlyQueriesReadNoPayload) {
  Request request = Frames();
  request.columns = std::vector<std::string>{"frame"};
  const auto reader = engine_->Run(dataset_, request).ValueOrDie();
  EXPECT_EQ(Drain(*reader), 2 * 2 * kChunks);
  EXPECT_EQ(reader->statistics().chunks_decoded, 0);
  request.columns = std::vector<std::string>{};  // a count
  EXPECT_EQ(Drain(*engine_->Run(dataset_, request).ValueOrDie()), 2 * 2 * kChunks);
}

TEST_F(EngineTest, ErrorsNameTheThing) {
  Request request = Frames();
  request.index = "nope";
  ExpectRefused(request, "Index 'nope'");
  request = Frames();
  request.columns = std::vector<std::string>{"/nope:x"};
  ExpectRefused(request, "'/nope:x'");
  request = Frames();
  request.filter = arrow::compute::equal(arrow::compute::field_ref("/nope:x"), arrow::compute::literal(1));
  ExpectRefused(request, "'/nope:x'");
  request.filter = arrow::compute::equal(arrow::compute::field_ref("frame"), arrow::compute::literal("text"));
  ExpectRefused(request, "does not fit");
  request.filter = arrow::compute::field_ref("frame");
  ExpectRefused(request, "boolean");
  request = Frames();
  request.limit = -1;
  ExpectRefused(request, "limit -1");
  request = Frames();
  request.index_values = arrow::json::ArrayFromJSONString(arrow::int64(), "[1, null]").ValueOrDie();
  ExpectRefused(request, "null");
  request.index_values = arrow::json::ArrayFromJSONString(arrow::timestamp(arrow::TimeUnit::SECOND), "[1]").ValueOrDie();
  ExpectRefused(request, "do not suit the index 'frame'");
  request.index.reset();
  ExpectRefused(request, "index must be provided");
}

TEST_F(EngineTest, ARecordingThatChangedIsAnError) {
  Write("b.rrd", "something else");
  Request request = Frames();
  const auto table = engine_->Run(dataset_, request).ValueOrDie()->ToTable();
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(base::CodeOf(table.status()), base::Code::kFailedPrecondition) << table.status().ToString();
  EXPECT_TRUE(Mentions(table.status().message(), "b.rrd"));
}

TEST_F(EngineTest, CellsAreThoseOfTheQuery) {
  CellRequest request{.column = "/cam:AnyBlob:value", .index = "frame", .at = 5, .segment = std::nullopt, .latest = false};
  const auto cell = engine_->Cell(dataset_, request).ValueOrDie();
  ASSERT_EQ(cell->length(), 1);
  EXPECT_FALSE(cell->IsNull(0));
  request.at = 1000;
  EXPECT_TRUE(engine_->Cell(dataset_, request).ValueOrDie()->IsNull(0));
  request.latest = true;
  EXPECT_FALSE(engine_->Cell(dataset_, request).ValueOrDie()->IsNull(0));
  request.segment = "nope";
  EXPECT_EQ(base::CodeOf(engine_->Cell(dataset_, request).status()), base::Code::kNotFound);
  request.segment = "a";
  request.column = "/nope:x";
  EXPECT_EQ(base::CodeOf(engine_->Cell(dataset_, request).status()), base::Code::kNotFound);
}

TEST_F(EngineTest, ExplainTellsThePlanAndWhatItDid) {
  Request request = Frames();
  request.filter = arrow::compute::greater(arrow::compute::field_ref("frame"), arrow::compute::literal(int64_t{70}));
  const auto plan = engine_->Explain(dataset_, request, /*run=*/false).ValueOrDie();
  EXPECT_TRUE(Mentions(plan, "[71, inf]")) << plan;
  EXPECT_FALSE(Mentions(plan, "actual")) << plan;
  const auto actual = engine_->Explain(dataset_, request, /*run=*/true).ValueOrDie();
  EXPECT_TRUE(Mentions(actual, "actual: 18 rows")) << actual;
}

}  // namespace
}  // namespace mutoscope::query
