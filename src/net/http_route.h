// Plain HTTP that other folders serve on the one port: uploads, files. Bodies may be larger than memory in both directions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "storage/file.h"

namespace mutoscope::net {

// A request without its body.
struct HttpHead {
  std::string method;                          // "PUT"
  std::string path;                            // as sent, without the query
  std::string query;                           // behind the '?', as sent
  std::map<std::string, std::string> headers;  // by lower-case name; the first of repeated ones
  std::optional<uint64_t> content_length;      // none: no body, or one in chunks

  // "" if there is none.
  const std::string& Header(const std::string& lower_case_name) const;
};

struct HttpReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // besides Content-Length and those of the connection
  std::string text;                                          // the body; without a Content-Type header it is text/plain
  std::shared_ptr<const storage::File> file = nullptr;       // the body if set; sent as it was long when opened
};

// Takes a request's body, piece by piece, in one thread at a time. Destroyed without Finish() if the client goes away, is too
// slow, or sends no HTTP: then nothing of it may remain.
class HttpBody {
 public:
  virtual ~HttpBody() = default;
  // A reply ends the request: the rest of the body is not read.
  virtual std::optional<HttpReply> Take(std::span<const uint8_t> bytes) = 0;
  virtual HttpReply Finish() = 0;
};

// Handlers may block: they run on threads of their own, not on the event loop.
struct HttpRoute {
  std::string path;                  // "/upload": this path and all below it
  std::vector<std::string> methods;  // "GET" includes HEAD
  // Decides from the head alone: a reply (the body is not read then), or what takes the body.
  std::function<std::variant<HttpReply, std::unique_ptr<HttpBody>>(const HttpHead& head)> start;
};

}  // namespace mutoscope::net
