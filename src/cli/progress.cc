#include "cli/progress.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>

namespace mutoscope::cli {
namespace {

constexpr auto kBarInterval = std::chrono::milliseconds(100);
constexpr auto kLogInterval = std::chrono::seconds(5);
constexpr size_t kBarColumns = 30;

}  // namespace

Progress::Progress(std::string what) : what_(std::move(what)), terminal_(isatty(STDERR_FILENO) != 0) {
  if (!terminal_) next_ = std::chrono::steady_clock::now() + kLogInterval;
}

Progress::~Progress() {
  if (drawn_) fmt::print(stderr, "\n");
}

void Progress::Update(size_t done, size_t total) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now < next_ && !(terminal_ && done == total)) return;
  next_ = now + (terminal_ ? std::chrono::duration_cast<std::chrono::steady_clock::duration>(kBarInterval) : kLogInterval);
  if (!terminal_) {
    spdlog::info("{}: {} of {}", what_, done, total);
    return;
  }
  const size_t filled = total == 0 ? kBarColumns : kBarColumns * done / total;
  fmt::print(stderr, "\r{} [{:#<{}}{:.<{}}] {}/{}", what_, "", filled, "", kBarColumns - filled, done, total);
  drawn_ = true;
}

}  // namespace mutoscope::cli
