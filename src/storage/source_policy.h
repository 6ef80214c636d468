// Which files a client may name. The peer reads any file that any client names; we read only what the operator allowed.
#pragma once

#include <string>
#include <vector>

#include "arrow/result.h"

namespace mutoscope::storage {

// Immutable, thread-safe.
class SourcePolicy {
 public:
  // `roots`: directories or single files, made canonical here (symlinks resolved). NOT_FOUND for a root that does not exist.
  static arrow::Result<SourcePolicy> Make(const std::vector<std::string>& roots);

  // The canonical absolute path (symlinks resolved) of a source named by a client: a file:// URI without host (percent-decoded),
  // an absolute path, or a path relative to the server's working directory. INVALID_ARGUMENT for other schemes (naming the ones
  // that work) or a malformed URI, NOT_FOUND if nothing is there, PERMISSION_DENIED naming the path and --allow-path if its
  // canonical form lies under no root (a symlink that leads outside is outside), whether or not something is there.
  arrow::Result<std::string> Resolve(const std::string& uri_or_path) const;

  const std::vector<std::string>& roots() const { return roots_; }

 private:
  bool Allows(const std::string& path) const;

  std::vector<std::string> roots_;
};

// file:// URI of an absolute path, percent-encoded where needed.
std::string FileUri(const std::string& absolute_path);

// All *.rrd files under a directory, recursively, sorted by path; INVALID_ARGUMENT if it is no directory.
// Symlinked files are listed (Resolve() decides about them); symlinked directories are not entered.
arrow::Result<std::vector<std::string>> ListRecordings(const std::string& directory);

}  // namespace mutoscope::storage
