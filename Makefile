# Each target does its own set-up: a virtual environment in .venv, pinned by constraints.txt.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
# Twice as many workers as the machine has cores, for many a test waits; what one has not begun,
# another takes over.
WORKERS := $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) * 2 )))
PYTEST := -m pytest --numprocesses=$(WORKERS) --dist=worksteal
# With the Node.js of its wheel; it looks for no newer version of itself.
PYRIGHT := PYRIGHT_PYTHON_GLOBAL_NODE=0 PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
SEEDS := 0:50000
FAULTS := 0:60
SOURCES := fusiongen runtime tests $(wildcard examples benchmarks)

# The processes that tests start, by the hundred, need not compile again what one of them compiled.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-pure search soak test-all lint format types counts record-counts check bench \
	bench-quick bench-graph bench-rpc bench-scale bench-db bench-web wheels screenshots clean

help:  ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

demo: $(BIN)/.ready  ## watch a value change live in another process
	@$(BIN)/fusiongen demo

test: $(BIN)/.ready  ## run the tests, the long searches among them cut short
	@$(BIN)/python $(PYTEST)

test-pure: $(BIN)/.ready  ## run the tests of what the compiled core has a part in, without it
	@FUSION_PURE=1 $(BIN)/python $(PYTEST) tests/native tests/graph tests/services tests/remote tests/values

search: $(BIN)/.ready  ## run the long searches of the tests in full
	@FUSION_SEARCH=full $(BIN)/python $(PYTEST) -m search --timeout=600

soak: $(BIN)/.ready  ## run the simulation and the faults over databases on many more seeds, the compiled core under sanitizers: SEEDS=FIRST:LAST FAULTS=FIRST:LAST
	@$(BIN)/python -m tests.simulation $(SEEDS) --workers $(shell nproc)
	@$(BIN)/python -m tests.sql_faults $(FAULTS)
	@$(BIN)/python -m tests.sql_faults mutants $(FAULTS)
	@FUSION_SEARCH=soak $(BIN)/python $(PYTEST) -m search --timeout=3600 tests/web tests/native tests/jetstream
	@.ci/sanitize

test-all: $(BIN)/.ready  ## run the tests on every supported Python that is installed, those of JavaScript in Node.js 20, too
	@.ci/each-python all $(PYTEST)
	@.ci/node-20 $(PYTEST)

lint: $(BIN)/.ready  ## lint, and look at the formatting
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(BIN)/.ready  ## format, and mend what lint can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(BIN)/.ready  ## check the types
	$(BIN)/mypy $(SOURCES)
	$(PYRIGHT) --level error --pythonpath $(BIN)/python
	$(BIN)/pyrefly check --python-interpreter-path $(BIN)/python
	$(BIN)/ty check

counts: $(BIN)/.ready  ## count what a call, an item and a hit cost, against what is recorded
	@$(BIN)/python -m benchmarks.counts
	@FUSION_PURE=1 $(BIN)/python -m benchmarks.counts

record-counts: $(BIN)/.ready  ## record these counts anew, on each of these
	@.ci/each-python all -m benchmarks.counts --record
	@FUSION_PURE=1 .ci/each-python all -m benchmarks.counts --record

check: lint types counts test test-pure search  ## lint, types, counts, tests, and the long searches in full

bench: bench-graph bench-rpc  ## measure both of these, and write what stands in the README
	@$(BIN)/python -m benchmarks.front

bench-quick: $(BIN)/.ready-bench  ## look at the same in two minutes, and print it
	@$(BIN)/python -m benchmarks.graph --quick
	@$(BIN)/python -m benchmarks.rpc --quick
	@$(BIN)/python -m benchmarks.front --quick

bench-graph: $(BIN)/.ready-bench  ## measure the graph beside other caches, on each of these, compiled and pure
	@.ci/each-python bench -m benchmarks.graph
	@FUSION_PURE=1 .ci/each-python bench -m benchmarks.graph
	@$(BIN)/python -m benchmarks.graph.report

bench-rpc: $(BIN)/.ready-bench  ## measure calls and streams between processes, beside other RPCs
	@$(BIN)/python -m benchmarks.rpc

bench-scale: $(BIN)/.ready-bench  ## measure thousands of clients of some hosts, and write docs/scale.md
	@$(BIN)/python -m benchmarks.scale

bench-db: $(BIN)/.ready-bench  ## measure lookups in a database, beside the same method as @compute
	@$(BIN)/python -m benchmarks.db

bench-web: $(BIN)/.ready-bench  ## measure many pages on one gateway, beside python-socketio and polling
	@$(BIN)/python -m benchmarks.web
	@$(BIN)/python -m benchmarks.web.browser

screenshots: $(BIN)/.ready  ## take the pictures of the examples anew, in a browser
	@PYTHONPATH=examples/consistency:examples/todo $(BIN)/python -m tests.docs.screenshots

wheels: $(BIN)/.ready  ## build the wheels of each of these, compiled and pure, and try each in an environment of its own
	@.ci/each-python all .ci/try_wheel.py

clean:  ## remove the environment and every cache
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build

$(BIN)/.ready: pyproject.toml constraints.txt hatch_build.py $(wildcard runtime/core/*)
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or later is needed: install it, or name it with make PYTHON=…' >&2; exit 1; }
	@echo 'setting up .venv …'
	@.ci/set-up .venv $(PYTHON) all
	@touch $@

$(BIN)/.ready-bench: $(BIN)/.ready
	@.ci/set-up .venv $(PYTHON) bench
	@touch $@
