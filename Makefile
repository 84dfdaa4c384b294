# `make demo` runs the main job and `make test` passes the tests; both do all their own set-up in .venv.
# Needs Python 3.11 or newer with venv; PYTHON=... names another one than the first that fits.

SHELL := /bin/sh
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python; do \
	if "$$name" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then echo "$$name"; break; fi; done)
BIN := .venv/bin
READY := .venv/.ready
DEMO_DIR ?= demo

.PHONY: demo test check fix format lint types layers readme wheel pythons bench conformance coverage mutation clean

demo: $(READY)
	@echo "==> building, checking, conforming, mixing and reporting a small film in $(DEMO_DIR)/"
	$(BIN)/stemkit demo $(DEMO_DIR)

test: $(READY)
	@echo "==> running every test"
	$(BIN)/python -m pytest -n auto -q -rs

check: format lint types layers test coverage readme wheel pythons
	@echo "==> everything holds"

format: $(READY)
	@echo "==> format"
	$(BIN)/ruff format --check stemkit tests

lint: $(READY)
	@echo "==> lint"
	$(BIN)/ruff check stemkit tests

types: $(READY)
	@echo "==> types"
	$(BIN)/mypy

layers: $(READY)
	@echo "==> layers"
	$(BIN)/lint-imports

coverage: $(READY)
	@echo "==> branches of core that its own tests take"
	$(BIN)/python -m coverage run -m pytest tests/core stemkit/core -q
	$(BIN)/python -m coverage report

mutation: $(READY)
	@echo "==> changes to time, metering, fades, quantising and proof that no test sees (an hour or more)"
	$(BIN)/python -m tests.mutation

readme: $(READY)
	@echo "==> the README's own commands"
	$(BIN)/python -m tests.readme

wheel: $(READY)
	@echo "==> the wheel, installed in an empty environment"
	$(BIN)/python -m tests.wheel

pythons: $(READY)
	@echo "==> the other Pythons that are installed here, quickly"
	$(BIN)/python -m tests.pythons

conformance: $(READY)
	$(BIN)/stemkit selftest

bench: $(READY)
	@echo "==> speed and memory, side by side with other tools in one run"
	$(BIN)/python -m tests.bench

fix: $(READY)
	$(BIN)/ruff check --fix stemkit tests
	$(BIN)/ruff format stemkit tests
	$(BIN)/python -m tests.readme --write

clean:
	rm -rf .venv build dist $(DEMO_DIR)

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "stemkit needs Python 3.11 or newer; install it, or name it: make PYTHON=/path/to/python $(MAKECMDGOALS)"; exit 1; }
	@echo "==> setting up .venv with $$($(PYTHON) --version), once (some 450 MB of libraries)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python's venv module is missing; on Debian: apt install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)
