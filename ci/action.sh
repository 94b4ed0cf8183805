#!/usr/bin/env bash
# What action.yml runs: `archcost check`, with annotations, a job summary and the outputs of the action.
#
# Inputs are data: they arrive as INPUT_* in the environment, and nothing of them is evaluated. No token is used;
# the base is fetched as the checkout was. With ARCHCOST=COMMAND, that command is run and nothing is installed,
# which is what the tests do. Bash 3.2 is enough: macOS has no newer one.
set -euo pipefail

scratch=$(mktemp -d "${RUNNER_TEMP:-/tmp}/archcost.XXXXXX")
summary=$scratch/summary.md
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
: >"$summary"

# -- what GitHub is told --------------------------------------------------------------------------------------------

# A file in the log. It may quote a spec, so no line of it is a command to the runner, however it begins.
show() {
  printf '::stop-commands::%s\n' "$token"
  awk 1 "$1"
  printf '::%s::\n' "$token"
}

# A text as the end of a workflow command.
escaped() {
  local text=${1//'%'/%25}
  text=${text//$'\r'/%0D}
  printf '%s' "${text//$'\n'/%0A}"
}

output() { printf '%s<<%s\n%s\n%s\n' "$1" "$token" "$2" "$token" >>"${GITHUB_OUTPUT:-/dev/null}"; }

finish() {
  local code=$1 sarif=
  cat "$summary" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
  if [ "$code" -le 1 ] && [ -n "${INPUT_SARIF:-}" ]; then
    case $INPUT_SARIF in /*) sarif=$INPUT_SARIF ;; *) sarif=$PWD/$INPUT_SARIF ;; esac
  fi
  output failed "$([ "$code" = 0 ] && echo false || echo true)"
  output exit-code "$code"
  output summary "$summary"
  output sarif "$sarif"
  exit "$code"
}

# The end where nothing could be checked. archcost annotates mistakes where they are written; all else is one annotation.
give_up() {
  local code=$1 title=$2 mistakes=$scratch/said
  grep -v '^::error ' "$3" >"$mistakes" || true
  show "$mistakes"
  grep '^::error ' "$3" || printf '::error title=archcost::%s\n' "$(escaped "$title: $(cat "$mistakes")")"
  # An indented block: nothing in it is markup.
  { printf '## ❌ archcost check: %s\n\n' "$title" && sed 's/^/    /' "$mistakes"; } >"$summary"
  finish "$code"
}

# -- archcost -------------------------------------------------------------------------------------------------------

# -I, here and below: Python imports nothing from the folder it runs in, which is the checkout.
is_new_enough() { "$1" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
  local names=(python3 python python3.14 python3.13 python3.12 python3.11)
  [ -z "${INPUT_PYTHON:-}" ] || names=("$INPUT_PYTHON")
  for python in "${names[@]}"; do
    if is_new_enough "$python"; then return; fi
  done
  printf 'none of %s is Python 3.11 or newer; let actions/setup-python bring one, in a step before this one\n' \
    "${names[*]}" >"$scratch/log"
  give_up 2 'there is no Python for it' "$scratch/log"
}

install() {
  local venv=$RUNNER_TEMP/archcost${GITHUB_ACTION_PATH//[^A-Za-z0-9.]/-}
  if [ ! -e "$venv/installed" ]; then
    find_python
    {
      "$python" -I -m venv --clear "$venv" &&
        "$venv/bin/python" -I -m pip install --quiet --disable-pip-version-check "$GITHUB_ACTION_PATH" &&
        touch "$venv/installed"
    } >"$scratch/log" 2>&1 || give_up 2 'it could not be installed' "$scratch/log"
  fi
  ARCHCOST=$venv/bin/archcost
}

# -- the base -------------------------------------------------------------------------------------------------------

find_base() {
  local merged_into=
  base=${INPUT_AGAINST:-}
  # Whoever has --against among the arguments means that one, and archcost refuses a second.
  if [ -n "$base" ] || [[ " ${INPUT_ARGS:-}" =~ [[:space:]]--against[=[:space:]] ]]; then return 0; fi
  base=${EVENT_BASE:-}
  # GitHub checks a pull request out as it would be merged. The first parent is what that merge is based on; what
  # the event says may be older. A shallow commit still names its parents.
  if [ "${GITHUB_EVENT_NAME:-}" = pull_request ] && [ "$(git rev-parse HEAD 2>/dev/null)" = "${GITHUB_SHA:-}" ]; then
    merged_into=$(git cat-file commit HEAD | awk '/^$/ {exit} $1 == "parent" {print $2; exit}') || true
    base=${merged_into:-$base}
  fi
}

# Only the commit itself. Where that fails, there is no base, and archcost says so and fails. A new branch had nothing
# before: GitHub writes zeros, which archcost takes for what they mean.
fetch_base() {
  local plain='^[A-Za-z0-9_][A-Za-z0-9_./-]*$' hash='^[0-9a-f]{40,64}$' branch=${base#origin/} what=$base as=$base
  if [[ $base =~ ^0*$ ]] || ! [[ $base =~ $plain ]] || git cat-file -e "$base^{commit}" 2>/dev/null; then return 0; fi
  if ! [[ $base =~ $hash ]]; then
    as=origin/$branch
    what="+$branch:refs/remotes/$as"
  fi
  if GIT_TERMINAL_PROMPT=0 git fetch --quiet --no-tags --depth=1 origin "$what" 2>"$scratch/log"; then
    base=$as
  else
    echo "The base $base is not in this clone, and could not be fetched from origin:"
    show "$scratch/log"
  fi
}

# -- the check ------------------------------------------------------------------------------------------------------

[ -n "${ARCHCOST:-}" ] || install
find_base
fetch_base

command=("$ARCHCOST" check --format github --format "text:$scratch/text" --format "markdown:$summary")
[ -z "${INPUT_SARIF:-}" ] || command+=(--format "sarif:$INPUT_SARIF")
[ -z "${INPUT_CONFIG:-}" ] || command+=("--config=$INPUT_CONFIG")
[ -z "${INPUT_FAIL_LEVEL:-}" ] || command+=("--fail-level=$INPUT_FAIL_LEVEL")
[ -z "$base" ] || command+=("--against=$base")
read -r -d '' -a words <<<"${INPUT_ARGS:-}" || true
command+=(${words[@]+"${words[@]}"} --)
while read -r spec; do
  [ -z "$spec" ] || command+=("$spec")
done <<<"${INPUT_SPECS:-}"

code=0
: >"$scratch/text"
"${command[@]}" </dev/null >"$scratch/annotations" 2>"$scratch/mistakes" || code=$?
case $code in
  0 | 1) ;;
  2) give_up 2 'a spec, the configuration or an input is wrong' "$scratch/mistakes" ;;
  3) give_up 3 'there is nothing to check' "$scratch/mistakes" ;;
  *) give_up "$code" "it ended with exit code $code" "$scratch/mistakes" ;;
esac

cat "$scratch/mistakes" "$scratch/text" >"$scratch/log"
show "$scratch/log"
if [ -s "$scratch/annotations" ]; then
  echo '::group::annotations'
  cat "$scratch/annotations"
  echo '::endgroup::'
fi
finish "$code"
