"""Serves with the stock server of this SDK until stdin is closed; the first line of stdout is its URL."""

import sys

import rerun as rr

server = rr.server.Server(host="127.0.0.1")
print(server.url(), flush=True)
sys.stdin.read()
server.shutdown()
