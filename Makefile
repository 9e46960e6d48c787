# The commands people type. `make` alone lists them.

BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help install hooks test lint format docs ci demo ui

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-8s %s\n", $$1, $$2}' Makefile

install: ## make the environment with all that development needs (compiles llama.cpp)
	python3 -m venv .venv
	CMAKE_ARGS=-DGGML_NATIVE=OFF $(BIN)/pip install -q -c constraints.txt -e '.[embedded,dev]'

hooks: ## check every commit before it is made
	$(BIN)/pip install -q pre-commit
	$(BIN)/pre-commit install

test: ## run the tests; only some: make test T=relgen_assets_tests/resources
	$(BIN)/pytest $(T)

lint: ## everything of .ci/run but the tests, in seconds
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

format: ## format the code and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: ## make the generated parts of the documents anew
	$(BIN)/python -m relgen_assets_tests.repository.pages

ci: ## what has to pass before a change lands
	.ci/run

demo: ## turn the bundled articles into a dataset
	$(BIN)/relgen demo

ui: ## open Dagster's web UI
	$(BIN)/relgen ui
