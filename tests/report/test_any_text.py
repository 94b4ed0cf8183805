"""Results with any text in place of what others wrote: every writer keeps it text."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcost
from archcost.analysis.expand import expanded
from archcost.analysis.explain import explain
from archcost.analysis.facts import Facts
from archcost.analysis.field_report import field_report
from archcost.execute.proof_report import verify_report
from archcost.execute.verification import verify
from archcost.report.formats import RESULTS, write
from archcost.report.options import WriteOptions
from archcost.review.compare import PARETO, measure, side_by_side
from archcost.review.diff import diff
from tests.cli.test_no_text_escapes import HOSTILE, LOOKS_ALIKE, SPEC

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

Writer = tuple[str, "Callable[[Any], str]", Any]

MARK = "MARK"
PIECES = [piece for text in HOSTILE.values() for piece in {text, text[:1], text[-2:]}]
TEXT = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), min_size=1, max_size=4).map("".join)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    path = tmp_path_factory.mktemp("specs") / f"{MARK}.yaml"
    path.write_text(SPEC.format(text=MARK))
    return archcost.load(path)


@pytest.fixture(scope="module")
def results(network: Network) -> list[Writer]:
    """A format, what writes it, and a result with marks."""
    other = archcost.load(network.path, variant="wide")
    report, change = archcost.analyze(network), diff(network, other)
    compared = side_by_side(
        [measure(one, 1, {}) for one in (network, other)], base=None, pareto=PARETO, depth=1
    )
    seen = field_report(Facts.of(network), None, effective=False)
    proof = verify_report(verify(network, samples=1))

    def in_each(kind: str, result: object, **options: Any) -> list[Writer]:  # noqa: ANN401 - of any name
        how = WriteOptions(**options)
        return [
            (form, lambda value, form=form: write(kind, value, form, how), result) for form in RESULTS[kind]
        ]

    return [
        *in_each("analysis", [report], columns=("place", "fields", "kind", "inputs")),
        *in_each("difference", [change], depth=1),
        *in_each("comparison", compared),
        *in_each("expansion", expanded(network)),
        *in_each("explanation", explain(network, "last", None)),
        *in_each("fields", seen),
        *in_each("verification", [proof]),
    ]


def put(value: Any, text: str) -> Any:  # noqa: ANN401 - whatever a result holds
    """The same with a text for every mark."""
    if isinstance(value, str):
        return value.replace(MARK, text)
    if isinstance(value, tuple | list):
        made = [put(one, text) for one in cast("list[object]", value)]
        return made if isinstance(value, list) else tuple(made)
    if isinstance(value, dict):
        entries = cast("dict[object, object]", value).items()
        return {put(key, text): put(one, text) for key, one in entries}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{field.name: put(getattr(value, field.name), text) for field in fields(value)}
        )
    return value


@settings(max_examples=40)
@given(text=TEXT)
def test_no_writer_lets_a_text_mean_anything(text: str, results: list[Writer]) -> None:
    for form, written, result in results:
        LOOKS_ALIKE[form](written(put(result, text)), written(put(result, "x")))
