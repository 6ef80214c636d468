// The catalog and the engine of a data directory: what an embedded catalog and a server share.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "arrow/result.h"
#include "catalog/catalog.h"
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
  // What the redap handlers work on.
  const redap::Engine& redap() const { return redap_; }

 private:
  EngineHost(std::unique_ptr<catalog::Catalog> catalog, const HostOptions& options);

  const ProcessCheck process_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<query::Engine> engine_;  // before the catalog goes, this goes
  redap::Engine redap_;
};

// The public catalog over it.
std::shared_ptr<Catalog> EmbeddedCatalog(std::shared_ptr<EngineHost> host);

}  // namespace mutoscope::native
