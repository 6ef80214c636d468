#include "storage/dir_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "base/status.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::storage {
namespace {

using base::Code;
using base::CodeOf;
using ::testing::AllOf;
using ::testing::HasSubstr;

// Another process that holds the lock until it is told to stop, or dies with it.
class OtherProcess {
 public:
  explicit OtherProcess(const std::string& directory) {
    std::array<int, 2> ready{}, stop{};
    EXPECT_EQ(pipe(ready.data()) | pipe(stop.data()), 0);
    pid_ = fork();
    if (pid_ == 0) {
      close(stop[1]);
      const auto lock = DirLock::Acquire(directory);
      char byte = lock.ok() ? 'y' : 'n';
      if (write(ready[1], &byte, 1) != 1) _exit(1);
      if (read(stop[0], &byte, 1) < 0) _exit(1);
      _exit(0);  // without destructors: as if killed
    }
    close(ready[1]);
    close(stop[0]);
    stop_ = stop[1];
    char answer = 0;
    EXPECT_EQ(read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    close(ready[0]);
  }
  ~OtherProcess() { Stop(); }
  void Stop() {
    if (pid_ == 0) return;
    close(stop_);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  int stop_ = -1;
};

TEST(DirLock, NamesTheProcessThatHoldsIt) {
  const testing::TempDir dir;
  OtherProcess other(dir.path());
  const auto status = DirLock::Acquire(dir.path()).status();
  EXPECT_EQ(CodeOf(status), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), AllOf(HasSubstr(dir.path()), HasSubstr("process " + std::to_string(other.pid()))));
}

TEST(DirLock, IsFreeOnceItsOwnerDied) {
  const testing::TempDir dir;
  OtherProcess other(dir.path());
  other.Stop();
  ASSERT_TRUE(DirLock::Acquire(dir.path()).ok());
}

TEST(DirLock, HoldsUntilDestroyedAndBearsTheOwner) {
  const testing::TempDir dir;
  dir.Write("LOCK", "123456789012345\n");  // of an owner long gone
  auto lock = DirLock::Acquire(dir.path()).ValueOrDie();
  EXPECT_EQ(testing::ReadFile(dir / "LOCK"), std::to_string(getpid()) + "\n");
  EXPECT_FALSE(DirLock::Acquire(dir.path()).ok());
  lock.reset();
  EXPECT_TRUE(DirLock::Acquire(dir.path()).ok());
}

TEST(DirLock, NeedsADirectory) {
  const testing::TempDir dir;
  const auto status = DirLock::Acquire(dir / "none").status();
  EXPECT_EQ(CodeOf(status), Code::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr(dir / "none"));
}

}  // namespace
}  // namespace mutoscope::storage
