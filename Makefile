# Everything runs from one virtual environment that the first target makes by itself; see README.md.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PATH := $(CURDIR)/$(BIN):$(PATH)
TOPIC ?= Pythagorean theorem
SUBJECT ?= MATH
DIFFICULTY ?= STANDARD
# What decides who somebody is: every line and branch of it is tested, see CONTRIBUTING.md.
IDENTITY := services/auth/src/auth_service/domain/*,services/auth/src/auth_service/use_cases/*,libs/servicekit/src/servicekit/identity/*
SOURCES := libs/servicekit services gateway deploy docs protos tests

.DEFAULT_GOAL := help
.PHONY: help install demo up test lint fmt protos protos-check deploy check bench bench-live bench-scale bench-lesson bench-inference gpu-check clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): uv.lock pyproject.toml $(wildcard libs/*/pyproject.toml services/*/pyproject.toml */pyproject.toml deploy/*/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
	  { echo "Little Monster needs Python 3.11, 3.12, 3.13 or 3.14; $(PYTHON) is $$($(PYTHON) --version). Name another: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv sync --quiet --frozen --all-packages --compile-bytecode --link-mode copy || \
	  { echo "A package could not be installed. All of them are ready-made for Python 3.11 to 3.14 on 64-bit x86 Linux with glibc 2.31 or newer. This is $$($(BIN)/python --version) on $$(uname -sm). To take another: make clean, then make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@touch $@

install: $(READY) ## Install everything into .venv (the other targets do it when needed)

demo: $(READY) ## Make a lesson end to end: make demo TOPIC="Pythagorean theorem" SUBJECT=MATH DIFFICULTY=STANDARD
	@TOPIC="$(TOPIC)" SUBJECT="$(SUBJECT)" DIFFICULTY="$(DIFFICULTY)" $(BIN)/lm demo

up: $(READY) ## Run the whole mesh in the foreground until Ctrl-C (LM_HOME, LM_GATEWAY_PORT)
	@exec $(BIN)/lm up

# Processes that tests kill leave half-written data files, which no report can read.
test: $(READY) ## Run all tests on real embedded servers, with branch coverage
	@{ command -v curl && $(BIN)/python -c 'import ctypes; ctypes.CDLL("libgomp.so.1")'; } >/dev/null 2>&1 || \
	  { echo "The tests need curl, and libgomp for the optional second engine. On Debian and Ubuntu: apt-get install curl libgomp1"; exit 1; }
	@rm -f .coverage .coverage.*
	coverage run -m pytest -n 2 --dist worksteal
	@coverage combine -q && rm -f .coverage.* && coverage report --fail-under=80
	@echo "Rules of identity:" && coverage report --include="$(IDENTITY)" --fail-under=100

lint: $(READY) ## Style, types, import rules
	ruff check $(SOURCES)
	ruff format --check $(SOURCES)
	mypy libs/servicekit/src services/*/src gateway/src deploy/local/src
	lint-imports --no-cache

fmt: $(READY) ## Format and mend what can be mended
	ruff check --fix $(SOURCES)
	ruff format $(SOURCES)

protos: $(READY) ## Write all that is generated: stubs, OpenAPI, gateway configurations, tables in docs/
	python protos/build.py
	python -m gateway openapi
	python -m gateway reference
	python deploy/render.py
	python docs/generate.py
	python -m inference_service.curriculum schema

protos-check: $(READY) ## Fail when generated files are stale, the contracts break lint, or break earlier clients
	python protos/build.py --check

deploy: $(READY) ## Write the gateway's configuration for Compose and Kubernetes from deploy/gateways.yaml
	python deploy/render.py

check: lint protos-check test ## What continuous integration runs: lint, contracts, all tests

bench: $(READY) ## Requests per second through the gateway beside a plain service and a call without a database
	@$(BIN)/python -m tests.performance.bench

bench-live: $(READY) ## How long a comment takes to a thousand live streams through the gateway
	@$(BIN)/python -m tests.performance.live

bench-scale: $(READY) ## Feed and search over a million videos beside ten thousand (ten minutes, 10 GB of disk)
	@$(BIN)/python -m tests.performance.scale

bench-lesson: $(READY) ## How long a lesson takes, stage by stage, and how much memory over twenty of them
	@$(BIN)/python -m tests.performance.lesson

bench-inference: $(READY) ## Tokens per second of each engine alone and through the service, with 1, 4 and 8 clients
	@$(BIN)/python -m tests.performance.inference

gpu-check: $(READY) ## What a graphics processor gains here; says so when there is none
	@$(BIN)/python -m inference_service.engine.gpu_check || [ $$? -eq 3 ]

clean: ## Remove the virtual environment, caches and the mesh's state in .local
	rm -rf $(VENV) .local .mypy_cache .ruff_cache .pytest_cache .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
