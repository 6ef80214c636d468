// Registers what the command line names, behind the running server.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "catalog/catalog.h"
#include "net/server.h"

namespace mutoscope::cli {

struct NamedPath {
  std::string dataset;
  std::string path;  // a directory or a file
};

// Starts working when constructed; the destructor waits for the transaction that is under way.
class StartupRegistration {
 public:
  StartupRegistration(catalog::Catalog& catalog, std::vector<NamedPath> datasets);
  ~StartupRegistration();

  // Not ready, with counts, until everything named was looked at.
  net::Readiness readiness() const;

 private:
  void Run();
  arrow::Status RegisterOne(const NamedPath& named);
  void SetText(std::string text);

  catalog::Catalog& catalog_;
  const std::vector<NamedPath> datasets_;
  std::atomic<bool> done_ = false;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::string text_;
  std::thread thread_;
};

}  // namespace mutoscope::cli
