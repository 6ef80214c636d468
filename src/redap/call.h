// What every handler gets: the engine, and what the request's headers say.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "arrow/result.h"
#include "catalog/catalog.h"
#include "query/find.h"
#include "redap/stop_signal.h"
#include "rerun/v1alpha1/common.pb.h"

namespace mutoscope::redap {

struct Engine {
  catalog::Catalog& catalog;
  std::string version;  // of this program, e.g. "0.1.0"
  query::FindOptions find;
  // How long RegisterWithDataset waits for its recordings to be visible before it answers with tasks that are pending still.
  // None: as long as it takes.
  std::optional<std::chrono::nanoseconds> register_wait;
  std::function<void(const std::string& line)> log;  // for what no answer has room for; may be empty
};

// One call. Valid until the call is done.
struct Call {
  const Engine& engine;
  std::optional<std::string> entry_id;    // header x-rerun-entry-id
  std::optional<std::string> entry_name;  // header x-rerun-entry-name-bin
  std::function<bool()> cancelled;        // has the client gone away?
  std::function<void()> wake;             // streams: ask the generator that answered Produced::kLater again (redap::Waker)
  // The same at that time, unless the handle is released before.
  std::function<std::shared_ptr<void>(std::chrono::steady_clock::time_point)> wake_at;
  std::shared_ptr<StopSignal> stop;  // of the server; never null
};

// The entry a call is about: header id or header name (datasets only). INVALID_ARGUMENT if there is none or if it is malformed
// (redap.md §6.1).
arrow::Result<catalog::EntryId> EntryOf(const Call& call);
// Of a method with the old body field, null if it is not set: header id or body, not the header name. INVALID_ARGUMENT also if
// they differ (redap.md §5.6).
arrow::Result<catalog::EntryId> EntryOf(const Call& call, const rerun::common::v1alpha1::EntryId* body);

// The dataset of a call, loaded.
arrow::Result<std::shared_ptr<const catalog::DatasetSnapshot>> SnapshotOf(const Call& call);

}  // namespace mutoscope::redap
