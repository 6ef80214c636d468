#include "catalog/recordings.h"

#include "base/status.h"
#include "catalog/recording_paths.h"
#include "catalog/register.h"

namespace mutoscope::catalog {

WriteQuota::~WriteQuota() { state_->unfinished_write_bytes -= taken_; }

arrow::Status WriteQuota::Take(uint64_t bytes) {
  const uint64_t before = state_->unfinished_write_bytes.fetch_add(bytes);
  taken_ += bytes;
  if (before + bytes <= kUnfinishedWriteBytesMax) return arrow::Status::OK();
  return base::ResourceExhausted(
      "unfinished writes have {} bytes already, and {} more come: at most {} are allowed; finish some first", before, bytes,
      kUnfinishedWriteBytesMax);
}

std::string Recordings::NewPath(const EntryId& dataset, std::string_view segment_id) const {
  return RecordingPath(state_->recordings_directory, dataset, segment_id, state_->next_pack++);
}

arrow::Result<std::vector<RegisteredSource>> Recordings::Register(const EntryId& dataset, const std::vector<std::string>& paths,
                                                                  const std::string& layer, OnDuplicate on_duplicate) const {
  std::vector<DataSource> sources;
  for (const std::string& path : paths) sources.push_back({path, layer, false});
  Catalog::RegisterOptions options;
  options.on_duplicate = on_duplicate;
  options.all_or_none = true;
  return RegisterSources(*state_, dataset, sources, options);
}

}  // namespace mutoscope::catalog
