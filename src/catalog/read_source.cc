#include "catalog/read_source.h"

#include <algorithm>

#include "base/status.h"
#include "catalog/properties.h"

namespace mutoscope::catalog {
namespace {

constexpr size_t kFindingsListedMax = 8;

arrow::Result<StoreRead> ReadStore(const storage::File& file, const rrd::StoreContents& contents, SchemaPool* schemas,
                                   std::vector<rrd::Finding>* findings) {
  StoreRead out;
  out.store = contents.store;
  ARROW_ASSIGN_OR_RAISE(auto table, chunk::MakeChunkTable(file, contents, findings));
  table.schema = schemas->Share(table.schema_sha256, std::move(table.schema));
  out.time_ranges = chunk::SegmentTimeRanges(table);
  for (const chunk::ChunkRow& row : table.chunks) {
    out.size_bytes += row.place.message_size;
    out.all_static = out.all_static && row.is_static;
  }
  ARROW_ASSIGN_OR_RAISE(out.properties, ReadProperties(file, table, findings));
  out.table = std::make_shared<const chunk::ChunkTable>(std::move(table));
  return out;
}

std::string TextOf(const std::vector<rrd::Finding>& findings, const std::string& path) {
  if (findings.empty()) return "";
  std::string text = path + ":";
  for (size_t i = 0; i < std::min(findings.size(), kFindingsListedMax); ++i) {
    text += fmt::format("{} at offset {}: {}", i == 0 ? "" : ";", findings[i].offset, findings[i].what);
  }
  if (findings.size() > kFindingsListedMax) text += fmt::format("; and {} more", findings.size() - kFindingsListedMax);
  return text;
}

arrow::Result<SourceRead> Read(const std::string& path, rrd::StoreKind kind, SchemaPool* schemas) {
  ARROW_ASSIGN_OR_RAISE(const auto file, storage::File::Open(path));
  ARROW_ASSIGN_OR_RAISE(auto recording, rrd::ReadRecording(*file));
  SourceRead source;
  source.identity = file->identity();
  for (const rrd::StoreContents& contents : recording.stores) {
    if (contents.store.kind != kind) continue;
    ARROW_ASSIGN_OR_RAISE(StoreRead store, ReadStore(*file, contents, schemas, &recording.findings));
    source.stores.push_back(std::move(store));
  }
  source.findings = TextOf(recording.findings, path);
  return source;
}

}  // namespace

arrow::Result<SourceRead> ReadSource(const std::string& path, rrd::StoreKind kind, SchemaPool* schemas) {
  auto source = Read(path, kind, schemas);
  if (!source.ok() && source.status().message().find(path) == std::string::npos) return base::WithContext(source.status(), path);
  return source;
}

}  // namespace mutoscope::catalog
