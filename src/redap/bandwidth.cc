#include <random>

#include "base/status.h"
#include "redap/handlers.h"

namespace mutoscope::redap {
namespace {

constexpr uint64_t kBytesMax = uint64_t{32} << 20;
constexpr uint64_t kMessageBytes = uint64_t{1} << 20;

// Bytes that do not compress.
void FillRandomly(std::mt19937_64& random, std::string* bytes) {
  for (size_t at = 0; at < bytes->size(); at += sizeof(uint64_t)) {
    const uint64_t word = random();
    bytes->replace(at, std::min(sizeof word, bytes->size() - at), reinterpret_cast<const char*>(&word),
                   std::min(sizeof word, bytes->size() - at));
  }
}

}  // namespace

arrow::Result<Generator<cloud::DoBandwidthTestResponse>> DoBandwidthTest(const Call&,
                                                                         const cloud::DoBandwidthTestRequest& request) {
  if (request.num_bytes() > kBytesMax) {
    return base::InvalidArgument("bandwidth test: num_bytes is {}, at most {} are sent", request.num_bytes(), kBytesMax);
  }
  return [left = request.num_bytes(), random = std::mt19937_64(std::random_device()())](
             cloud::DoBandwidthTestResponse* out) mutable -> arrow::Result<Produced> {
    if (left == 0) return Produced::kNothing;
    const uint64_t count = std::min(left, kMessageBytes);
    out->mutable_payload()->resize(count);
    FillRandomly(random, out->mutable_payload());
    left -= count;
    return left == 0 ? Produced::kLastMessage : Produced::kMessage;
  };
}

}  // namespace mutoscope::redap
