#!/usr/bin/env bash
# Sets up what the Makefile's targets need. Idempotent: a step whose inputs did not change since it last succeeded is skipped.
# usage: tools/setup.sh [apt|apt-test|venv|sdk36|sdk41|corpus|program|build]…     (program: what serving needs; build: the unit tests too)
# No step named: all of them.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
stamps=build/stamps
mkdir -p "$stamps"

say() { printf '== %s\n' "$*" >&2; }

# step NAME KEY COMMAND…: runs the command unless it succeeded before with the same key.
step() {
  local name=$1 key=$2
  shift 2
  if [ "$(cat "$stamps/$name" 2>/dev/null)" = "$key" ]; then return; fi
  say "$name"
  "$@"
  printf '%s' "$key" > "$stamps/$name"
}

hash_of() { cat "$@" | sha256sum | cut -c1-32; }

apt_install() {
  local missing=()
  mapfile -t missing < <(comm -23 <(sort "$1") <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | sed -n 's/^ii *//p' | sort))
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  if [ "$(id -u)" -ne 0 ]; then
    say "these Debian packages are missing, and installing them needs root: apt-get install ${missing[*]}"
    exit 1
  fi
  say "apt-get install ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

make_venv() {  # DIRECTORY REQUIREMENTS
  [ -x "$1/bin/python" ] || python3 -m venv "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check -r "$2"
}

make_corpus() {  # what unit tests read, as either SDK writes it
  local sdk
  for sdk in sdk36 sdk41; do
    rm -rf "build/corpus/$sdk"
    CI=1 ".venv-$sdk/bin/python" tests/make_recordings.py "build/corpus/$sdk" >&2
  done
  rm -rf build/corpus/cases  # random queries with the model's answers, for the C++ test of the engine
  CI=1 .venv/bin/python -m tests.model.write_cases build/corpus/cases >&2
}

build_release() {  # TARGET…
  if [ ! -f build/release/build.ninja ] || ! grep -q '^MUTOSCOPE_PYTHON:BOOL=ON' build/release/CMakeCache.txt; then
    cmake --preset release -DPython_EXECUTABLE="$root/.venv/bin/python" -DMUTOSCOPE_PYTHON=ON >&2
  fi
  cmake --build build/release --target "$@" >&2
}

package_files() {  # what the wheel is made of
  find pyproject.toml build/release/src/cli/mutoscope build/release/python/_engine*.so build/release/libmutoscope.so.0 \
    build/release/shared_library/*.cmake cmake/Arrow.cmake python/mutoscope include \
    -type f -not -name '*.pyc' | sort
}

# The wheel build goes through the same build directory, so it compiles nothing again.
install_package() {
  .venv/bin/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --force-reinstall \
    -C build-dir=build/release -C cmake.define.MUTOSCOPE_TESTS=ON .
}

run_step() {
  case $1 in
    apt) step apt "$(hash_of tools/apt-build.txt)" apt_install tools/apt-build.txt ;;
    apt-test) step apt-test "$(hash_of tools/apt-test.txt)" apt_install tools/apt-test.txt ;;
    venv) step venv "$root $(hash_of tools/requirements/dev.txt)" make_venv .venv tools/requirements/dev.txt ;;
    sdk36 | sdk41) step "$1" "$root $(hash_of "tools/requirements/$1.txt")" make_venv ".venv-$1" "tools/requirements/$1.txt" ;;
    corpus) step corpus "$root $(hash_of tests/make_recordings.py tests/model/*.py tools/requirements/sdk*.txt)" make_corpus ;;
    program | build)
      if [ "$1" = program ]; then build_release mutoscope mutoscope_python mutoscope_shared; else build_release all; fi
      mapfile -t files < <(package_files)
      step install "$(hash_of "${files[@]}")" install_package
      ;;
    *)
      say "unknown step '$1': expected apt, apt-test, venv, sdk36, sdk41, corpus, program or build"
      exit 2
      ;;
  esac
}

for name in "${@:-}"; do
  if [ -n "$name" ]; then run_step "$name"; else for all in apt apt-test venv sdk36 sdk41 corpus build; do run_step "$all"; done; fi
done
