// Any bytes as the serialized filter of a query (mutoscope.v1).
#include "arrow/buffer.h"
#include "arrow/compute/initialize.h"
#include "base/status.h"
#include "fuzz.h"
#include "native/expression_codec.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  mutoscope::fuzz::RequireOk(arrow::compute::Initialize(), "Arrow's functions can be registered");
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace fuzz = mutoscope::fuzz;
  namespace native = mutoscope::native;
  const auto decoded = native::DecodeExpression(std::make_shared<arrow::Buffer>(data, static_cast<int64_t>(size)));
  if (!decoded.ok()) {
    fuzz::Require(mutoscope::base::CodeOf(decoded.status()) == mutoscope::base::Code::kInvalidArgument,
                  "what cannot be decoded is an invalid argument");
    return 0;
  }
  (void)decoded->ToString();
  const auto encoded = native::EncodeExpression(*decoded);
  fuzz::RequireOk(encoded.status(), "a decoded filter can be encoded");
  if ((*encoded)->size() <= native::kExpressionBytesMax) {
    fuzz::RequireOk(native::DecodeExpression(*encoded).status(), "an encoded filter can be decoded");
  }
  return 0;
}
