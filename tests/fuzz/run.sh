#!/usr/bin/env bash
# Runs every fuzz target for its share of SECONDS; exits non-zero if one crashes, leaks, or asks for too much memory.
#
# usage: tests/fuzz/run.sh SECONDS [CORPUS_DIR]
#
# CORPUS_DIR (or MUTOSCOPE_CORPUS) holds recordings from tests/make_recordings.py, from which the first seeds are made; the old
# recordings of tests/data are always used. Inputs that reach new code are kept in BUILD_DIR/fuzz-corpus for the next run, crashing
# ones in BUILD_DIR/fuzz-crashes. BUILD_DIR: build/fuzz (preset `fuzz`), or the environment variable of that name.
set -euo pipefail

seconds=${1:?usage: $0 SECONDS [CORPUS_DIR]}
recordings=${2:-${MUTOSCOPE_CORPUS:-}}
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD_DIR:-$root/build/fuzz}
targets=(fuzz_recording fuzz_footer fuzz_chunk fuzz_lz4)
corpus=$build/fuzz-corpus
crashes=$build/fuzz-crashes

# Arrow allocates with malloc, so that the sanitizer sees its buffers.
export ARROW_DEFAULT_MEMORY_POOL=system

mkdir -p "$corpus" "$crashes"
for directory in "$root/tests/data/old_rrd" ${recordings:+"$recordings"}; do "$build/tests/fuzz/make_seeds" "$directory" "$corpus"; done

failed=0
for target in "${targets[@]}"; do
  mkdir -p "$corpus/$target"
  log=$crashes/$target.log
  if "$build/tests/fuzz/$target" -max_total_time=$((seconds / ${#targets[@]})) -rss_limit_mb=1024 -malloc_limit_mb=512 -timeout=10 \
      -max_len=65536 -artifact_prefix="$crashes/$target-" -print_final_stats=1 "$corpus/$target" >"$log" 2>&1; then
    echo "$target: ok, $(sed -n 's/stat::number_of_executed_units: //p' "$log") runs, $(find "$corpus/$target" -type f | wc -l) inputs"
  else
    failed=1
    echo "$target: FAILED, see $log"
    grep -m1 -E '^(SUMMARY|broken promise)|ERROR: ' "$log" || true
  fi
done
exit $failed
