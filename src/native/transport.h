// How calls reach a server: bytes in, bytes out. One implementation over gRPC, one over gRPC-web on a plain socket (for forked
// processes, where gRPC does not work), one that calls the handlers of this process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/io/interfaces.h"
#include "arrow/result.h"

namespace mutoscope::native {

using Metadata = std::vector<std::pair<std::string, std::string>>;
// One message, in the pieces in which it was received.
using Pieces = std::vector<std::shared_ptr<arrow::Buffer>>;

// The answer to a streaming call. Not thread-safe, but for Cancel(). Destroying it ends the call.
class MessageStream {
 public:
  virtual ~MessageStream() = default;
  // The next message; absent at the end of the stream. The error of the call; CANCELLED soon after Cancel().
  virtual arrow::Result<std::optional<Pieces>> Next() = 0;
  // What the server said last; complete once Next() has told of the end.
  virtual Metadata TrailingMetadata() const = 0;
  virtual void Cancel() = 0;
};

// The next message of a client's stream; absent at its end. An error is the error of the call, of which then nothing remains.
using NextRequest = std::function<arrow::Result<std::optional<std::string>>()>;

// An HTTP request that a server asked for; its body is the file.
struct HttpUpload {
  std::string method;
  std::string url;  // absolute, or path and query if `same_origin`
  bool same_origin = false;
  Metadata headers;
};

// Thread-safe. `method` is "/package.Service/Method". Errors carry the code that the server sent; UNAVAILABLE names the server.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual arrow::Result<Pieces> Unary(const std::string& method, const Metadata& metadata, std::string request) = 0;
  virtual arrow::Result<std::unique_ptr<MessageStream>> Stream(const std::string& method, const Metadata& metadata,
                                                               std::string request) = 0;
  // `next` is called from this thread.
  virtual arrow::Result<Pieces> ClientStream(const std::string& method, const Metadata& metadata, const NextRequest& next) = 0;
  virtual arrow::Status Upload(const HttpUpload& upload, arrow::io::RandomAccessFile& content) = 0;
};

}  // namespace mutoscope::native
