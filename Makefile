# Every target does its own set-up: a fresh machine needs Python >= 3.10, git and make.
PYTHON ?= python3
BIN := .venv/bin
TOOLS := .cache/tools
UV := $(TOOLS)/bin/uv
PURE_ROOMS := config artifact checks sbom provenance identity verification promotion report kube model
PURE_TESTS := $(addprefix tests/unit/,$(PURE_ROOMS)) tests/unit/cli tests/golden tests/hostile/archives

.DEFAULT_GOAL := help
.PHONY: help test check lint coverage demo docs bench dist peers peers-cluster peers-bench faces lock format

help: ## Say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

test: .venv/.ready ## All rings of tests; closes with one line for each
	@case "$${GITLESS_RINGS:-faces}" in *faces* | all) $(BIN)/python tools/faces/build.py || true ;; esac
	@$(BIN)/python tools/rings.py $(PYTEST_ARGS)

check: lint coverage ## Style, types, room contract and the coverage floor

lint: .venv/.ready ## Style, types and room contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(PYTHON) tools/locks.py --check

coverage: .venv/.ready ## The coverage floor of the pure rooms
	@$(BIN)/python -m pytest -q -r fE --no-header --cov=gitless --cov-branch --cov-report= $(PURE_TESTS); ended=$$?; \
	  $(BIN)/coverage json -q -o .cache/coverage.json && $(BIN)/python tools/coverage_floor.py .cache/coverage.json && exit $$ended

format: .venv/.ready ## Lay the code out
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo: .venv/.ready ## Publish a small repository into a folder, promote it, roll it back, verify
	@$(BIN)/python tools/demo.py

docs: .venv/.ready ## Write the pages that are made from the code
	@$(BIN)/python tools/docs.py

bench: .venv/.ready peers peers-bench ## Measure against cosign, crane and syft; fails when a bar is missed
	@$(BIN)/python benchmarks/publish.py $(BENCH_ARGS)
	@$(BIN)/python benchmarks/promotion.py
	@$(BIN)/python benchmarks/bootstrap.py

peers: ## Build what the peers ring needs: registries, Sigstore services, cosign, crane, helm and kustomize
	@$(PYTHON) tools/peers/build.py peers

peers-cluster: ## Build the Kubernetes API server and the Flux controllers of the cluster ring
	@$(PYTHON) tools/peers/build.py cluster

peers-bench: ## Build syft, which the benchmark's baseline needs
	@$(PYTHON) tools/peers/build.py bench

faces: .venv/.ready ## Install what the faces ring needs: act, actionlint, GitHub's own parser, zizmor and other linters
	@$(BIN)/python tools/faces/build.py

dist: .venv/.ready ## Build the source distribution and the wheel, with the locked build backend
	@rm -rf dist
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) UV_PYTHON_DOWNLOADS=never $(UV) build --quiet --no-create-gitignore \
	  --python $(BIN)/python --build-constraints tools/house/build.txt --require-hashes --out-dir dist

lock: $(UV) ## Resolve the dependencies anew, and with them the locked sets of the actions and of the build
	$(UV) lock
	@$(PYTHON) tools/locks.py
	@$(UV) pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header --no-annotate \
	  tools/house/build.in --output-file tools/house/build.txt

$(UV): bootstrap/requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo "gitless needs Python >= 3.10; this is $$($(PYTHON) --version 2>&1). Say which one to use: make PYTHON=python3.12" >&2; exit 2; }
	@rm -rf $(TOOLS)
	@$(PYTHON) -m venv $(TOOLS) >/dev/null \
	  || { rm -rf $(TOOLS); echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r bootstrap/requirements/uv.txt
	@touch $@

.venv/.ready: $(UV) uv.lock pyproject.toml
	@UV_PYTHON_DOWNLOADS=never $(UV) sync --quiet --locked --compile-bytecode --python $(PYTHON)
	@touch $@
