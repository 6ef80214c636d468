#include "query/chunk_times.h"

#include "chunk/head.h"

namespace mutoscope::query {

std::span<const int64_t> ChunkTimes::Of(std::string_view timeline) const {
  for (size_t i = 0; i < timelines.size(); ++i) {
    if (timelines[i].name == timeline) return times[i];
  }
  return {};
}

arrow::Result<ChunkTimes> LoadTimes(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot,
                                    const catalog::Layer& layer, const index::ChunkInfo& info) {
  if (auto rows = catalog.Rows(snapshot.dataset.entry.id, layer.id, info.ordinal)) {
    return ChunkTimes{static_cast<int64_t>(rows->row_ids.size()), rows->row_ids_sorted, std::move(rows->timelines),
                      std::move(rows->times)};
  }
  ARROW_ASSIGN_OR_RAISE(const auto file, catalog.OpenLayer(layer));
  ARROW_ASSIGN_OR_RAISE(const auto message, rrd::ReadArrowMsgHead(*file, info.place));
  ARROW_ASSIGN_OR_RAISE(auto head, chunk::ReadChunkHead(*file, message));
  return ChunkTimes{head.num_rows, head.row_ids_sorted, std::move(head.timelines), std::move(head.times)};
}

}  // namespace mutoscope::query
