#pragma once
// The hand-over of a socket from http.cpp to websocket.cpp; for these two files only, it includes Beast.

#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/loop.hpp"
#include "server/websocket.hpp"

namespace bigfoot::server {

/// Answers the upgrade and lives by itself until the connection ends; `released` is called then (it holds the
/// connection's place in the limits). When the handshake fails nobody else hears of it.
void run_websocket(Loop& loop, boost::beast::tcp_stream stream,
                   const boost::beast::http::request<boost::beast::http::string_body>& request,
                   WebSocketAcceptor acceptor, const WebSocketLimits& limits, std::shared_ptr<void> place);

}  // namespace bigfoot::server
