// Functions to call when something has changed.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace mutoscope::base {

// Thread-safe.
class Listeners {
 public:
  // Calls it at every Notify() until the handle is released, which waits for a call that is under way. It is called with a lock
  // held: it must return at once, and neither add nor release listeners. The handle may outlive this.
  [[nodiscard]] std::shared_ptr<void> Add(std::function<void()> listener) {
    std::lock_guard lock(state_->mutex);
    const auto place = state_->listeners.insert(state_->listeners.end(), std::move(listener));
    return {nullptr, [state = state_, place](void*) {
              std::lock_guard erasing(state->mutex);
              state->listeners.erase(place);
            }};
  }
  void Notify() const {
    std::lock_guard lock(state_->mutex);
    for (const auto& listener : state_->listeners) listener();
  }

 private:
  struct State {
    std::mutex mutex;
    std::list<std::function<void()>> listeners;
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace mutoscope::base
