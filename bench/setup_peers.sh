#!/usr/bin/env bash
# Installs the optional peers of bench/native.py: .venv-peers (Lance, DuckDB, ReductStore's client) and, where cargo is there, the
# ReductStore server in .venv-peers/bin. Idempotent. What is missing afterwards is named in the benchmark's table, not guessed.
# usage: bench/setup_peers.sh [python|reductstore]…     (none: both)
set -euo pipefail
cd "$(dirname "$0")/.."
REDUCTSTORE_VERSION=1.21.5
JOBS=${PEERS_BUILD_JOBS:-1}

setup_python() {
  [ -x .venv-peers/bin/python ] || python3 -m venv .venv-peers
  .venv-peers/bin/pip install --quiet --disable-pip-version-check pylance duckdb 'pyarrow==26.*' reduct-py numpy
}

setup_reductstore() {
  if [ -x .venv-peers/bin/reductstore ]; then return; fi
  if ! command -v cargo > /dev/null; then
    echo "cargo is not installed: the benchmark goes without ReductStore" >&2
    return
  fi
  nice -n 19 cargo install --quiet reductstore --version "$REDUCTSTORE_VERSION" --no-default-features --features fs-backend \
    --jobs "$JOBS" --root .venv-peers --target-dir build/reductstore
  rm -rf build/reductstore
}

for part in "${@:-python reductstore}"; do
  for name in $part; do "setup_$name"; done
done
