#include "query/clear_rows.h"

#include <algorithm>

#include "arrow/array.h"
#include "base/status.h"
#include "chunk/canonical.h"
#include "chunk/chunk.h"

namespace mutoscope::query {
namespace {

arrow::Status ReadFlags(const chunk::Chunk& chunk, std::vector<ClearRow>* rows) {
  const auto found = std::ranges::find(chunk.components, chunk::kClearComponent, &chunk::Descriptor::component);
  if (found == chunk.components.end())
    return base::DataLoss("the manifest promises a component '{}' that the chunk lacks", chunk::kClearComponent);
  const auto column = chunk.batch->column(chunk.component_column(static_cast<size_t>(found - chunk.components.begin())));
  if (column->type_id() != arrow::Type::LIST)
    return base::DataLoss("Clear:is_recursive is a {}, no list", column->type()->ToString());
  const auto& lists = static_cast<const arrow::ListArray&>(*column);
  const auto* flags =
      lists.values()->type_id() == arrow::Type::BOOL ? static_cast<const arrow::BooleanArray*>(lists.values().get()) : nullptr;
  for (int64_t i = 0; i < lists.length(); ++i) {
    auto& row = (*rows)[static_cast<size_t>(i)];
    row.is_null = lists.IsNull(i);
    if (row.is_null) continue;
    row.instances = static_cast<size_t>(lists.value_length(i));
    const int64_t first = lists.value_offset(i);
    row.is_recursive = row.instances > 0 && flags != nullptr && flags->IsValid(first) && flags->Value(first);
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<ClearChunk> ReadClears(const catalog::Catalog& catalog, const catalog::Layer& layer, const index::ChunkInfo& info) {
  ARROW_ASSIGN_OR_RAISE(const auto file, catalog.OpenLayer(layer));
  ARROW_ASSIGN_OR_RAISE(const auto head, rrd::ReadArrowMsgHead(*file, info.place));
  ARROW_ASSIGN_OR_RAISE(auto payload, rrd::ReadPayload(*file, head));
  ARROW_ASSIGN_OR_RAISE(const auto chunk, chunk::DecodeChunk(std::move(payload)));
  ClearChunk clears;
  clears.rows.resize(static_cast<size_t>(chunk.num_rows()));
  const auto& ids = static_cast<const arrow::FixedSizeBinaryArray&>(*chunk.batch->column(0));
  for (int64_t i = 0; i < chunk.num_rows(); ++i)
    clears.rows[static_cast<size_t>(i)].row_id = base::Tuid::FromBytes(ids.GetValue(i));
  for (size_t timeline = 0; timeline < chunk.timelines.size(); ++timeline) {
    clears.timelines.push_back(chunk.timelines[timeline].name);
    const auto column = chunk.batch->column(chunk.time_column(timeline));
    const int64_t* times = chunk::TimesOf(*column);
    for (auto& row : clears.rows) row.times.push_back(*times++);
  }
  for (size_t i = 0; i < chunk.components.size(); ++i) {
    if (chunk.components[i].component == chunk::kClearComponent) continue;
    const auto column = chunk.batch->column(chunk.component_column(i));
    for (int64_t row = 0; row < column->length(); ++row) {
      if (column->IsValid(row)) clears.rows[static_cast<size_t>(row)].values.push_back(chunk.components[i].component);
    }
  }
  ARROW_RETURN_NOT_OK(ReadFlags(chunk, &clears.rows));
  return clears;
}

}  // namespace mutoscope::query
