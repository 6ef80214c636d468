// What happens to entries, told to whoever watches (redap.md §5.5).
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "arrow/result.h"
#include "catalog/entry.h"

namespace mutoscope::catalog {

enum class EventKind { kEntryCreated, kEntryDeleted };

struct Event {
  EventKind kind = EventKind::kEntryCreated;
  EntryId entry;
};

// Thread-safe. Holds no thread and calls no code of its watchers but their `wake`.
class Events {
 public:
  static constexpr size_t kQueuedMax = 1024;  // events that a watcher has not taken yet

  // What was published since the watching began. Ends with its last reference; may outlive Events.
  class Watcher {
   public:
    ~Watcher();
    // The next event; none if there is none now: `wake` is called when there is. RESOURCE_EXHAUSTED, after the queued events, for
    // a watcher that was so slow that one was lost.
    arrow::Result<std::optional<Event>> Next();

   private:
    friend class Events;
    struct Shared;
    std::shared_ptr<Shared> shared_;
    std::function<void()> wake_;
    std::deque<Event> queue_;
    bool overflown_ = false;
    std::list<Watcher*>::iterator place_;
  };

  Events();
  // To be called once the change is durable, inside the database's lock (the second argument of Database::Write), so that events
  // come in the order of the changes. Not for the hidden datasets.
  void Publish(EventKind kind, const EntryId& entry);
  // `wake` is called from any thread, with locks held: it must return at once and not call back.
  std::shared_ptr<Watcher> Watch(std::function<void()> wake);

 private:
  const std::shared_ptr<Watcher::Shared> shared_;
};

}  // namespace mutoscope::catalog
