#include "base/status.h"
#include "catalog/chunk_writer.h"
#include "redap/handlers.h"

namespace mutoscope::redap {
namespace {

class ChunkConsumer final : public Consumer<cloud::WriteChunksRequest, cloud::WriteChunksResponse> {
 public:
  explicit ChunkConsumer(std::unique_ptr<catalog::ChunkWriter> writer) : writer_(std::move(writer)) {}

  arrow::Status Take(cloud::WriteChunksRequest request) override {
    if (!request.has_chunk()) return base::InvalidArgument("WriteChunks: a message has no chunk");
    common::RerunChunk& chunk = *request.mutable_chunk();
    if (chunk.encoder_version() != common::ENCODER_VERSION_V0) {
      return base::InvalidArgument("WriteChunks: the encoder_version of a chunk is {}, expected 1",
                                   static_cast<int>(chunk.encoder_version()));
    }
    if (!chunk.has_payload()) return base::InvalidArgument("WriteChunks: a chunk has no payload");
    return writer_->Take(arrow::Buffer::FromString(std::move(*chunk.mutable_payload())));
  }

  arrow::Status Finish(cloud::WriteChunksResponse*) override { return writer_->Finish(); }

 private:
  std::unique_ptr<catalog::ChunkWriter> writer_;
};

}  // namespace

arrow::Result<std::unique_ptr<Consumer<cloud::WriteChunksRequest, cloud::WriteChunksResponse>>> WriteChunks(const Call& call) {
  ARROW_ASSIGN_OR_RAISE(const auto dataset, EntryOf(call));
  ARROW_ASSIGN_OR_RAISE(auto writer, catalog::ChunkWriter::Open(call.engine.catalog, dataset));
  return std::make_unique<ChunkConsumer>(std::move(writer));
}

}  // namespace mutoscope::redap
