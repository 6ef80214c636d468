#include <algorithm>
#include <cctype>

#include "base/status.h"
#include "redap/columns.h"
#include "redap/handlers.h"
#include "redap/manifest_schema.h"

namespace mutoscope::redap {
namespace {

// Clients name sources as URLs; a path would be one of the server's working directory.
bool HasScheme(std::string_view url) {
  const size_t end = url.find("://");
  if (end == url.npos || end == 0) return false;
  return std::all_of(url.begin(), url.begin() + static_cast<std::ptrdiff_t>(end),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.'; });
}

arrow::Result<catalog::DataSource> FromProto(const cloud::DataSource& source) {
  if (!source.has_storage_url() || source.storage_url().empty())
    return base::InvalidArgument("data source: the storage_url is missing");
  if (source.typ() != cloud::DATA_SOURCE_KIND_RRD) {
    return base::InvalidArgument("data source '{}': its type is not RRD, the only one there is", source.storage_url());
  }
  if (!HasScheme(source.storage_url())) {
    return base::InvalidArgument("data source '{}': expected a URL such as file:///data/a.rrd, found no scheme",
                                 source.storage_url());
  }
  return catalog::DataSource{source.storage_url(), source.layer(), source.prefix()};
}

arrow::Result<catalog::OnDuplicate> FromProto(common::IfDuplicateBehavior behavior) {
  switch (behavior) {
    case common::IF_DUPLICATE_BEHAVIOR_UNSPECIFIED:
    case common::IF_DUPLICATE_BEHAVIOR_SKIP:
      return catalog::OnDuplicate::kSkip;
    case common::IF_DUPLICATE_BEHAVIOR_OVERWRITE:
      return catalog::OnDuplicate::kOverwrite;
    case common::IF_DUPLICATE_BEHAVIOR_ERROR:
      return catalog::OnDuplicate::kError;
    default:
      return base::InvalidArgument("on_duplicate {} is unknown", static_cast<int>(behavior));
  }
}

}  // namespace

arrow::Status RegisterWithDataset(const Call& call, const cloud::RegisterWithDatasetRequest& request,
                                  cloud::RegisterWithDatasetResponse* response) {
  ARROW_ASSIGN_OR_RAISE(const auto dataset, EntryOf(call));
  std::vector<catalog::DataSource> sources;
  for (const auto& source : request.data_sources()) {
    ARROW_ASSIGN_OR_RAISE(sources.emplace_back(), FromProto(source));
  }
  catalog::Catalog::RegisterOptions options;
  ARROW_ASSIGN_OR_RAISE(options.on_duplicate, FromProto(request.on_duplicate()));
  options.wait = call.engine.register_wait;
  ARROW_ASSIGN_OR_RAISE(const auto registered, call.engine.catalog.Register(dataset, sources, options));

  std::vector<std::string> segments, layers, types, urls, tasks;
  for (const auto& row : registered) {
    segments.push_back(row.segment_id);
    layers.push_back(row.layer);
    types.emplace_back("rrd");
    urls.push_back(row.storage_url);
    tasks.push_back(row.task_id);
  }
  Table table;
  const auto text = [&](const char* name, const std::vector<std::string>& values) {
    return table.Add(MakeField(name, arrow::utf8(), false), TextColumn(values));
  };
  ARROW_RETURN_NOT_OK(text("rerun_segment_id", segments));
  ARROW_RETURN_NOT_OK(text("rerun_segment_layer", layers));
  ARROW_RETURN_NOT_OK(text("rerun_segment_type", types));
  ARROW_RETURN_NOT_OK(text("rerun_storage_url", urls));
  ARROW_RETURN_NOT_OK(text("rerun_task_id", tasks));
  ARROW_ASSIGN_OR_RAISE(*response->mutable_data(), ToProto(*table.ToBatch(static_cast<int64_t>(registered.size()))));
  return arrow::Status::OK();
}

arrow::Result<Generator<cloud::UnregisterFromDatasetResponse>> UnregisterFromDataset(
    const Call& call, const cloud::UnregisterFromDatasetRequest& request) {
  ARROW_ASSIGN_OR_RAISE(const auto dataset, EntryOf(call));
  std::vector<std::string> segments;
  for (const auto& segment : request.segments_to_drop()) {
    if (!segment.has_id()) return base::InvalidArgument("unregister: a segment to drop has no id");
    segments.push_back(segment.id());
  }
  const std::vector<std::string> layers(request.layers_to_drop().begin(), request.layers_to_drop().end());
  if (std::find(layers.begin(), layers.end(), "") != layers.end()) {
    return base::InvalidArgument("unregister: a layer to drop has an empty name");
  }
  ARROW_RETURN_NOT_OK(call.engine.catalog.Unregister(dataset, segments, layers).status());
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, call.engine.catalog.Snapshot(dataset));
  const auto schema = DatasetManifestSchema(*snapshot);
  ARROW_ASSIGN_OR_RAISE(
      const auto empty,
      arrow::RecordBatch::MakeEmpty(arrow::schema(arrow::FieldVector(schema->fields().begin(), schema->fields().begin() + 10))));
  std::vector<cloud::UnregisterFromDatasetResponse> responses(1);
  ARROW_ASSIGN_OR_RAISE(*responses[0].mutable_data(), ToProto(*empty));
  responses[0].mutable_task_id()->set_id("done");  // the work is done: no task waits, and unknown tasks succeed
  return Each(std::move(responses));
}

}  // namespace mutoscope::redap
