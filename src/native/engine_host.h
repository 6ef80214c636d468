// The catalog and the engine of a data directory: what an embedded catalog and a server share.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "arrow/result.h"
#include "catalog/catalog.h"
#include "live/recorder.h"
#include "mutoscope/catalog.h"
#include "native/process_check.h"
#include "query/engine.h"
#include "query/find.h"
#include "redap/call.h"

namespace mutoscope::native {

struct HostOptions {
  catalog::CatalogOptions catalog;
  query::EngineOptions engine;
  query::FindOptions find;
  std::optional<std::chrono::nanoseconds> register_wait;  // redap::Engine
  std::function<void(const std::string& line)> log;       // redap::Engine
  std::string record_to;  // name of the dataset that live streams are recorded into; empty = they are refused
};

HostOptions ToHostOptions(const CatalogOptions& options);

// Shared by all that use the directory; the last one closes it. Thread-safe.
class EngineHost {
 public:
  // As Catalog::Open.
  static arrow::Result<std::shared_ptr<EngineHost>> Open(const HostOptions& options);
  ~EngineHost();

  // FAILED_PRECONDITION in a forked child: the threads that do the work are the parent's.
  arrow::Status CheckProcess() const;

  catalog::Catalog& catalog() const { return *catalog_; }
  const query::Engine& engine() const { return *engine_; }
  const std::string& data_directory() const { return data_directory_; }
  // What the redap handlers work on.
  const redap::Engine& redap() const { return redap_; }
  live::Recorder* recorder() const { return recorder_.get(); }  // null without HostOptions::record_to

 private:
  EngineHost(std::unique_ptr<catalog::Catalog> catalog, const HostOptions& options);

  const ProcessCheck process_;
  const std::string data_directory_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<query::Engine> engine_;  // before the catalog goes, this goes
  redap::Engine redap_;
  std::unique_ptr<live::Recorder> recorder_;
};

// The public catalog over it.
std::shared_ptr<Catalog> EmbeddedCatalog(std::shared_ptr<EngineHost> host);

}  // namespace mutoscope::native
