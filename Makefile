# Needs nothing but make and Python 3.11 or newer; everything else goes into .venv.
PYTHON ?= python3
BIN := .venv/bin
DEMO_HOME ?= home/demo
EXAMPLE_HOME ?= home/example
EXAMPLE_CONFIG := examples/spreadsheets/config
EXAMPLE_AS_OF := 2026-06-30

.PHONY: help venv demo demo-dev example dev test test-fast test-kills lint format bench bench-large lock clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ -/'

venv: .venv/ready  ## install everything, pinned, into .venv

.venv/ready: requirements/bootstrap.lock requirements/development.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it: make PYTHON=python3.11 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/bootstrap.lock
	@echo "installing the pinned packages into .venv"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --requirement requirements/development.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch .venv/ready

demo: venv  ## a made-up firm: its systems, a first refresh, ten more nights, what came out
	$(BIN)/python -m sandbox.demo --home $(DEMO_HOME)

demo-dev: venv  ## open Dagster on the demo's home
	$(BIN)/cs-coverage dev --home $(DEMO_HOME)

example: venv  ## refresh a small company kept in spreadsheets
	$(BIN)/cs-coverage refresh --home $(EXAMPLE_HOME) --config $(EXAMPLE_CONFIG) --as-of $(EXAMPLE_AS_OF)

dev: venv  ## open Dagster on your own home and config
	$(BIN)/cs-coverage dev

test: venv  ## all tests, fast ones first
	$(BIN)/pytest -q -n 2 -m "not slow and not kills"
	$(BIN)/pytest -q -n 2 --dist loadfile -m slow

test-fast: venv  ## the tests that take seconds
	$(BIN)/pytest -q -n 2 -m "not slow and not kills"

test-kills: venv  ## kill a refresh at 30 random points (takes a while)
	$(BIN)/pytest -q -m kills

lint: venv  ## what pre-commit checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfmt --check --quiet dbt_project

format: venv  ## rewrite Python and SQL in the project's style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/sqlfmt --quiet dbt_project

bench bench-large: export PYTHONPATH = .

bench: venv  ## measure overhead, stages and their floors, whole nights, landing and loading
	$(BIN)/python tests/benchmarks/overhead.py
	$(BIN)/python tests/benchmarks/stages.py --accounts 1000 10000
	$(BIN)/python tests/benchmarks/nightly.py --accounts 10000
	$(BIN)/python tests/benchmarks/extraction.py

bench-large: venv  ## the stages at 100,000 accounts: an hour, and 40 GB of disk
	$(BIN)/python tests/benchmarks/stages.py --accounts 10000 100000 --memory 9GB

lock: venv  ## pin the newest versions that the .in files allow
	cd requirements && for f in bootstrap development; do \
	  ../$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header $$f.in --output-file $$f.lock; done
	cd requirements && ../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --constraint development.lock runtime.in --output-file runtime.lock

clean:  ## remove .venv and the files of demo and example; your own home stays
	rm -rf .venv $(DEMO_HOME) $(EXAMPLE_HOME)
