#include "catalog/events.h"

#include <utility>

#include "base/status.h"

namespace mutoscope::catalog {

struct Events::Watcher::Shared {
  std::mutex mutex;  // guards the queues too
  std::list<Watcher*> watchers;
};

Events::Watcher::~Watcher() {
  std::lock_guard lock(shared_->mutex);
  shared_->watchers.erase(place_);
}

arrow::Result<std::optional<Event>> Events::Watcher::Next() {
  std::lock_guard lock(shared_->mutex);
  if (queue_.empty()) {
    if (!overflown_) return std::nullopt;
    return base::ResourceExhausted(
        "this watcher was more than {} events behind, and some are lost: list the entries, and watch again", kQueuedMax);
  }
  const Event event = queue_.front();
  queue_.pop_front();
  return event;
}

Events::Events() : shared_(std::make_shared<Watcher::Shared>()) {}

void Events::Publish(EventKind kind, const EntryId& entry) {
  std::lock_guard lock(shared_->mutex);
  for (Watcher* watcher : shared_->watchers) {
    if (watcher->overflown_) continue;
    if (watcher->queue_.size() < kQueuedMax) {
      watcher->queue_.push_back({kind, entry});
    } else {
      watcher->overflown_ = true;
    }
    watcher->wake_();
  }
}

std::shared_ptr<Events::Watcher> Events::Watch(std::function<void()> wake) {
  auto watcher = std::make_shared<Watcher>();
  watcher->shared_ = shared_;
  watcher->wake_ = std::move(wake);
  std::lock_guard lock(shared_->mutex);
  watcher->place_ = shared_->watchers.insert(shared_->watchers.end(), watcher.get());
  return watcher;
}

}  // namespace mutoscope::catalog
