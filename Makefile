# make run | test | lint | bench. Each sets up what it needs; none needs another first.
PYTHON ?= python3
VENV ?= .venv
# The index that torch comes from, e.g. one with CPU builds. Empty: pip's configured index.
TORCH_INDEX ?=
BIN := $(VENV)/bin
TORCH := torch==2.13.0

.PHONY: run test lint bench evaluate clean

run: $(VENV)/.run
	@$(BIN)/python ingest.py
	@$(BIN)/python -m bot $(if $(TELEGRAM_BOT_TOKEN),run,chat)

test: $(VENV)/.dev
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.telegram

evaluate: $(VENV)/.run
	@$(BIN)/python ingest.py
	$(BIN)/python -m knowledge evaluate tests/questions.jsonl

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.torch: $(VENV)/bin/python
	@echo "Memasang lingkungan Python (sekali saja, beberapa menit) ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	@touch $@

$(VENV)/.run: $(VENV)/.torch pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.torch pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) data
