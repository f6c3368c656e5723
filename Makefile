# Every target sets itself up: a virtual environment in .venv, tools in .tools. Needs Python 3.11 to 3.13 and make.
.DEFAULT_GOAL := help
.PHONY: crossings shape help run test check lint format types coverage test-worker prove torture torture-values values-page removals access infra audit pictures package solution test-package lock clean setup tool bench

BIN := .venv/bin
NO_PYTHON := No Python 3.11 to 3.13 found on PATH or in pyenv; install one, or say PYTHON=/path/to/python.
DATA := .data
# Where `make bench` writes its table and plot
BENCH_OUT := $(or $(TMPDIR),/tmp)/dynamics-oneflow-bench
# Which tests: make test TESTS=tests/engine
TESTS := tests
PICTURES := ../pictures
# How many processes share the tests: each has a world of its own, and most of a story is waiting.
WORKERS := 3

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## the whole world on this machine, and the story of a value (ONCE=1: end after the story; SAMPLES=folder: as the account that a probe recorded; SWITCH=1: with 1,000 contracts to link)
	@$(BIN)/python -m sandbox --data $(DATA) $(if $(ONCE),--once) $(if $(SAMPLES),--samples "$(SAMPLES)") $(if $(SWITCH),--switch 1000)

test: setup ## every test
	@$(BIN)/python -m pytest $(TESTS) -n $(WORKERS) --dist loadfile

check: lint types audit test ## lint, types, audit and tests

lint: setup ## ruff: rules and format; import-linter: layers, and rooms without circles
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo

format: setup ## ruff: mend what can be mended
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: setup ## mypy, strict
	@$(BIN)/mypy

coverage: setup ## tests, and which branches they never took
	@$(BIN)/python -m pytest $(TESTS) --cov --cov-report=term-missing

test-worker: setup ## the stories through Azure's own worker library, on Python 3.12 and 3.13 (PYTHONS=3.12)
	@scripts/test-worker

audit: setup ## bandit, the licences of all dependencies, known vulnerabilities (where their service answers)
	@scripts/audit

tool: ## the command-line tool's own environment, in .venv-cli; then: . .venv-cli/bin/activate
	@python=$$(scripts/find-python 3.11 3.13) || { echo "$(NO_PYTHON)" >&2; exit 1; }; \
	scripts/venv .venv-cli "$$python" requirements-cli.txt

package: setup ## what is deployed, as a zip in dist/
	@$(BIN)/python scripts/package.py

solution: setup ## what lives in Dynamics, as an unmanaged and a managed zip in dist/, checked; the version rises with it
	@PYTHONPATH=. $(BIN)/python scripts/check_dynamics_scripts.py
	@$(BIN)/python -m dynamics

test-package: setup ## the package's functions through Azure's own worker library, from it alone, on Python 3.12 and 3.13
	@scripts/test-package

lock: setup ## pin and hash every dependency: requirements*.in -> requirements*.txt
	@scripts/lock

access: setup ## ask every route as every caller, and write the table into docs/security.md
	@$(BIN)/python -m tests.access

infra: setup ## infra/ against Microsoft's types, policies, and the code it is for
	@scripts/check-infra

prove: setup ## every reachable state of one link with two fields, in every setting (half an hour)
	@PROOF_ALL=1 $(BIN)/python -m pytest tests/proof --timeout 3600 --log-cli-level=INFO

torture: setup ## whole worlds at random, and what every fault met (SEEDS=1000 FROM=0; SEED=123: one again, shortened; RESULTS=file: in parts)
	@$(BIN)/python -m tests.torture $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1000) \
	    --first $(or $(FROM),0) $(if $(RESULTS),--results $(RESULTS)))

removals: setup ## take one rule out at a time, and say which check notices (some minutes)
	@$(BIN)/python -m tests.proof.removals

pictures: setup ## a screenshot of every state of every page, in light and dark, into ../pictures (PICTURES=folder)
	@PICTURES=$(abspath $(PICTURES)) $(BIN)/python -m pytest tests/browser/test_states.py
	@echo "The pictures are in $(abspath $(PICTURES))."

values-page: setup ## docs/values.md, from the table of column types
	@$(BIN)/python scripts/values_page.py

torture-values: setup ## the laws of values over 100,000 generated cases of each column type, counted (CASES=1000; TYPES="money date_only")
	@$(BIN)/python -m tests.laws --cases $(or $(CASES),100000) $(if $(TYPES),--types $(TYPES))

crossings: setup ## how often control crosses from file to file in one automatic sync of one field, and where
	@$(BIN)/python scripts/crossings.py

shape: setup ## which modules import many others, and which functions have many branches
	@$(BIN)/python scripts/shape.py

bench: setup ## measure against floors, some ten minutes (BENCH_OUT=folder; DOCS=1: into docs/performance.md; ONLY=latency)
	@scripts/venv .venv-bench "$$(scripts/find-python 3.11 3.13)"
	@.venv-bench/bin/python -m pip install -qq --disable-pip-version-check -r bench/requirements.txt
	@.venv-bench/bin/python -m bench --out "$(BENCH_OUT)" $(if $(DOCS),--docs) $(if $(ONLY),--only $(ONLY))

clean: ## remove the data of `make run`, and what tests and checks leave behind
	@rm -rf $(DATA) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov
	@find . -name __pycache__ -not -path './.venv*' -not -path './.tools/*' -prune -exec rm -rf {} +

setup:
	@python=$$(scripts/find-python 3.11 3.13) || { echo "$(NO_PYTHON)" >&2; exit 1; }; \
	scripts/venv .venv "$$python"
	@scripts/azurite .venv
