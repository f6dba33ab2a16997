#!/usr/bin/env bash
# Sets everything up and passes the tests: style, types, and the test suite on every core.
source "$(dirname "$0")/environment.sh"

.venv/bin/ruff format --check --quiet .
.venv/bin/ruff check --quiet .
# mypy takes one processor a minute on a clean clone, so the tests begin beside it.
types=$(mktemp)
.venv/bin/mypy > "$types" 2>&1 &
mypy=$!

# Two workers more than processors, because tests wait for servers and other processes. Files in the order of their names:
# the longest are in end_to_end, and the last ones short, so that no processor is idle in the end.
status=0
workers=$(.venv/bin/python -c 'import os; print(os.cpu_count() + 2)')
.venv/bin/python -m pytest --numprocesses="$workers" --dist=loadfile --no-loadscope-reorder "$@" || status=$?
wait "$mypy" || status=$?
cat "$types"
rm "$types"
exit "$status"
