#include "net/static_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace mutoscope::net {
namespace {

using FilePtr = std::shared_ptr<const storage::File>;

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kContentTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".wasm", "application/wasm"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".ttf", "font/ttf"},
    {".txt", "text/plain; charset=utf-8"},
}};

std::string_view ContentTypeOf(std::string_view name) {
  for (const auto& [ending, type] : kContentTypes) {
    if (name.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool IsPlainName(std::string_view name) {
  while (true) {
    const size_t slash = name.find('/');
    const std::string_view part = name.substr(0, slash);
    if (part.empty() || part.front() == '.' || !std::all_of(part.begin(), part.end(), IsNameCharacter)) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

// Whether a list such as "gzip;q=0.5, br" has the token, and not with a weight of zero.
bool Lists(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (item.starts_with(' ')) item.remove_prefix(1);
    const size_t end = std::min(item.find_first_of("; "), item.size());
    const std::string_view weight = item.substr(end);
    if (item.substr(0, end) == token)
      return weight.find("q=0") == std::string_view::npos || weight.find("q=0.") != std::string_view::npos;
  }
  return false;
}

std::string EtagOf(const storage::File& file, bool compressed) {
  return fmt::format("\"{:x}-{:x}{}\"", file.identity().mtime_ns, file.size(), compressed ? "-gz" : "");
}

bool HasCopy(const std::string& if_none_match, const std::string& etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string::npos;
}

// The compressed copy if the client takes it and it is not older.
FilePtr CompressedCopy(const std::string& path, const storage::File& plain, const HttpHead& head) {
  if (!Lists(head.Header("accept-encoding"), "gzip")) return nullptr;
  FilePtr copy = storage::File::Open(path + ".gz").ValueOr(nullptr);
  return copy != nullptr && copy->identity().mtime_ns >= plain.identity().mtime_ns ? copy : nullptr;
}

}  // namespace

HttpReply ServeFile(const std::string& directory, std::string_view name, const HttpHead& head) {
  const std::string path = directory + "/" + std::string(name);
  const FilePtr plain = IsPlainName(name) ? storage::File::Open(path).ValueOr(nullptr) : nullptr;
  if (plain == nullptr) return {404, {}, fmt::format("there is no file {}\n", name.substr(0, 200)), nullptr};
  const FilePtr compressed = CompressedCopy(path, *plain, head);
  const FilePtr& file = compressed != nullptr ? compressed : plain;
  const std::string etag = EtagOf(*file, compressed != nullptr);
  HttpReply reply;
  reply.headers = {{"Content-Type", std::string(ContentTypeOf(name))},
                   {"ETag", etag},
                   {"Cache-Control", "no-cache"},  // asks every time whether it changed
                   {"Vary", "Accept-Encoding"}};
  if (compressed != nullptr) reply.headers.emplace_back("Content-Encoding", "gzip");
  if (HasCopy(head.Header("if-none-match"), etag)) {
    reply.status = 304;
    return reply;
  }
  // The viewer's page shows the progress of its download with it.
  reply.headers.emplace_back("rerun-final-length", fmt::format("{}", plain->size()));
  reply.file = file;
  return reply;
}

}  // namespace mutoscope::net
