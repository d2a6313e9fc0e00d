# `make run` and `make test` set everything up by themselves; the rest is for people who change the project.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test proof lint types op bench lock clean

run: .venv/.installed op
	$(BIN)/bnn-designer app

# The op first: else all test processes wait for the one that builds it.
test: .venv/.installed-dev op
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist worksteal

# All that `make test` runs, and what proves at length.
proof: .venv/.installed-dev op
	$(BIN)/python -m pytest --slow -n logical --maxprocesses 4 --dist worksteal

op: .venv/.installed
	$(BIN)/python -m bnn_designer.kernels.build

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.installed-dev
	$(BIN)/mypy

bench: .venv/.installed-dev
	$(BIN)/python -m bnn_designer.bench

.venv/.installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -r requirements.txt
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.txt
	$(BIN)/pip install --quiet -r requirements-dev.txt
	touch $@

# Writes the pinned requirements anew from the two .in files, for every Python from 3.10 on.
lock:
	uv pip compile --universal --python-version 3.10 --no-header --no-emit-index-url --no-emit-find-links requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.10 --no-header --no-emit-index-url --no-emit-find-links requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
