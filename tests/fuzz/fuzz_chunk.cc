// Any bytes as the Arrow IPC stream of a chunk: decoded whole, by its head, and encoded again.
#include "chunk/chunk.h"
#include "chunk/head.h"
#include "fuzz.h"

namespace mutoscope::fuzz {
namespace {

void CheckChunk(const chunk::Chunk& chunk) {
  RequireOk(chunk.batch->ValidateFull(), "a decoded chunk is valid");
  Require(chunk.batch->num_columns() == static_cast<int>(1 + chunk.timelines.size() + chunk.components.size()),
          "a chunk has its row ids, index and component columns");
  RequireOk(chunk::SortedByRowId(chunk).status(), "a decoded chunk can be sorted");
  const auto encoded = chunk::EncodeChunk(chunk);
  RequireOk(encoded.status(), "a decoded chunk can be encoded");
  const auto again = chunk::DecodeChunk(arrow::ConcatenateBuffers(*encoded).ValueOrDie());
  RequireOk(again.status(), "an encoded chunk can be decoded");
  Require(again->num_rows() == chunk.num_rows() && again->components == chunk.components && again->timelines == chunk.timelines,
          "encoding keeps rows and columns");
}

}  // namespace
}  // namespace mutoscope::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) { return SilenceProtobuf(); }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace fuzz = mutoscope::fuzz;
  namespace chunk = mutoscope::chunk;
  auto ipc = arrow::AllocateBuffer(static_cast<int64_t>(size)).ValueOrDie();
  std::copy_n(data, size, ipc->mutable_data());
  const auto decoded = chunk::DecodeChunk(std::move(ipc));
  if (decoded.ok()) fuzz::CheckChunk(*decoded);

  const fuzz::MemoryFile file({data, size});
  mutoscope::rrd::ArrowMsgHead message;
  message.uncompressed_size = message.payload_size = size;
  const auto head = chunk::ReadChunkHead(*file, message);
  if (!head.ok()) return 0;
  fuzz::Require(head->row_ids.size() == static_cast<size_t>(head->num_rows), "a head has a row id for each row");
  fuzz::Require(head->times.size() == head->timelines.size(), "a head has times for each timeline");
  for (const auto& times : head->times) fuzz::Require(times.size() == head->row_ids.size(), "a head has a time for each row");
  if (decoded.ok()) fuzz::Require(head->num_rows == decoded->num_rows(), "the head and the whole agree");
  return 0;
}
