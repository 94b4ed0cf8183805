"""ONNX's node tests, those that ship in its package, run on archcost's layers.

Every case of an operator that archcost can say as layers is run. Its values and shapes must be ONNX's, and
wherever a layer runs, its weights and operations those that were predicted. What is left out is left out by
a rule that says why. `pytest tests/execute/test_onnx_cases.py --renew` writes the tables of
`docs/outside-suites.md`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from archcost import foreign
from archcost.layers import KINDS
from archcost.spec.foreign_layers import kind_of
from archcost.words.suggest import plain
from tests.execute.onnx_cases import Case, collect, compare
from tests.execute.onnx_operators import TRANSLATIONS
from tests.execute.onnx_scope import OUT, OUT_OF_SCOPE, RULES, UNTRANSLATED, why_not
from tests.execute.outside_page import hold, listed, paragraphs, table

if TYPE_CHECKING:
    from collections.abc import Iterable


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return collect()


@pytest.fixture(scope="module")
def left_out(cases: list[Case]) -> dict[str, str]:
    """Name of a case of a supported operator -> why it is not run."""
    supported = (case for case in cases if case.op in TRANSLATIONS)
    return {case.name: why for case in supported if (why := why_not(case))}


@pytest.fixture(scope="module")
def results(cases: list[Case], left_out: dict[str, str]) -> dict[str, Exception | None]:
    """Name of every case that is run -> what went wrong."""
    to_run = (case for case in cases if case.op in TRANSLATIONS and case.name not in left_out)
    return {case.name: mistake(case) for case in to_run}


def mistake(case: Case) -> Exception | None:
    try:
        run(case)
    except Exception as error:  # noqa: BLE001 - the test of its operator raises it
        error.add_note(f"in {case.name}: {case.attributes}")
        return error
    return None


def run(case: Case) -> None:
    made = TRANSLATIONS[case.op](case)
    compare(case, made if isinstance(made, list) else [made])
    assert not case.overlooked()


@pytest.mark.parametrize("op", TRANSLATIONS)
def test_the_values_are_those_of_onnx(
    op: str, cases: list[Case], results: dict[str, Exception | None]
) -> None:
    errors = [results[case.name] for case in cases if case.op == op and case.name in results]
    assert errors
    for error in filter(None, errors):
        raise error


def test_every_operator_is_run_or_out_of_scope(cases: list[Case]) -> None:
    assert not TRANSLATIONS.keys() & OUT.keys()
    assert {case.op for case in cases} == TRANSLATIONS.keys() | OUT.keys()


def kind_for(op: str) -> str | None:
    """The kind that an operator is, or that the hint for its name says to write."""
    hint = foreign.layers.INSTEAD.get(plain(op), "")
    written = [] if "there is no" in hint else re.findall(r"`(\w+): \{", hint)
    return next((kind for kind in (kind_of(op), *written) if kind in KINDS), None)


@pytest.mark.parametrize("op", OUT)
def test_an_operator_that_a_kind_stands_for_is_translated_or_said_not_to_be(op: str) -> None:
    """A kind that is new may be an operator that was out of scope: it wants a line in `TRANSLATIONS`."""
    kind = kind_for(op)
    assert (OUT[op] == UNTRANSLATED) == bool(kind), f"{op} is {kind or 'no kind'}: {OUT[op]}"


def test_every_case_of_an_operator_that_runs_is_run_or_left_out_with_a_reason(
    cases: list[Case], left_out: dict[str, str], results: dict[str, Exception | None]
) -> None:
    supported = Counter(case.name for case in cases if case.op in TRANSLATIONS)
    assert Counter([*left_out, *results]) == supported
    print(f"run {len(results)} of {len(supported)}")  # noqa: T201 - shown by pytest -s


def test_every_reason_leaves_something_out(left_out: dict[str, str]) -> None:
    assert {rule.why for rule in RULES} == set(left_out.values())


def test_a_wrong_value_is_noticed(cases: list[Case]) -> None:
    case = next(case for case in cases if case.name == "basic_conv_with_padding")
    wrong = case.outputs[0].copy()
    wrong[0, 0, 2, 2] *= 1.01
    assert isinstance(mistake(replace(case, outputs=(wrong,))), AssertionError)


# -- the page ---------------------------------------------------------------------------------------------

HEAD = """\
The `onnx` package ships the tests that every runtime of the format has to pass: one operator each, with
inputs, weights and the outputs that must come out. Version {version} has {all:,} (those in which an operator
is spelled out as a function are left aside: their values are the same). {supported} are of operators that
archcost can say as layers; {run} of these run. The values must agree within the tolerances of ONNX's own
tests, the shapes exactly; and wherever a layer runs, its weights and every count of its operations must be
those archcost predicts. Of several outputs the first is compared (of `Split`, all).

`pytest tests/execute/test_onnx_cases.py` runs them. It fails if a case is neither run nor left out by a
rule, and if a rule leaves nothing out; with `--renew` it writes these tables.
"""

LEFT_OUT = """\
### Cases that are left out

Of the operators above, {left_out} cases ask for what archcost does not have, or defines otherwise.
"""

OTHERS = """\
### Operators that are out of scope

The other {out} cases are of operators for which no layer kind stands, or none yet in these tests.
"""


def test_the_page_says_what_is_run(
    request: pytest.FixtureRequest,
    cases: list[Case],
    left_out: dict[str, str],
    results: dict[str, Exception | None],
) -> None:
    supported = [case for case in cases if case.op in TRANSLATIONS]
    numbers = {
        "version": version("onnx"),
        "all": len(cases),
        "supported": len(supported),
        "run": len(results),
        "left_out": len(left_out),
        "out": len(cases) - len(supported),
    }
    parts = (
        paragraphs(HEAD.format(**numbers)),
        table(("operator", "run:", "of:", "as layers"), operators(supported, left_out)),
        paragraphs(LEFT_OUT.format(**numbers)),
        table(("why", "operator", "cases"), reasons(supported, left_out)),
        paragraphs(OTHERS.format(**numbers)),
        table(("why", "operators", "cases:"), out_of_scope(cases)),
    )
    hold(request, "onnx-cases", "\n".join(parts))


def operators(cases: list[Case], left_out: dict[str, str]) -> Iterable[tuple[object, ...]]:
    for op in sorted(TRANSLATIONS, key=str.lower):
        mine = [case for case in cases if case.op == op]
        kinds = dict.fromkeys(kind for case in mine for kind in case.kinds)
        yield op, sum(case.name not in left_out for case in mine), len(mine), listed(kinds)


def reasons(cases: list[Case], left_out: dict[str, str]) -> Iterable[tuple[object, ...]]:
    for why in dict.fromkeys(rule.why for rule in RULES):
        mine = [case for case in cases if left_out.get(case.name) == why]
        yield why, ", ".join(sorted({case.op for case in mine})), listed(case.name for case in mine)


def out_of_scope(cases: list[Case]) -> Iterable[tuple[object, ...]]:
    for why, ops in OUT_OF_SCOPE.items():
        yield why, ", ".join(ops.split()), sum(OUT.get(case.op) == why for case in cases)
