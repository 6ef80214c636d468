// Any bytes as the parts of a footer.
#include "fuzz.h"
#include "rrd/footer.h"
#include "rrd/store_id.h"
#include "rrd/stream_header.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) { return SilenceProtobuf(); }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using mutoscope::fuzz::Require;
  namespace rrd = mutoscope::rrd;
  const std::span<const uint8_t> bytes(data, size);
  (void)rrd::ParseStreamHeader(bytes);
  (void)rrd::ParseSetStoreInfo(bytes);
  (void)rrd::FooterChecksum(bytes);
  Require(rrd::FooterLength(bytes) <= size, "a footer is no longer than its bytes");
  if (rrd::FooterAtEnd(bytes)) Require(size >= rrd::kStreamFooterBytes, "a footer is not made of nothing");
  const auto manifests = rrd::ParseFooterPayload(bytes);
  if (!manifests.ok()) return 0;
  for (const auto& manifest : *manifests) {
    Require(manifest.places.size() == static_cast<size_t>(manifest.manifest.chunks->num_rows()),
            "a manifest has a row for each chunk");
    mutoscope::fuzz::RequireOk(manifest.manifest.chunks->ValidateFull(), "a manifest batch is valid");
  }
  return 0;
}
