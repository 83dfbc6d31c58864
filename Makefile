# Two commands from a fresh clone: `make example` and `make test`. Each makes .venv if need be, installs once, and works
# offline after that.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The stamp is newer than pyproject.toml exactly when what is installed is what it asks for.
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

.PHONY: example test lint benchmarks help
.DEFAULT_GOAL := help

help:
	@echo "make example     run examples/digits three times under HitSave: cold, again, after an edit"
	@echo "make test        run the fast test suite"
	@echo "make benchmarks  HitSave beside plain Python and its peers: an hour, on a machine that does nothing else"
	@echo "make lint        ruff, mypy and the import contracts"
	@echo "(PYTHON=python3.12 make … picks the interpreter that .venv is made with)"

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hitsave: Python 3.11 or newer is needed (PYTHON=python3.x make …)")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV), once …"
	@$(PIP) install --editable '.[test,lint,example]'
	@$(BIN)/python -m compileall -q hitsave hitsave_trace
	@touch $(STAMP)

example: $(STAMP)
	@bash examples/three_runs.sh $(abspath $(BIN))

test: $(STAMP)
	@$(BIN)/python -m pytest -q -n 3 --dist worksteal -m "not slow"

lint: $(STAMP)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

benchmarks: $(STAMP)
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks peers growth
	@$(BIN)/python -m benchmarks --page
