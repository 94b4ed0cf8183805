#!/usr/bin/env bash
# The tests, in a fresh environment, with the oldest or the newest versions of what archcost needs at run time. The
# tests' own tools are locked. What follows is for pytest:
#
#   PYTHON=python3.11 ci/dependencies.sh oldest
#   ci/dependencies.sh newest tests/test_reader.py
set -euo pipefail

versions=${1:?oldest or newest}
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"${PYTHON:-python3}" -m venv "$scratch/venv"
# shellcheck disable=SC1091
. "$scratch/venv/bin/activate"
case $versions in
  oldest) pip install --quiet -c ci/oldest.txt '.[test]' ;; # for Python 3.11: the oldest NumPy knows nothing newer
  newest)
    pip install --quiet -c constraints.txt '.[test]'
    pip install --quiet --upgrade --upgrade-strategy eager '.[png]'
    ;;
  *)
    echo "oldest or newest, not $versions" >&2
    exit 2
    ;;
esac
python --version
pip list
pytest "$@"
