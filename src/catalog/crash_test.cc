// A kill at any moment leaves whole layers or none, and no orphaned files.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "catalog/database.h"
#include "catalog/paths.h"
#include "catalog/testing/recordings.h"

extern char** environ;

namespace mutoscope::catalog {
namespace {

using namespace testing;  // NOLINT: builders

constexpr const char* kDirectoryVariable = "MUTOSCOPE_CRASH_TEST_DIRECTORY";
constexpr int kRecordings = 600;  // more than one group
constexpr int kKills = 20;
constexpr auto kTimeMax = std::chrono::seconds(10);

std::unique_ptr<Catalog> OpenIn(const std::string& directory, bool index_rows) {
  CatalogOptions options;
  options.data_directory = directory + "/data";
  options.allow_paths = {directory + "/recordings"};
  options.workers = 2;
  options.index_rows = index_rows;
  return Catalog::Open(options).ValueOrDie();
}

// Not a test: what the killed process does, until it is killed.
TEST(CrashChild, DISABLED_RegistersAndUnregisters) {
  const char* directory = getenv(kDirectoryVariable);
  ASSERT_NE(directory, nullptr);
  const auto catalog = OpenIn(directory, true);
  const EntryId dataset = catalog->DatasetIdByName("robots").ValueOrDie();
  if (const auto left = catalog->DatasetIdByName("temporary"); left.ok()) (void)catalog->DeleteEntry(*left).ValueOrDie();
  Catalog::RegisterOptions options;
  options.on_duplicate = OnDuplicate::kOverwrite;
  for (int round = 0;; ++round) {
    (void)catalog->Register(dataset, {{std::string(directory) + "/recordings", "", true}}, options).ValueOrDie();
    (void)catalog->Snapshot(dataset).ValueOrDie();
    (void)catalog->Unregister(dataset, {"r" + std::to_string(round % kRecordings)}, {}).ValueOrDie();
    (void)catalog->DeleteEntry(catalog->CreateDataset("temporary").ValueOrDie().entry.id).ValueOrDie();
  }
}

pid_t SpawnChild(const std::string& directory) {
  setenv(kDirectoryVariable, directory.c_str(), 1);
  std::string program = std::filesystem::read_symlink("/proc/self/exe");
  std::string filter = "--gtest_filter=CrashChild.*", disabled = "--gtest_also_run_disabled_tests";
  char* arguments[] = {program.data(), filter.data(), disabled.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  EXPECT_EQ(posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

// The state after a kill: what the catalog lists is whole and readable, and nothing else is on the disk.
void CheckConsistent(const std::string& directory) {
  const auto catalog = OpenIn(directory, false);
  const EntryId dataset = catalog->DatasetIdByName("robots").ValueOrDie();
  const auto loaded = catalog->Snapshot(dataset);
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  const DatasetSnapshot& snapshot = **loaded;
  EXPECT_TRUE(snapshot.unavailable_layers.empty());
  EXPECT_EQ(snapshot.segments.size(), snapshot.layers.size());
  uint64_t chunks = 0;
  for (const auto& layer : snapshot.layers) {
    chunks += layer->num_chunks;
    EXPECT_TRUE(snapshot.index->Find(layer->id, 0).ok()) << "layer " << layer->id << " has no index";
    EXPECT_TRUE(catalog->OpenLayer(*layer).ok());
  }
  EXPECT_EQ(snapshot.index->num_chunks(), chunks);
  const CatalogStats stats = catalog->Stats();
  EXPECT_EQ(stats.layers, snapshot.layers.size());
  EXPECT_EQ(stats.chunks, chunks);

  size_t files = 0;
  std::error_code none;  // there is no directory before the first pack
  for (std::filesystem::recursive_directory_iterator it(directory + "/data/index", none), end; !none && it != end; ++it) {
    files += it->is_regular_file();
  }
  auto database = Database::Open(DatabasePath(directory + "/data")).ValueOrDie();
  const auto packs = database->Read([](soci::session& sql) {
    long long count = 0;
    sql << "SELECT COUNT(*) FROM packs", soci::into(count);
    return arrow::Result<long long>(count);
  });
  EXPECT_EQ(files, static_cast<size_t>(packs.ValueOrDie())) << "orphaned files, or packs without a file";
}

TEST(Crash, AKillAtAnyMomentLeavesAConsistentCatalog) {
  TempDir directory;
  for (int i = 0; i < kRecordings; ++i) {
    const std::string id = "r" + std::to_string(i);
    directory.Write("recordings/" + id + ".rrd", RecordingBytes(id, 1));
  }
  ASSERT_TRUE(OpenIn(directory.path(), false)->CreateDataset("robots").ok());
  std::mt19937 random(20261122);
  const auto start = std::chrono::steady_clock::now();
  for (int kill_number = 0; kill_number < kKills && std::chrono::steady_clock::now() - start < kTimeMax; ++kill_number) {
    const pid_t child = SpawnChild(directory.path());
    ASSERT_GT(child, 0);
    // Random moments are the point here: nothing waits for a state.
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 400));
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child ended by itself with status " << status;
    CheckConsistent(directory.path());
    if (::testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace mutoscope::catalog
