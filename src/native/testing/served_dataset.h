// A dataset with a few recordings, in an in-process server: reached embedded and remotely. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "catalog/testing/recordings.h"
#include "mutoscope/client.h"
#include "mutoscope/server.h"

namespace mutoscope::native::testing {

using catalog::testing::StreamBuilder;
using rrd::testing::RecordingStore;
using storage::testing::TempDir;

inline constexpr char kBlobColumn[] = "/cam:AnyBlob:value";
inline constexpr int kRecordings = 3, kChunks = 4, kRowsPerChunk = 5;
inline constexpr size_t kCellBytes = 20'000;  // incompressible, so that they lie verbatim in the file

// Recordings run_0 … run_2: 20 rows on "frame" each, a blob of noise a row.
class ServedDatasetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.catalog.directory = directory_ / "data";
    options.catalog.allow_paths = {directory_.path()};
    server_ = Server::Start(options).ValueOrDie();
    catalog_ = server_->catalog();
    embedded_ = catalog_->CreateDataset("robots").ValueOrDie();
    std::vector<Source> sources;
    for (int i = 0; i < kRecordings; ++i) sources.push_back({WriteRecording("run_" + std::to_string(i)), "base", false});
    const auto registered = embedded_->Register(sources, OnDuplicate::kError).ValueOrDie();
    std::vector<std::string> tasks;
    for (const auto& row : registered) tasks.push_back(row.task_id);
    for (const auto& state : catalog_->WaitForTasks(tasks, std::chrono::minutes(1)).ValueOrDie()) {
      ASSERT_EQ(state.status, TaskState::Status::kSuccess) << state.message;
    }
    remote_catalog_ = Client::Connect(server_->url()).ValueOrDie();
    remote_ = remote_catalog_->GetDataset("robots").ValueOrDie();
  }

  std::string WriteRecording(const std::string& id) const {
    StreamBuilder builder;
    const auto store = RecordingStore(id);
    builder.Announce(store);
    for (int chunk = 0; chunk < kChunks; ++chunk) {
      builder.Chunk(store,
                    {.rows = kRowsPerChunk, .first_frame = chunk * kRowsPerChunk, .cell_bytes = kCellBytes, .noise = true});
    }
    return directory_.Write(id + ".rrd", builder.bytes());
  }

  static Request FrameRequest() {
    Request request;
    request.index = "frame";
    return request;
  }

  TempDir directory_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<Catalog> catalog_, remote_catalog_;
  std::shared_ptr<Dataset> embedded_, remote_;
};

}  // namespace mutoscope::native::testing
