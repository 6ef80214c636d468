# All set-up is done by tools/setup.sh; root is only needed while Debian packages are missing.
SETUP := tools/setup.sh
PYTHON := .venv/bin/python
CXX_SOURCES = $(shell find include src tests/fuzz examples python -name '*.h' -o -name '*.cc')
export MUTOSCOPE_CASES = $(CURDIR)/build/corpus/cases
FUZZ_SECONDS ?= 3600
SOAK_SECONDS ?= 3600
LOAD_SECONDS ?= 60

# The parts of `test` follow each other: they share two cores.
.NOTPARALLEL:
.PHONY: setup build demo test unit sanitize e2e bench bench-native fuzz soak load lint format clean

setup:
	$(SETUP)

build:
	$(SETUP) apt venv build

demo:
	$(SETUP) apt venv sdk41 program
	$(PYTHON) examples/demo.py

test: setup unit sanitize
	clang-format --dry-run -Werror $(CXX_SOURCES)
	tests/fuzz/run.sh 60 build/corpus/sdk41 build/corpus/sdk36
	$(PYTHON) -m pytest tests

unit:
	MUTOSCOPE_CORPUS=$(CURDIR)/build/corpus/sdk41 ctest --preset release -j2
	MUTOSCOPE_CORPUS=$(CURDIR)/build/corpus/sdk36 ctest --preset release -j2 -R '^(rrd|catalog)\.Corpus'

sanitize: export MUTOSCOPE_CORPUS = $(CURDIR)/build/corpus/sdk41
sanitize:
	tools/sanitize.sh asan
	tools/sanitize.sh tsan

e2e: setup
	$(PYTHON) -m pytest tests

bench:
	$(SETUP) apt venv sdk36 sdk41 program
	$(PYTHON) bench/run.py $(BENCH_ARGS)
	@echo "make bench-native measures the native engine (embedded and remote) beside Rerun, Lance, DuckDB and ReductStore"

# The peers that are no Rerun servers are optional: bench/setup_peers.sh installs them.
bench-native:
	$(SETUP) apt venv sdk36 sdk41 program
	$(PYTHON) bench/native.py $(BENCH_ARGS)

fuzz:
	$(SETUP) apt apt-test venv sdk36 sdk41 corpus
	tests/fuzz/run.sh $(FUZZ_SECONDS) build/corpus/sdk41 build/corpus/sdk36

soak:
	$(SETUP) apt venv sdk36 sdk41 program
	$(PYTHON) tests/soak.py --seconds $(SOAK_SECONDS)

# Many clients at once: queries, registrations, table writes; says the times and whether memory grew.
load:
	$(SETUP) apt venv sdk36 sdk41 program
	$(PYTHON) tests/load.py --clients 200 --seconds $(LOAD_SECONDS)

lint:
	$(SETUP) apt apt-test venv build
	clang-format --dry-run -Werror $(CXX_SOURCES)
	run-clang-tidy -quiet -p build/release "$(CURDIR)/src/.*\.cc$$"

format:
	clang-format -i $(CXX_SOURCES)

clean:
	rm -rf build dist .pytest_cache .hypothesis tests/.work
