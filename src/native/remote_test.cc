// A remote dataset answers as the embedded one does.
#include <grpcpp/impl/codegen/service_type.h>
#include <gtest/gtest.h>

#include <thread>

#include "arrow/compute/api_scalar.h"
#include "arrow/json/from_string.h"
#include "arrow/table.h"
#include "base/status.h"
#include "mutoscope/error.h"
#include "native/engine_host.h"
#include "native/testing/served_dataset.h"
#include "net/server.h"
#include "redap/service.h"

namespace mutoscope::native {
namespace {

namespace cp = arrow::compute;
using testing::kBlobColumn;
using testing::ServedDatasetTest;

using RemoteTest = ServedDatasetTest;

std::shared_ptr<arrow::Table> ReadAll(const Dataset& dataset, const Request& request) {
  const auto reader = dataset.Query(request).ValueOrDie();
  return reader->ToTable().ValueOrDie()->CombineChunks().ValueOrDie();
}

TEST_F(RemoteTest, TheCatalogIsTheSame) {
  EXPECT_EQ(remote_catalog_->Version().ValueOrDie().version, catalog_->Version().ValueOrDie().version);
  for (const bool hidden : {false, true}) {
    const auto here = catalog_->Entries(hidden).ValueOrDie();
    const auto there = remote_catalog_->Entries(hidden).ValueOrDie();
    ASSERT_EQ(here.size(), there.size());
    for (size_t i = 0; i < here.size(); ++i) EXPECT_EQ(here[i].id, there[i].id);
  }
  EXPECT_EQ(catalog_->Entries().ValueOrDie().size(), 1u);
  EXPECT_TRUE(remote_->SegmentTable().ValueOrDie()->Equals(*embedded_->SegmentTable().ValueOrDie()));
  const auto two = remote_->SegmentTable(std::vector<std::string>{"rerun_num_chunks", "rerun_segment_id"}).ValueOrDie();
  EXPECT_EQ(two->ColumnNames(), (std::vector<std::string>{"rerun_num_chunks", "rerun_segment_id"}));
  const auto none = embedded_->SegmentTable(std::vector<std::string>{}).ValueOrDie();
  EXPECT_EQ(std::pair(none->num_columns(), none->num_rows()), std::pair(0, int64_t{testing::kRecordings}));
  EXPECT_TRUE(remote_->Schema().ValueOrDie()->Equals(*embedded_->Schema().ValueOrDie(), true));
  EXPECT_TRUE(remote_->Details().ValueOrDie().blueprint_dataset_id.has_value());
}

TEST_F(RemoteTest, ErrorsKeepTheirCodes) {
  for (const auto& catalog : {catalog_, remote_catalog_}) {
    EXPECT_EQ(ErrorCodeOf(catalog->GetDataset("nowhere").status()), ErrorCode::kNotFound);
    EXPECT_EQ(ErrorCodeOf(catalog->GetDatasetById(std::string(32, '0')).status()), ErrorCode::kNotFound);
    EXPECT_EQ(ErrorCodeOf(catalog->CreateDataset("robots").status()), ErrorCode::kAlreadyExists);
  }
  for (const auto& dataset : {embedded_, remote_}) {
    Request request = FrameRequest();
    request.columns = {{"/nothing:here"}};
    const auto unknown = dataset->Query(request).status();
    EXPECT_EQ(ErrorCodeOf(unknown), ErrorCode::kInvalidArgument) << unknown;
    EXPECT_NE(unknown.message().find("/nothing:here"), std::string::npos) << unknown;
    EXPECT_EQ(ErrorCodeOf(dataset->Cell({"/nothing:here", "frame", 0, std::nullopt, false}).status()), ErrorCode::kNotFound);
  }
}

TEST_F(RemoteTest, QueriesAnswerTheSame) {
  std::vector<Request> requests(8, FrameRequest());
  requests[1].columns = {{"frame", kSegmentIdColumn}};
  requests[2].filter = cp::and_(cp::greater(cp::field_ref("frame"), cp::literal(int64_t{7})),
                                cp::equal(cp::field_ref(kSegmentIdColumn), cp::literal("run_1")));
  requests[3].limit = 3;
  requests[4].segments = {{"run_2", "unknown"}};
  requests[5].index_values = arrow::json::ArrayFromJSONString(arrow::int64(), "[3, 3, 100, 7]").ValueOrDie();
  requests[5].fill_latest_at = true;
  requests[6].segments = std::vector<std::string>();
  requests[7].segment_index_values = {{{"run_0", arrow::json::ArrayFromJSONString(arrow::int32(), "[1, 50]").ValueOrDie()}}};
  for (const auto& request : requests) {
    const auto here = ReadAll(*embedded_, request);
    const auto there = ReadAll(*remote_, request);
    EXPECT_TRUE(there->Equals(*here)) << there->ToString() << here->ToString();
    EXPECT_TRUE(there->ValidateFull().ok());
    EXPECT_TRUE(remote_->QuerySchema(request).ValueOrDie()->Equals(*here->schema(), true));
  }
  EXPECT_EQ(ReadAll(*remote_, requests[0])->num_rows(), testing::kRecordings * testing::kChunks * testing::kRowsPerChunk);
  EXPECT_EQ(ReadAll(*remote_, requests[2])->num_rows(), 12);
}

TEST_F(RemoteTest, StatisticsArriveWithTheEnd) {
  const auto reader = remote_->Query(FrameRequest()).ValueOrDie();
  EXPECT_EQ(reader->statistics().rows, 0);
  const auto table = reader->ToTable().ValueOrDie();
  const auto statistics = reader->statistics();
  EXPECT_EQ(statistics.rows, table->num_rows());
  EXPECT_EQ(statistics.segments, testing::kRecordings);
  EXPECT_GE(statistics.bytes_read, table->num_rows() * static_cast<int64_t>(testing::kCellBytes));
}

TEST_F(RemoteTest, CellsAreTheSame) {
  const CellRequest requests[] = {{kBlobColumn, "frame", 7, "run_1", false},
                                  {kBlobColumn, "frame", 7, std::nullopt, false},
                                  {kBlobColumn, "frame", 1000, "run_2", true},
                                  {kBlobColumn, "frame", 1000, "run_2", false}};
  for (const auto& request : requests) {
    const auto here = embedded_->Cell(request).ValueOrDie();
    const auto there = remote_->Cell(request).ValueOrDie();
    EXPECT_TRUE(there->ValidateFull().ok());
    EXPECT_TRUE(there->Equals(here));
  }
  EXPECT_TRUE(remote_->Cell(requests[3]).ValueOrDie()->IsNull(0));
}

TEST_F(RemoteTest, PlansAreToldFromAfar) {
  EXPECT_EQ(remote_->Explain(FrameRequest(), false).ValueOrDie(), embedded_->Explain(FrameRequest(), false).ValueOrDie());
  EXPECT_FALSE(remote_->Explain(FrameRequest(), true).ValueOrDie().empty());
}

TEST_F(RemoteTest, AClosedQueryEndsAndTheServerGoesOn) {
  for (int round = 0; round < 20; ++round) {
    const auto reader = remote_->Query(FrameRequest()).ValueOrDie();
    std::thread closing([&reader] { (void)reader->Close(); });
    std::shared_ptr<arrow::RecordBatch> batch;
    arrow::Status status;
    while ((status = reader->ReadNext(&batch)).ok() && batch != nullptr) continue;
    closing.join();
    EXPECT_TRUE(status.ok() || ErrorCodeOf(status) == ErrorCode::kCancelled) << status;
    status = reader->ReadNext(&batch);
    EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kCancelled) << status;
  }
  { const auto abandoned = remote_->Query(FrameRequest()).ValueOrDie(); }
  EXPECT_EQ(ReadAll(*remote_, FrameRequest())->num_rows(), 60);
}

TEST_F(RemoteTest, LayersAreRegisteredAndDropped) {
  const auto path = WriteRecording("run_9");
  const auto registered = remote_->Register({{path, "extra", false}}, OnDuplicate::kError).ValueOrDie();
  ASSERT_EQ(registered.size(), 1u);
  EXPECT_EQ(registered[0].segment_id + " " + registered[0].layer, "run_9 extra");
  int asked = 0;
  const auto states =
      remote_catalog_->WaitForTasks({registered[0].task_id}, std::chrono::minutes(1), [&] { return ++asked > 600; }).ValueOrDie();
  ASSERT_EQ(states.size(), 1u);
  EXPECT_EQ(states[0].status, TaskState::Status::kSuccess) << states[0].message;
  const auto again = remote_->Register({{path, "extra", false}}, OnDuplicate::kError).ValueOrDie();
  const auto failed = remote_catalog_->WaitForTasks({again[0].task_id}, std::chrono::minutes(1)).ValueOrDie();
  EXPECT_EQ(failed[0].status, TaskState::Status::kFailed);
  EXPECT_NE(failed[0].message.find("run_9"), std::string::npos) << failed[0].message;

  const auto dropped = remote_->Unregister({"run_9"}, {}).ValueOrDie();
  ASSERT_EQ(dropped.size(), 1u);
  EXPECT_EQ(dropped[0].url, registered[0].url);
  EXPECT_EQ(remote_->Unregister({"run_9"}, {}).ValueOrDie().size(), 0u);
  EXPECT_EQ(ErrorCodeOf(remote_->Unregister({}, {}).status()), ErrorCode::kInvalidArgument);
  EXPECT_EQ(remote_->Manifest().ValueOrDie()->num_rows(), testing::kRecordings);
}

TEST(ConnectTest, WhatCannotBeReachedIsNamed) {
  const auto scheme = Client::Connect("ftp://127.0.0.1:1").status();
  EXPECT_EQ(ErrorCodeOf(scheme), ErrorCode::kInvalidArgument);
  EXPECT_NE(scheme.message().find("ftp://127.0.0.1:1"), std::string::npos);
  const auto nobody = Client::Connect("rerun+http://127.0.0.1:1", {std::chrono::milliseconds(200)}).status();
  EXPECT_EQ(ErrorCodeOf(nobody), ErrorCode::kUnavailable);
  EXPECT_NE(nobody.message().find("127.0.0.1:1"), std::string::npos);
}

HostOptions HostOptionsOf(const std::string& directory) {
  CatalogOptions options;
  options.directory = directory;
  return ToHostOptions(options);
}

// A redap server that is no Mutoscope server, or an old one.
TEST(ConnectTest, AServerWithoutQueriesIsToldFromOneWithThem) {
  const storage::testing::TempDir directory;
  const auto host = EngineHost::Open(HostOptionsOf(directory / "data")).ValueOrDie();
  const auto service = redap::MakeService(host->redap(), std::make_shared<redap::StopSignal>());
  net::ServerOptions options;
  options.port = 0;
  options.services = {service.get()};
  const auto server = net::Server::Start(options).ValueOrDie();
  const auto catalog = Client::Connect("http://127.0.0.1:" + std::to_string(server->port())).ValueOrDie();
  const auto dataset = catalog->CreateDataset("robots").ValueOrDie();
  for (const auto& status : {dataset->Query({}).status(), dataset->QuerySchema({}).status(), dataset->Explain({}, false).status(),
                             dataset->Cell({"a", "b", 0, std::nullopt, false}).status()}) {
    EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kUnimplemented) << status;
    EXPECT_NE(status.message().find("not a Mutoscope server, or it is older"), std::string::npos) << status;
  }
}

}  // namespace
}  // namespace mutoscope::native
