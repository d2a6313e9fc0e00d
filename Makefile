# `make run` and `make test` set everything up by themselves; the rest is for people who change the project.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test proof pythons lint types op bench docs sbom lock clean

run: .venv/.installed op
	$(BIN)/bnn-designer app

# The op first: else all test processes wait for the one that builds it.
test: .venv/.installed-dev op
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist worksteal

# All that `make test` runs, and what proves at length.
proof: .venv/.installed-dev op
	$(BIN)/python -m pytest --slow -n logical --maxprocesses 4 --dist worksteal

# The tests on other Pythons than the gate's, of those that are installed; PYTHONS="3.13" TESTS=tests/graph for less.
pythons:
	.ci/pythons $(TESTS)

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

# The site of docs/, README and CHANGELOG into build/site; a broken link, anchor or reference is an error.
docs: .venv/.installed-docs
	$(BIN)/python -m sphinx --quiet --fail-on-warning --fresh-env --conf-dir docs/site . build/site

# A bill of materials, CycloneDX 1.6, from the lock: what `pip install -r requirements.txt` installs, with each file's hash.
# The lock does not say what needs what, which the writer would warn of.
sbom: .venv/.installed-docs
	mkdir -p build
	$(BIN)/python -W ignore::UserWarning -m cyclonedx_py requirements requirements.txt --pyproject pyproject.toml --output-reproducible --of JSON --validate -o build/sbom.json

.venv/.installed-docs: .venv/.installed requirements-docs.txt
	$(BIN)/pip install --quiet -r requirements-docs.txt
	touch $@

# Writes the pinned requirements anew from the .in files, with the hash of every file that the index has of a release: for
# every Python from 3.10 on, and from 3.11 on for the documents. pip takes a file of another hash from nowhere.
LOCK := uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links
lock:
	$(LOCK) --python-version 3.10 requirements.in -o requirements.txt
	$(LOCK) --python-version 3.10 requirements-server.in -o requirements-server.txt
	$(LOCK) --python-version 3.10 requirements-dev.in -o requirements-dev.txt
	$(LOCK) --python-version 3.11 requirements-docs.in -o requirements-docs.txt

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
