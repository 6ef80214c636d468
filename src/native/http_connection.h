// A blocking HTTP/1.1 connection that posts a body and reads the answer piece by piece.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arrow/io/interfaces.h"
#include "arrow/result.h"

namespace mutoscope::native {

// Not thread-safe, but for Interrupt().
class HttpConnection {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // HOST:PORT. UNAVAILABLE saying why.
  static arrow::Result<std::unique_ptr<HttpConnection>> Open(const std::string& address, std::chrono::nanoseconds timeout);
  virtual ~HttpConnection() = default;

  // Sends the request and reads the header of the answer.
  virtual arrow::Status Post(const std::string& path, const Headers& headers, const std::string& body) = 0;
  // The same for a body that is read piece by piece. A server that answers before it has all of it is heard.
  virtual arrow::Status SendFile(const std::string& method, const std::string& path, const Headers& headers,
                                 arrow::io::RandomAccessFile& body) = 0;
  virtual int status() const = 0;
  // Of a header of the answer; empty if it is not there.
  virtual std::string Header(const std::string& name) const = 0;
  // Fills `out`; false at the end of the body, if nothing was read. UNAVAILABLE if the body ends within.
  virtual arrow::Result<bool> Read(uint8_t* out, size_t bytes) = 0;
  // The answer was read to its end, and another may follow.
  virtual bool reusable() const = 0;
  // From any thread: ends what is going on.
  virtual void Interrupt() = 0;
};

}  // namespace mutoscope::native
