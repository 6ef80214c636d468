#include "net/http1.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <utility>

#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http/parser.hpp"
#include "boost/beast/http/read.hpp"
#include "boost/beast/http/serializer.hpp"
#include "boost/beast/http/write.hpp"
#include "net/cors.h"
#include "net/grpc_web.h"
#include "net/http_routes.h"
#include "net/http_stream.h"

namespace mutoscope::net {
namespace {

namespace http = beast::http;

constexpr std::chrono::milliseconds kDrainTimeout{3000};
constexpr size_t kDrainBytes = 64 << 10;

using RequestParser = http::request_parser<http::string_body>;

// The answer to what could not be parsed; nullopt if there is nobody to answer.
std::optional<HttpResponse> ParseErrorResponse(ErrorCode error, const ConnectionLimits& limits) {
  if (error == http::error::header_limit) {
    return TextResponse(http::status::request_header_fields_too_large,
                        fmt::format("the request header is larger than {} bytes\n", limits.http_header_bytes_max));
  }
  if (error == http::error::body_limit) {
    return TextResponse(http::status::payload_too_large,
                        fmt::format("the request body is larger than {} bytes\n", limits.http_body_bytes_max));
  }
  const bool is_parse_error = error.category() == http::make_error_code(http::error::bad_method).category();
  if (!is_parse_error || error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  return TextResponse(http::status::bad_request, fmt::format("this is no HTTP/1.1 request: {}\n", error.message()));
}

asio::awaitable<ErrorCode> ReadBody(beast::tcp_stream& stream, beast::flat_buffer& buffer, RequestParser& parser,
                                    std::chrono::milliseconds timeout) {
  ErrorCode error;
  if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    http::response<http::empty_body> go_on{http::status::continue_, 11};
    stream.expires_after(timeout);
    co_await http::async_write(stream, go_on, asio::redirect_error(asio::use_awaitable, error));
  }
  while (!error && !parser.is_done()) {
    stream.expires_after(timeout);
    co_await http::async_read_some(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
  }
  co_return error;
}

// Sets `busy` once there is a request.
asio::awaitable<ErrorCode> ReadHead(const ConnectionLimits& limits, Connection& connection, beast::flat_buffer& buffer,
                                    HeadParser& parser) {
  parser.header_limit(limits.http_header_bytes_max);
  parser.body_limit(std::numeric_limits<uint64_t>::max());  // not known yet
  ErrorCode error;
  connection.busy = false;
  connection.stream.expires_after(limits.idle_timeout);
  co_await http::async_read_header(connection.stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
  connection.stream.expires_never();
  connection.busy = true;
  co_return error;
}

// False if the connection is of no further use.
template <typename Response>
asio::awaitable<bool> Send(const Http1Context& context, Connection& connection, Response& response, bool keep_alive,
                           bool header_only) {
  response.keep_alive(keep_alive && !context.stopping->load());
  connection.stream.expires_after(context.options->limits.idle_timeout);
  http::response_serializer<typename Response::body_type> serializer(response);
  ErrorCode error;
  if (header_only) {
    co_await http::async_write_header(connection.stream, serializer, asio::redirect_error(asio::use_awaitable, error));
  } else {
    co_await http::async_write(connection.stream, serializer, asio::redirect_error(asio::use_awaitable, error));
  }
  co_return !error && response.keep_alive();
}

asio::awaitable<bool> AnswerPage(const Http1Context& context, Connection& connection, const HttpRequest& request) {
  const auto& allowed = context.options->cors_allow_origins;
  if (IsPreflight(request)) {
    auto response = PreflightResponse(request, allowed);
    co_return co_await Send(context, connection, response, request.keep_alive(), false);
  }
  HttpResponse response = RouteHttp(request, *context.options, *context.metrics);
  AddCorsHeaders(request, allowed, response);
  co_return co_await Send(context, connection, response, request.keep_alive(), request.method() == http::verb::head);
}

// Answers a request that did not arrive whole, where there is somebody to answer.
asio::awaitable<bool> Refuse(const Http1Context& context, Connection& connection, ErrorCode error) {
  auto response = ParseErrorResponse(error, context.options->limits);
  if (response) co_await Send(context, connection, *response, false, false);
  co_return false;
}

// Pages and gRPC-web calls, whose bodies are read whole.
asio::awaitable<bool> ServeWhole(const Http1Context& context, const std::shared_ptr<Connection>& connection,
                                 beast::flat_buffer& buffer, HeadParser& head) {
  const ConnectionLimits& limits = context.options->limits;
  ErrorCode error;
  if (head.content_length().value_or(0) > limits.http_body_bytes_max) error = http::error::body_limit;
  RequestParser parser(std::move(head));
  parser.body_limit(limits.http_body_bytes_max);
  if (!error) error = co_await ReadBody(connection->stream, buffer, parser, limits.idle_timeout);
  if (error) co_return co_await Refuse(context, *connection, error);
  HttpRequest request = parser.release();
  connection->stream.expires_never();
  if (IsGrpcWeb(request)) co_return co_await ServeGrpcWeb(context, connection, std::move(request));
  co_return co_await AnswerPage(context, *connection, request);
}

// Reads and answers one request. False ends the connection.
asio::awaitable<bool> ServeOne(const Http1Context& context, const std::shared_ptr<Connection>& connection,
                               beast::flat_buffer& buffer) {
  HeadParser head;
  const ErrorCode error = co_await ReadHead(context.options->limits, *connection, buffer, head);
  if (error) co_return co_await Refuse(context, *connection, error);
  context.metrics->http1_requests.fetch_add(1, std::memory_order_relaxed);
  const auto target = head.get().target();
  const HttpRoute* route = FindRoute(*context.options, std::string_view(target.data(), target.size()));
  if (route != nullptr && !IsPreflight(head.get().base())) {
    co_return co_await ServeRoute(context, connection, buffer, head, *route);
  }
  co_return co_await ServeWhole(context, connection, buffer, head);
}

// Closing while the client still sends would reset the connection, and it might lose the answer.
asio::awaitable<void> CloseGently(Connection& connection, beast::flat_buffer& buffer) {
  ErrorCode error;
  connection.busy = false;
  connection.stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
  connection.stream.expires_after(kDrainTimeout);
  while (!error) {
    buffer.clear();
    const size_t read =
        co_await connection.stream.async_read_some(buffer.prepare(kDrainBytes), asio::redirect_error(asio::use_awaitable, error));
    if (read == 0) break;
  }
  connection.stream.close();
}

}  // namespace

asio::awaitable<void> ServeHttp1(const Http1Context& context, std::shared_ptr<Connection> connection) {
  beast::flat_buffer buffer;
  bool keep_alive = true;
  while (keep_alive && !context.stopping->load()) keep_alive = co_await ServeOne(context, connection, buffer);
  if (!context.stopping->load()) co_await CloseGently(*connection, buffer);
}

}  // namespace mutoscope::net
