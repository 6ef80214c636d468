#include <thread>

#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "catalog/testing/recordings.h"

namespace mutoscope::catalog {
namespace {

using namespace testing;  // NOLINT: builders
using base::Code;
using base::CodeOf;
using Status = TaskState::Status;

class Register : public testing::CatalogTest {
 protected:
  Register() : dataset_(MakeDataset("robots")) {}
  EntryId dataset_;
};

TEST_F(Register, ARowASegmentAndALayer) {
  const std::string path = WriteRecording("episode_1", 3);
  const auto rows = CatalogTest::Register(dataset_, {path}).ValueOrDie();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].segment_id, "episode_1");
  EXPECT_EQ(rows[0].layer, "base");
  EXPECT_EQ(rows[0].storage_url, "file://" + path);
  EXPECT_EQ(TaskOf(rows[0]).status, Status::kSuccess);
  EXPECT_GT(TaskOf(rows[0]).created_at_ns, 0);

  const auto snapshot = Snapshot(dataset_);
  ASSERT_EQ(snapshot->layers.size(), 1u);
  const Layer& layer = *snapshot->layers[0];
  EXPECT_EQ(layer.path, path);
  EXPECT_EQ(layer.num_chunks, 3u);
  EXPECT_GT(layer.size_bytes, 0u);
  EXPECT_LT(layer.size_bytes, layer.identity.size);
  EXPECT_EQ(layer.application_id, "app");
  ASSERT_EQ(layer.time_ranges.size(), 1u);
  EXPECT_EQ(layer.time_ranges[0].first.name, "frame");
  EXPECT_EQ(layer.time_ranges[0].second, (chunk::TimeRange{0, 5}));
  EXPECT_EQ(snapshot->index->num_chunks(), 3u);
  EXPECT_NE(snapshot->schema->GetFieldByName("/cam:AnyBlob:value"), nullptr) << snapshot->schema->ToString();
  EXPECT_TRUE(catalog_->OpenLayer(layer).ok());
}

TEST_F(Register, LayersOfASegmentAreOrderedByTimeThenName) {
  const std::string one = WriteRecording("one");
  const std::string two = WriteRecording("two");
  ASSERT_TRUE(CatalogTest::Register(dataset_, {two}).ok());
  ASSERT_TRUE(catalog_->Register(dataset_, {{one, "z", false}, {one, "a", false}, {two, "a", false}}, {}).ok());
  const auto snapshot = Snapshot(dataset_);
  ASSERT_EQ(snapshot->segments.size(), 2u);
  EXPECT_EQ(snapshot->segments[0].id, "one");
  const auto names = [&](size_t segment) {
    std::vector<std::string> out;
    for (const uint32_t layer : snapshot->segments[segment].layers) out.push_back(snapshot->layers[layer]->name);
    return out;
  };
  EXPECT_EQ(names(0), (std::vector<std::string>{"a", "z"}));
  EXPECT_EQ(names(1), (std::vector<std::string>{"base", "a"}));
  for (const auto& [id, position] : snapshot->segment_positions) EXPECT_EQ(snapshot->segments[position].id, id);
  for (const auto& [id, position] : snapshot->layer_positions) EXPECT_EQ(snapshot->layers[position]->id, id);
}

TEST_F(Register, SeveralRecordingsInAFileHaveATaskEach) {
  const std::string path = Write("two.rrd", RecordingBytes("first") + RecordingBytes("second"));
  const auto rows = CatalogTest::Register(dataset_, {path}).ValueOrDie();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].segment_id, "first");
  EXPECT_EQ(rows[1].segment_id, "second");
  EXPECT_NE(rows[0].task_id, rows[1].task_id);
}

TEST_F(Register, DuplicatesAreErrorsSkippedOrReplaced) {
  const std::string path = WriteRecording("a", 1);
  ASSERT_TRUE(CatalogTest::Register(dataset_, {path}).ok());
  const index::LayerId first = Snapshot(dataset_)->layers[0]->id;
  const std::string other = WriteRecording("b", 1);
  Write("a.rrd", RecordingBytes("a", 4));

  const auto error = CatalogTest::Register(dataset_, {path, other}, OnDuplicate::kError).ValueOrDie();
  ASSERT_EQ(error.size(), 2u);
  EXPECT_EQ(TaskOf(error[0]).status, Status::kFailed);
  EXPECT_TRUE(Mentions(TaskOf(error[0]).message, "already")) << TaskOf(error[0]).message;
  EXPECT_EQ(TaskOf(error[1]).status, Status::kSuccess) << "the others register";
  EXPECT_EQ(Snapshot(dataset_)->layers[0]->id, first);

  const auto skip = CatalogTest::Register(dataset_, {path}, OnDuplicate::kSkip).ValueOrDie();
  ASSERT_EQ(skip.size(), 1u);
  EXPECT_EQ(TaskOf(skip[0]).status, Status::kSuccess);
  EXPECT_EQ(Snapshot(dataset_)->layers[0]->num_chunks, 1u);

  const auto replaced = CatalogTest::Register(dataset_, {path}, OnDuplicate::kOverwrite).ValueOrDie();
  EXPECT_EQ(TaskOf(replaced.at(0)).status, Status::kSuccess);
  const auto snapshot = Snapshot(dataset_);
  ASSERT_EQ(snapshot->layers.size(), 2u);
  const Layer& layer = *snapshot->layers[snapshot->segments[0].layers[0]];
  EXPECT_EQ(layer.num_chunks, 4u);
  EXPECT_NE(layer.id, first);
  EXPECT_FALSE(snapshot->layer_positions.contains(first));
  EXPECT_EQ(snapshot->index->num_chunks(), 5u);
  EXPECT_EQ(catalog_->Stats().layers, 2u);
  EXPECT_EQ(catalog_->Stats().chunks, 5u);
  EXPECT_EQ(CountIndexFiles(), 2u)
      << "the pack of the replaced layer is gone, no pack is left by the failed and the skipped call";
}

TEST_F(Register, WholeCallFails) {
  const std::string good = WriteRecording("good");
  const std::string twice = Write("copy.rrd", RecordingBytes("good"));
  const std::string text = Write("text.rrd", "this is no recording at all");
  const std::string empty = Write("empty.rrd", "");
  directory_.Write("outside/x.rrd", RecordingBytes("x"));
  std::filesystem::create_directories(directory_ / "recordings/sub");
  const std::string base = recordings_directory();
  const struct {
    std::vector<DataSource> sources;
    Code code;
    const char* word;
  } cases[] = {
      {{}, Code::kInvalidArgument, "no data sources"},
      {{{good, "", false}, {base + "/missing.rrd", "", false}}, Code::kNotFound, "missing.rrd"},
      {{{good, "", false}, {text, "", false}}, Code::kInvalidArgument, "text.rrd"},
      {{{empty, "", false}}, Code::kInvalidArgument, "empty.rrd"},
      {{{base, "", false}}, Code::kNotFound, "directory"},
      {{{directory_ / "outside/x.rrd", "", false}}, Code::kPermissionDenied, "outside"},
      {{{good, "", false}, {twice, "", false}}, Code::kInvalidArgument, "twice"},
      {{{good, "", false}, {good, "base", false}}, Code::kInvalidArgument, "twice"},
      {{{base + "/nowhere", "", true}}, Code::kInvalidArgument, "nowhere"},
      {{{base + "/sub", "", true}}, Code::kInvalidArgument, "no .rrd"},
      {{{"s3://bucket/x.rrd", "", false}}, Code::kInvalidArgument, "s3"},
  };
  for (const auto& [sources, code, word] : cases) {
    const arrow::Status status = catalog_->Register(dataset_, sources, {}).status();
    EXPECT_EQ(CodeOf(status), code) << word << ": " << status.ToString();
    EXPECT_TRUE(Mentions(status.message(), word)) << status.message();
  }
  EXPECT_TRUE(Snapshot(dataset_)->layers.empty()) << "nothing of a failed call is registered";
  EXPECT_EQ(CountIndexFiles(), 0u);
  EXPECT_EQ(CodeOf(CatalogTest::Register(EntryId{1, 2}, {good}).status()), Code::kNotFound);
}

TEST_F(Register, ABadFileUnderAPrefixFailsAlone) {
  WriteRecording("a");
  Write("deep/b.rrd", RecordingBytes("b"));
  Write("deep/bad.rrd", "this is no recording at all");
  Write("deep/notes.txt", "ignored");
  size_t calls = 0, last_total = 0;
  std::mutex mutex;
  Catalog::RegisterOptions options;
  options.progress = [&](size_t, size_t total) {
    std::lock_guard lock(mutex);
    ++calls;
    last_total = total;
  };
  const auto rows = catalog_->Register(dataset_, {{recordings_directory(), "", true}}, options).ValueOrDie();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(calls, 3u);
  EXPECT_EQ(last_total, 3u);
  for (const RegisteredSource& row : rows) {
    const TaskState task = TaskOf(row);
    EXPECT_EQ(task.status, row.segment_id == "bad.rrd" ? Status::kFailed : Status::kSuccess)
        << row.segment_id << ": " << task.message;
    if (task.status == Status::kFailed) {
      EXPECT_TRUE(Mentions(task.message, "deep/bad.rrd")) << task.message;
    }
  }
  EXPECT_EQ(Snapshot(dataset_)->layers.size(), 2u);
}

TEST_F(Register, ATruncatedFileIsServedWithAFinding) {
  const std::string bytes = RecordingBytes("cut", 3);
  const std::string path = Write("cut.rrd", bytes.substr(0, bytes.size() - 10));
  const auto rows = CatalogTest::Register(dataset_, {path}).ValueOrDie();
  const TaskState task = TaskOf(rows.at(0));
  EXPECT_EQ(task.status, Status::kSuccess);
  EXPECT_TRUE(Mentions(task.message, "cut.rrd") && Mentions(task.message, "offset")) << task.message;
  EXPECT_EQ(Snapshot(dataset_)->layers[0]->num_chunks, 2u);
}

TEST_F(Register, KnownPathsAreLeftOut) {
  const std::string a = WriteRecording("a");
  WriteRecording("b");
  Catalog::RegisterOptions options;
  options.on_duplicate = OnDuplicate::kOverwrite;
  options.skip_known_paths = true;
  const std::vector<DataSource> all = {{recordings_directory(), "", true}};
  EXPECT_EQ(catalog_->Register(dataset_, all, options).ValueOrDie().size(), 2u);
  EXPECT_EQ(catalog_->Register(dataset_, all, options).ValueOrDie().size(), 0u);
  Write("a.rrd", RecordingBytes("a", 5));
  const auto rows = catalog_->Register(dataset_, all, options).ValueOrDie();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].segment_id, "a");
}

TEST_F(Register, ASchemaConflictFailsItsRowAndNamesBothFiles) {
  const auto joint = [&](const std::string& id, std::shared_ptr<arrow::Array> cells) {
    StreamBuilder builder;
    builder.Announce(RecordingStore(id));
    AddChunk(&builder, RecordingStore(id), {.cells = std::move(cells)});
    return Write(id + ".rrd", builder.bytes());
  };
  const std::string ints = joint("ints", Cells<arrow::Int64Builder, int64_t>({{1}, {2}}));
  const std::string texts = joint("texts", Cells<arrow::StringBuilder, std::string>({{"x"}}));
  const std::string more = joint("more", Cells<arrow::Int64Builder, int64_t>({{3}}));
  const auto rows = CatalogTest::Register(dataset_, {ints, texts, more}).ValueOrDie();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(TaskOf(rows[0]).status, Status::kSuccess);
  EXPECT_EQ(TaskOf(rows[2]).status, Status::kSuccess);
  const TaskState failed = TaskOf(rows[1]);
  EXPECT_EQ(failed.status, Status::kFailed);
  for (const std::string& word : {ints, texts, std::string("/robot:Joint:angle")}) {
    EXPECT_TRUE(Mentions(failed.message, word)) << word << " is not in: " << failed.message;
  }
  EXPECT_EQ(Snapshot(dataset_)->layers.size(), 2u);
  EXPECT_EQ(Snapshot(dataset_)->layer_schemas.size(), 1u) << "equal schemas are stored once";

  // A type goes with its last layer; a replaced layer does not stand in the way of its successor.
  ASSERT_EQ(catalog_->Unregister(dataset_, {"more"}, {}).ValueOrDie(), 1u);
  EXPECT_EQ(TaskOf(CatalogTest::Register(dataset_, {texts}).ValueOrDie().at(0)).status, Status::kFailed);
  StreamBuilder builder;
  builder.Announce(RecordingStore("ints"));
  AddChunk(&builder, RecordingStore("ints"), {.cells = Cells<arrow::StringBuilder, std::string>({{"x"}})});
  Write("ints.rrd", builder.bytes());
  const auto replaced = CatalogTest::Register(dataset_, {ints}, OnDuplicate::kOverwrite).ValueOrDie();
  EXPECT_EQ(TaskOf(replaced.at(0)).status, Status::kSuccess) << TaskOf(replaced.at(0)).message;
  EXPECT_EQ(TaskOf(CatalogTest::Register(dataset_, {texts}).ValueOrDie().at(0)).status, Status::kSuccess);
  EXPECT_EQ(Snapshot(dataset_)->layer_schemas.size(), 1u);
}

TEST_F(Register, PropertiesAreTheLatestNonNullCells) {
  StreamBuilder builder;
  const auto store = RecordingStore("episode");
  builder.Announce(store);
  const auto text = [](const std::vector<std::vector<std::string>>& rows) {
    return Cells<arrow::StringBuilder, std::string>(rows);
  };
  const ComponentSpec robot = {
      .entity = "/__properties/episode", .component = "robot", .archetype = "", .cells = {}, .is_static = true};
  const auto at = [&](uint64_t row_id, const std::vector<std::vector<std::string>>& rows) {
    ComponentSpec spec = robot;
    spec.cells = text(rows);
    spec.id = {row_id, 0};
    return spec;
  };
  AddChunk(&builder, store, at(300, {{"right"}, {}}));  // the newest cell is null
  AddChunk(&builder, store, at(100, {{"wrong"}}));
  ComponentSpec name = {.entity = "/__properties",
                        .component = "RecordingInfo:name",
                        .archetype = "rerun.archetypes.RecordingInfo",
                        .cells = text({{"take 7"}}),
                        .is_static = true};
  AddChunk(&builder, store, name);
  AddChunk(&builder, store, {.entity = "/robot", .cells = text({{"no property"}}), .is_static = true});
  ASSERT_TRUE(CatalogTest::Register(dataset_, {Write("p.rrd", builder.bytes())}).ok());

  const std::string ipc = Snapshot(dataset_)->layers[0]->properties;
  arrow::io::BufferReader source{std::make_shared<arrow::Buffer>(ipc)};
  auto reader = arrow::ipc::RecordBatchStreamReader::Open(&source).ValueOrDie();
  const auto batch = reader->Next().ValueOrDie();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->num_rows(), 1);
  ASSERT_EQ(batch->num_columns(), 2);
  EXPECT_EQ(batch->schema()->field_names(), (std::vector<std::string>{"property:RecordingInfo:name", "property:episode:robot"}));
  EXPECT_TRUE(batch->column(0)->Equals(text({{"take 7"}})));
  EXPECT_TRUE(batch->column(1)->Equals(text({{"right"}}))) << batch->column(1)->ToString();
  const auto& metadata = *batch->schema()->field(0)->metadata();
  EXPECT_EQ(metadata.Get("rerun:kind").ValueOrDie(), "data");
  EXPECT_EQ(metadata.Get("rerun:entity_path").ValueOrDie(), "/__properties");
  EXPECT_EQ(metadata.Get("rerun:component").ValueOrDie(), "RecordingInfo:name");
  EXPECT_EQ(metadata.Get("rerun:archetype").ValueOrDie(), "rerun.archetypes.RecordingInfo");
}

TEST_F(Register, ADatasetTakesItsKindOfStores) {
  StreamBuilder builder;
  builder.Announce(RecordingStore("recording"));
  builder.Announce(BlueprintStore("blueprint"));
  AddChunk(&builder, BlueprintStore("blueprint"), {.cells = Cells<arrow::Int64Builder, int64_t>({{1}}), .is_static = true});
  AddChunk(&builder, RecordingStore("recording"), {.cells = Cells<arrow::Int64Builder, int64_t>({{1}}), .is_static = true});
  const std::string both = Write("both.rrd", builder.bytes());
  const DatasetDetails details = catalog_->ReadDataset(dataset_).ValueOrDie().details;
  const std::string timed = WriteRecording("timed");
  const auto segments = [&](const EntryId& dataset, const std::string& path) {
    std::vector<std::string> ids;
    for (const auto& row : CatalogTest::Register(dataset, {path}).ValueOrDie()) ids.push_back(row.segment_id);
    return ids;
  };
  EXPECT_EQ(segments(dataset_, both), std::vector<std::string>{"recording"});
  EXPECT_EQ(segments(*details.blueprint_dataset, both), std::vector<std::string>{"blueprint"});
  EXPECT_TRUE(segments(*details.blueprint_dataset, timed).empty()) << "skipped without an error";
  EXPECT_EQ(segments(*details.asset_dataset, both), std::vector<std::string>{"recording"});
  const auto refused = CatalogTest::Register(*details.asset_dataset, {timed}).ValueOrDie();
  EXPECT_EQ(TaskOf(refused.at(0)).status, Status::kFailed);
  EXPECT_TRUE(Mentions(TaskOf(refused.at(0)).message, "static")) << TaskOf(refused.at(0)).message;
}

TEST_F(Register, AnAssetDatasetHasALimit) {
  const EntryId assets = *catalog_->ReadDataset(dataset_).ValueOrDie().details.asset_dataset;
  std::vector<std::string> paths;
  for (uint64_t i = 0; i <= base::kAssetLayersMax; ++i) {
    const std::string id = "asset_" + std::to_string(i);
    StreamBuilder builder;
    builder.Announce(RecordingStore(id));
    AddChunk(&builder, RecordingStore(id), {.cells = Cells<arrow::Int64Builder, int64_t>({{1}}), .is_static = true});
    paths.push_back(Write(id + ".rrd", builder.bytes()));
  }
  const auto rows = CatalogTest::Register(assets, paths).ValueOrDie();
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(TaskOf(rows[i]).status, i < base::kAssetLayersMax ? Status::kSuccess : Status::kFailed) << i;
  }
  EXPECT_EQ(TaskOf(CatalogTest::Register(assets, {paths[0]}, OnDuplicate::kOverwrite).ValueOrDie().at(0)).status,
            Status::kSuccess)
      << "replacing does not count";
}

TEST_F(Register, UnknownTasksSucceed) {
  const auto tasks = catalog_->QueryTasks({"nobody", "task_00000000DEADBEEF"});
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0].id, "nobody");
  EXPECT_EQ(tasks[0].status, Status::kSuccess);
}

TEST_F(Register, UnregisterIsAProductFilter) {
  std::vector<DataSource> sources;
  for (const char* id : {"a", "b", "c"}) {
    const std::string path = WriteRecording(id);
    sources.push_back({path, "", false});
    sources.push_back({path, "extra", false});
  }
  ASSERT_TRUE(catalog_->Register(dataset_, sources, {}).ok());
  const auto left = [&] {
    std::string text;
    const auto snapshot = Snapshot(dataset_);
    for (const Segment& segment : snapshot->segments) {
      for (const uint32_t layer : segment.layers) text += segment.id + "/" + snapshot->layers[layer]->name + " ";
    }
    return text;
  };
  EXPECT_EQ(CodeOf(catalog_->Unregister(dataset_, {}, {}).status()), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(catalog_->Unregister(EntryId{1, 2}, {"a"}, {}).status()), Code::kNotFound);
  EXPECT_EQ(catalog_->Unregister(dataset_, {"nobody"}, {"base"}).ValueOrDie(), 0u);
  EXPECT_EQ(catalog_->Unregister(dataset_, {"a", "a", "nobody"}, {"extra"}).ValueOrDie(), 1u);
  EXPECT_EQ(left(), "a/base b/base b/extra c/base c/extra ");
  EXPECT_EQ(catalog_->Unregister(dataset_, {"b"}, {}).ValueOrDie(), 2u);
  EXPECT_EQ(left(), "a/base c/base c/extra ");
  EXPECT_EQ(Snapshot(dataset_)->index->num_chunks(), 6u);
  EXPECT_EQ(catalog_->Unregister(dataset_, {}, {"base"}).ValueOrDie(), 2u);
  EXPECT_EQ(left(), "c/extra ");
  EXPECT_EQ(CountIndexFiles(), 1u) << "a pack with a live layer stays";
  EXPECT_EQ(catalog_->Unregister(dataset_, {}, {"extra"}).ValueOrDie(), 1u);
  EXPECT_EQ(left(), "");
  EXPECT_EQ(CountIndexFiles(), 0u);
  EXPECT_EQ(Snapshot(dataset_)->schema->num_fields(), 0);
  EXPECT_EQ(catalog_->Stats().chunks, 0u);
}

TEST_F(Register, EightThreadsAtOnce) {
  constexpr int kThreads = 8, kEach = 6;
  const std::string common = WriteRecording("common");
  for (int i = 0; i < kThreads * kEach; ++i) WriteRecording("r" + std::to_string(i), 1);
  std::atomic<int> common_registered = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string path = recordings_directory() + "/r" + std::to_string(t * kEach + i) + ".rrd";
        EXPECT_EQ(CatalogTest::Register(dataset_, {path}).ValueOrDie().size(), 1u);
        const auto snapshot = Snapshot(dataset_);  // loads interleave with commits
        EXPECT_TRUE(snapshot->segment_positions.contains("r" + std::to_string(t * kEach + i)));
        EXPECT_EQ(snapshot->layers.size(), snapshot->layer_positions.size());
      }
      const auto row = CatalogTest::Register(dataset_, {common}).ValueOrDie().at(0);
      common_registered += TaskOf(row).status == Status::kSuccess;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(common_registered, 1) << "one of them wins";
  const auto snapshot = Snapshot(dataset_);
  EXPECT_EQ(snapshot->layers.size(), kThreads * kEach + 1u);
  EXPECT_EQ(snapshot->index->num_chunks(), kThreads * kEach + 2u);
  Reopen();
  EXPECT_EQ(Snapshot(dataset_)->layers.size(), snapshot->layers.size());
}

}  // namespace
}  // namespace mutoscope::catalog
