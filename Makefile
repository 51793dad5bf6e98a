# Set-up, demo, tests. Every target but `help` and `clean` sets up .venv first where that is needed.
# Paths are relative to this file, so that the clone may lie anywhere.

PYTHON ?= python3
ARGS ?=
# Each process has a PostgreSQL (how many: tests/conftest.py); each file of tests is in one of them.
SHARED := --numprocesses logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder
BIN := .venv/bin
STAMP := .venv/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

# A clone that was moved or copied has scripts that point to its old place: install again.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

.PHONY: help setup ide demo test lint types serve lock clean
.DEFAULT_GOAL := help

help: ## List the targets.
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/make \1	\2/p' Makefile

setup: $(STAMP) ## Make .venv and install the locked packages, once.

$(STAMP): requirements.lock pyproject.toml
	@rm -f $(STAMP)
	@older='import sys; sys.exit(sys.version_info < (3, 11))'; \
	if $(BIN)/python -c "$$older" 2>/dev/null && $(PIP) --version >/dev/null 2>&1; then exit 0; fi; \
	for python in "$(PYTHON)" python3.13 python3.12 python3.11; do \
	  if "$$python" -c "$$older" 2>/dev/null; then exec "$$python" -m venv --clear .venv; fi; \
	done; \
	found=$$("$(PYTHON)" --version 2>&1) || found="no $(PYTHON) at all"; \
	echo "Xuefen needs Python 3.11 or newer, and there is $$found." \
	  "Install a newer one, then say: make setup PYTHON=/path/to/python3" >&2; \
	exit 1
	@echo "Installing the packages of requirements.lock into .venv (once)" >&2
	@$(PIP) install --quiet --quiet --no-deps --require-hashes --requirement requirements.lock
	@$(PIP) install --quiet --quiet --no-deps --no-build-isolation --editable .
	@pwd -P > $(STAMP)

ide: $(STAMP) ## Build GraphiQL, served at /ide; once, from npm, without a Node of the machine.
	@$(BIN)/python -m api.ide

demo: $(STAMP) ## A county's training term, 2024H1, through the HTTP API; its server runs on.
	@$(BIN)/python -m api.ide >/dev/null || true
	@$(BIN)/xuefen demo $(ARGS)

# Hundreds of programs are started, and each would compile all modules anew without their bytecode.
test: $(STAMP) ## The tests, on all cores and PostgreSQLs of their own. One: make test ARGS="-k name"
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest $(SHARED) $(ARGS)

lint: $(STAMP) ## ruff: rules and format.
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .

types: $(STAMP) ## mypy, strict.
	@$(BIN)/python -m mypy

serve: $(STAMP) ## The server on the data folder (XUEFEN_DATA) or on XUEFEN_DATABASE_URL.
	@$(BIN)/xuefen serve $(ARGS)

lock: $(STAMP) ## Choose the versions in requirements.lock anew, with pip-tools in a place of its own.
	@test -x build/lock/bin/pip-compile || { $(BIN)/python -m venv --clear build/lock && \
	  build/lock/bin/python -m pip install --quiet pip-tools; }
	@build/lock/bin/python -m piptools compile --quiet --upgrade --extra dev --extra otel --generate-hashes \
	  --allow-unsafe --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-emit-options --output-file build/requirements.txt pyproject.toml
	@{ sed -n '/^#/!q;p' requirements.lock; sed '/^# The following/d' build/requirements.txt; } \
	  > build/requirements.lock
	@mv build/requirements.lock requirements.lock

clean: ## Remove what set-up, tests and tools made here. Data folders stay.
	@rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis \
	  tests/js/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
