"""The stock server of this interpreter's SDK, until stdin is closed. Prints its URL once its datasets are registered.

usage: peer_server.py [NAME=DIRECTORY]…
"""

import sys

import rerun as rr

server = rr.server.Server(host="127.0.0.1", datasets=dict(text.split("=", 1) for text in sys.argv[1:]))
print(server.url(), flush=True)
sys.stdin.read()
server.shutdown()
