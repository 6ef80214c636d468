#!/usr/bin/env bash
# Builds and runs the unit tests of the folders base..query under sanitizers. The server's folders are left out: an uninstrumented gRPC
# makes the thread sanitizer report races that are none, and the end-to-end tests cover them.
# usage: tools/sanitize.sh asan|tsan
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
[ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" -DPython_EXECUTABLE="$PWD/.venv/bin/python" -DMUTOSCOPE_SERVER=OFF >/dev/null
cmake --build "build/$preset"
# Arrow's wheel is not instrumented: its containers confuse the container-overflow check, and its allocator is not the sanitizer's.
export ASAN_OPTIONS=detect_container_overflow=0:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1
# Of Arrow's mutexes the thread sanitizer sees some locks without their unlocks and the other way round.
export TSAN_OPTIONS=halt_on_error=1:report_mutex_bugs=0:detect_deadlocks=0:atexit_sleep_ms=0:suppressions=$PWD/tools/tsan.supp
export ARROW_DEFAULT_MEMORY_POOL=system
ctest --preset "$preset" -j2
