// Writing to a client that may be slow, gone, or never read.
#pragma once

#include <chrono>

#include "boost/beast/core/buffers_suffix.hpp"
#include "net/asio.h"

namespace mutoscope::net {

// Writes all of `buffers`. Fails when `timeout` passes without any progress, however long the whole takes.
template <typename Buffers>
asio::awaitable<ErrorCode> WriteAll(beast::tcp_stream& stream, const Buffers& buffers, std::chrono::milliseconds timeout) {
  beast::buffers_suffix<Buffers> rest(buffers);
  ErrorCode error;
  while (!error && beast::buffer_bytes(rest) > 0) {
    stream.expires_after(timeout);
    const size_t written = co_await stream.async_write_some(rest, asio::redirect_error(asio::use_awaitable, error));
    rest.consume(written);
  }
  stream.expires_never();
  co_return error;
}

}  // namespace mutoscope::net
