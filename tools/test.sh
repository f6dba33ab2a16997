#!/usr/bin/env bash
# Sets everything up and passes the tests: style, types, and the test suite on every core.
source "$(dirname "$0")/environment.sh"

.venv/bin/ruff format --check --quiet .
.venv/bin/ruff check --quiet .
.venv/bin/mypy
.venv/bin/python -m pytest --numprocesses=auto --dist=loadfile "$@"
