#!/usr/bin/env bash
# Rewrites constraints.txt and ci/oldest.txt: what pyproject.toml allows, at its newest, and with the run-time
# dependencies at their oldest (ci/oldest.in). Needs uv. Names of packages to move only those, as in `ci/lock.sh ruff`.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
moved=(--upgrade)
[ $# = 0 ] || moved=("${@/#/--upgrade-package=}")
export UV_CUSTOM_COMPILE_COMMAND=ci/lock.sh
lock() { uv pip compile --quiet --python-version 3.11 --extra test --no-annotate "${moved[@]}" "$@" pyproject.toml; }
lock --universal --output-file constraints.txt
lock --constraint ci/oldest.in --output-file ci/oldest.txt
