#!/usr/bin/env bash
# Builds the fuzz targets (preset `fuzz`: clang, address and undefined sanitizer) and runs each for its share of SECONDS; exits
# non-zero if one crashes, leaks, or asks for too much memory.
#
# usage: tests/fuzz/run.sh SECONDS [CORPUS_DIR]…
#
# A CORPUS_DIR holds recordings from tests/make_recordings.py, from which the first seeds are made; the old recordings of tests/data
# are always used. Inputs that reach new code are kept in build/fuzz/fuzz-corpus for the next run, crashing ones in
# build/fuzz/fuzz-crashes.
set -euo pipefail

seconds=${1:?usage: $0 SECONDS [CORPUS_DIR]…}
shift
cd "$(dirname "$0")/../.."
build=build/fuzz
targets=(fuzz_recording fuzz_footer fuzz_chunk fuzz_lz4 fuzz_expression)
corpus=$build/fuzz-corpus
crashes=$build/fuzz-crashes

[ -f "$build/build.ninja" ] || cmake --preset fuzz >/dev/null
cmake --build "$build" --target make_seeds "${targets[@]}"

# Arrow allocates with malloc, so that the sanitizer sees its buffers.
export ARROW_DEFAULT_MEMORY_POOL=system

mkdir -p "$corpus" "$crashes"
for directory in tests/data/old_rrd "$@"; do "$build/tests/fuzz/make_seeds" "$directory" "$corpus"; done
# The filters of the model's cases, where they were written (tools/setup.sh corpus).
python3 - build/corpus/cases/cases.json "$corpus/fuzz_expression" <<'EOF'
import base64, json, pathlib, sys

cases, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
for case in json.loads(cases.read_text()) if cases.exists() else []:
    if case["request"]["filter"]:
        (out / case["name"]).write_bytes(base64.b64decode(case["request"]["filter"]))
EOF

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
