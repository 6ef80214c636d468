// FetchChunksResponse messages put together by hand, so that payload bytes are referenced, not copied.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <vector>

#include "query/deliver.h"

namespace mutoscope::redap {

// The serialized FetchChunksResponse that holds these chunks. Payload buffers live until gRPC has sent them.
grpc::ByteBuffer EncodeFetchChunksResponse(const std::vector<query::DeliveredChunk>& chunks);

}  // namespace mutoscope::redap
