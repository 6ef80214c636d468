#include "catalog/sources.h"

#include <filesystem>

#include "base/status.h"

namespace mutoscope::catalog {
namespace {

constexpr const char* kDefaultLayer = "base";

arrow::Status ExpandPrefix(const storage::SourcePolicy& policy, const DataSource& source, const std::string& layer,
                           std::vector<SourceFile>* files) {
  auto directory = policy.Resolve(source.url);
  if (base::CodeOf(directory.status()) == base::Code::kNotFound) {
    return base::InvalidArgument("prefix '{}': no such directory", source.url);  // redap.md §5.4
  }
  ARROW_RETURN_NOT_OK(directory.status());
  ARROW_ASSIGN_OR_RAISE(const auto paths, storage::ListRecordings(*directory));
  if (paths.empty()) return base::InvalidArgument("prefix '{}': no .rrd file in it", source.url);
  for (const std::string& path : paths) {
    auto resolved = policy.Resolve(path);
    files->push_back({resolved.ok() ? *resolved : path, layer, true, resolved.status()});
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::vector<SourceFile>> ExpandSources(const storage::SourcePolicy& policy,
                                                     const std::vector<DataSource>& sources) {
  if (sources.empty()) return base::InvalidArgument("no data sources to register");
  std::vector<SourceFile> files;
  for (const DataSource& source : sources) {
    const std::string layer = source.layer.empty() ? kDefaultLayer : source.layer;
    if (source.prefix) {
      ARROW_RETURN_NOT_OK(ExpandPrefix(policy, source, layer, &files));
      continue;
    }
    ARROW_ASSIGN_OR_RAISE(std::string path, policy.Resolve(source.url));
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
      return base::NotFound("'{}' is a directory: name a file, or register it as a prefix", source.url);
    }
    files.push_back({std::move(path), layer, false, arrow::Status::OK()});
  }
  return files;
}

}  // namespace mutoscope::catalog
