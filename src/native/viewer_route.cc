#include "native/viewer_route.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "net/static_files.h"

namespace mutoscope::native {
namespace {

constexpr std::string_view kPath = "/viewer";

bool HasUrl(std::string_view query) { return query.starts_with("url=") || query.find("&url=") != std::string_view::npos; }

// "name:port" or "[::1]:port" as browsers write it; nothing else may get into the Location header.
bool IsHost(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".-_:[]").find(c) != std::string_view::npos;
  });
}

std::string Encoded(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += std::string_view(":/+[]").find(c) == std::string_view::npos ? std::string(1, c) : fmt::format("%{:02X}", c);
  return out;
}

// To the page that shows this server's catalog; other parameters, such as renderer=webgl, are kept.
net::HttpReply ToCatalog(const net::HttpHead& head) {
  const std::string& host = head.Header("host");
  if (!IsHost(host)) return {400, {}, "the request has no Host header that names this server\n", nullptr};
  const bool behind_tls = head.Header("x-forwarded-proto") == "https";
  std::string location = fmt::format("{}/?url={}", kPath, Encoded((behind_tls ? "rerun+https://" : "rerun+http://") + host));
  if (!head.query.empty()) location += "&" + head.query;
  return {302, {{"Location", location}, {"Cache-Control", "no-store"}}, "", nullptr};
}

net::HttpReply NotInstalled(const std::string& directory) {
  return {404,
          {},
          fmt::format("There is no viewer in '{0}' on this server. Take it out of an installed rerun-sdk with\n\n"
                      "    python -m mutoscope.viewer {0}\n\n"
                      "or name a directory that has one with `mutoscope serve --viewer DIR`.\n",
                      directory),
          nullptr};
}

}  // namespace

net::HttpRoute ViewerRoute(std::string directory) {
  using Start = std::variant<net::HttpReply, std::unique_ptr<net::HttpBody>>;
  return {std::string(kPath), {"GET"}, [directory = std::move(directory)](const net::HttpHead& head) -> Start {
            std::error_code error;
            if (!std::filesystem::exists(directory + "/index.html", error)) return NotInstalled(directory);
            const std::string_view name = std::string_view(head.path).substr(std::min(head.path.size(), kPath.size() + 1));
            if (!name.empty()) return net::ServeFile(directory, name, head);
            // The page's own links are relative to /viewer/.
            if (head.path == kPath || !HasUrl(head.query)) {
              if (HasUrl(head.query))
                return net::HttpReply{302, {{"Location", fmt::format("{}/?{}", kPath, head.query)}}, "", nullptr};
              return ToCatalog(head);
            }
            return net::ServeFile(directory, "index.html", head);
          }};
}

}  // namespace mutoscope::native
