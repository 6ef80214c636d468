#include "net/http_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "boost/beast/http/buffer_body.hpp"
#include "boost/beast/http/read.hpp"
#include "boost/beast/http/serializer.hpp"
#include "boost/beast/http/write.hpp"
#include "net/cors.h"
#include "net/http_routes.h"
#include "net/stream_io.h"

namespace mutoscope::net {
namespace {

namespace http = beast::http;

constexpr size_t kBlockBytes = 256 << 10;  // what one connection holds of a body, in either direction

using BodyParser = http::request_parser<http::buffer_body>;
using Head = http::request_header<>;

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

HttpHead HeadOf(const Head& header, std::optional<uint64_t> content_length) {
  const std::string_view target = View(header.target());
  const size_t path_end = std::min(target.find('?'), target.size());
  HttpHead head;
  head.method = std::string(View(header.method_string()));
  head.path = std::string(target.substr(0, path_end));
  head.query = path_end < target.size() ? std::string(target.substr(path_end + 1)) : std::string();
  for (const auto& field : header) {
    head.headers.emplace(LowerCase(View(field.name_string())), std::string(View(field.value())));
  }
  head.content_length = content_length;
  return head;
}

bool Allows(const HttpRoute& route, std::string_view method) {
  const std::string_view listed = method == "HEAD" ? "GET" : method;
  return std::find(route.methods.begin(), route.methods.end(), listed) != route.methods.end();
}

HttpReply MethodNotAllowed(const HttpRoute& route) {
  std::string allowed;
  for (const std::string& method : route.methods) {
    allowed += (allowed.empty() ? "" : ", ") + method + (method == "GET" ? ", HEAD" : "");
  }
  return {405, {{"Allow", allowed}}, fmt::format("{} answers {} only\n", route.path, allowed)};
}

// Runs `function` on the pool; the caller goes on, where it was, when that is done.
template <typename Function>
asio::awaitable<void> RunOn(asio::thread_pool& pool, Function& function) {
  auto body = [&function]() -> asio::awaitable<void> {
    function();
    co_return;
  };
  co_await asio::co_spawn(pool.get_executor(), body, asio::use_awaitable);
}

// One request of a route and its answer.
class Exchange {
 public:
  Exchange(const Http1Context& context, Connection& connection, beast::flat_buffer& buffer, HeadParser& parser,
           const HttpRoute& route)
      : context_(context), stream_(connection.stream), buffer_(buffer), parser_(std::move(parser)), route_(route) {}

  asio::awaitable<bool> Run() {
    std::optional<HttpReply> reply = co_await Answer();
    if (!reply) co_return false;
    co_return co_await Send(*reply);
  }

 private:
  const Head& head() const { return parser_.get().base(); }
  std::chrono::milliseconds timeout() const { return context_.options->limits.idle_timeout; }

  // None if the connection failed.
  asio::awaitable<std::optional<HttpReply>> Answer() {
    std::optional<HttpReply> reply;
    if (!Allows(route_, View(head().method_string()))) {
      reply = MethodNotAllowed(route_);
      co_return reply;
    }
    const auto length = parser_.content_length();
    const HttpHead request = HeadOf(head(), length ? std::optional<uint64_t>(*length) : std::nullopt);
    std::unique_ptr<HttpBody> body;
    auto start = [&] {
      auto started = route_.start(request);
      if (auto* replied = std::get_if<HttpReply>(&started)) reply = std::move(*replied);
      if (auto* taken = std::get_if<std::unique_ptr<HttpBody>>(&started)) body = std::move(*taken);
    };
    co_await RunOn(*context_.pool, start);
    if (reply) co_return reply;
    reply = co_await TakeBody(*body);
    auto drop = [&] { body.reset(); };
    co_await RunOn(*context_.pool, drop);
    co_return reply;
  }

  asio::awaitable<std::optional<HttpReply>> TakeBody(HttpBody& body) {
    std::optional<HttpReply> reply;
    if (const ErrorCode error = co_await AskForBody()) co_return reply;
    std::vector<uint8_t> block(kBlockBytes);
    size_t filled = 0;
    auto take = [&] { reply = body.Take(std::span<const uint8_t>(block.data(), filled)); };
    while (!parser_.is_done()) {
      const ErrorCode error = co_await Fill(block);
      if (error) {
        reply = ErrorReply(error);
        co_return reply;
      }
      filled = block.size() - parser_.get().body().size;
      if (filled > 0) co_await RunOn(*context_.pool, take);
      if (reply) co_return reply;
    }
    auto finish = [&] { reply = body.Finish(); };
    co_await RunOn(*context_.pool, finish);
    co_return reply;
  }

  asio::awaitable<ErrorCode> AskForBody() {
    ErrorCode error;
    if (beast::iequals(head()[http::field::expect], "100-continue")) {
      http::response<http::empty_body> go_on{http::status::continue_, 11};
      stream_.expires_after(timeout());
      co_await http::async_write(stream_, go_on, asio::redirect_error(asio::use_awaitable, error));
    }
    co_return error;
  }

  // Reads until the block is full or the body is complete.
  asio::awaitable<ErrorCode> Fill(std::vector<uint8_t>& block) {
    auto& body = parser_.get().body();
    body = {block.data(), block.size(), true};
    ErrorCode error;
    while (!error && !parser_.is_done() && body.size > 0) {
      stream_.expires_after(timeout());
      co_await http::async_read_some(stream_, buffer_, parser_, asio::redirect_error(asio::use_awaitable, error));
      if (error == http::error::need_buffer) error = {};  // the block is full
    }
    stream_.expires_never();
    co_return error;
  }

  // For a body that is no HTTP; none if there is nobody to answer.
  static std::optional<HttpReply> ErrorReply(ErrorCode error) {
    const bool is_parse_error = error.category() == http::make_error_code(http::error::bad_method).category();
    if (!is_parse_error || error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
    return HttpReply{400, {}, fmt::format("the request body is no HTTP/1.1: {}\n", error.message())};
  }

  asio::awaitable<bool> Send(const HttpReply& reply) {
    http::response<http::empty_body> response{static_cast<http::status>(reply.status), 11};
    response.set(http::field::content_type, "text/plain; charset=utf-8");
    response.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : reply.headers) response.set(name, value);
    AddCorsHeaders(head(), context_.options->cors_allow_origins, response);
    const uint64_t size = reply.file ? reply.file->size() : reply.text.size();
    const bool no_body = reply.status == 304 || reply.status == 204;
    if (!no_body) response.content_length(size);
    // What is left of a body that nobody wanted would be taken for the next request.
    response.keep_alive(parser_.is_done() && parser_.keep_alive() && !context_.stopping->load());
    http::response_serializer<http::empty_body> serializer(response);
    stream_.expires_after(timeout());
    ErrorCode error;
    co_await http::async_write_header(stream_, serializer, asio::redirect_error(asio::use_awaitable, error));
    const bool has_body = !no_body && head().method() != http::verb::head;
    if (!error && has_body && reply.file) error = co_await SendFile(*reply.file);
    if (!error && has_body && !reply.file) error = co_await SendText(reply.text);
    co_return !error && response.keep_alive();
  }

  asio::awaitable<ErrorCode> SendText(const std::string& text) {
    const asio::const_buffer buffer = asio::buffer(text);
    co_return co_await WriteAll(stream_, buffer, timeout());
  }

  asio::awaitable<ErrorCode> SendFile(const storage::File& file) {
    std::vector<uint8_t> block(static_cast<size_t>(std::min<uint64_t>(kBlockBytes, file.size())));
    uint64_t offset = 0;
    size_t count = 0;
    ErrorCode error;
    auto read = [&] {
      count = static_cast<size_t>(std::min<uint64_t>(block.size(), file.size() - offset));
      // A file that became shorter: the client sees an answer that ends too early.
      if (!file.ReadAt(offset, std::span(block.data(), count)).ok()) error = ErrorCode(EIO, boost::system::generic_category());
    };
    while (!error && offset < file.size()) {
      co_await RunOn(*context_.pool, read);
      const asio::const_buffer buffer = asio::buffer(block.data(), count);
      if (!error) error = co_await WriteAll(stream_, buffer, timeout());
      offset += count;
    }
    co_return error;
  }

  const Http1Context& context_;
  beast::tcp_stream& stream_;
  beast::flat_buffer& buffer_;
  BodyParser parser_;
  const HttpRoute& route_;
};

}  // namespace

const std::string& HttpHead::Header(const std::string& lower_case_name) const {
  static const std::string kNone;
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? kNone : found->second;
}

const HttpRoute* FindRoute(const ServerOptions& options, std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  for (const HttpRoute& route : options.http_routes) {
    if (path == route.path || (path.starts_with(route.path) && path[route.path.size()] == '/')) return &route;
  }
  return nullptr;
}

asio::awaitable<bool> ServeRoute(const Http1Context& context, std::shared_ptr<Connection> connection, beast::flat_buffer& buffer,
                                 HeadParser& parser, const HttpRoute& route) {
  Exchange exchange(context, *connection, buffer, parser, route);
  co_return co_await exchange.Run();
}

}  // namespace mutoscope::net
