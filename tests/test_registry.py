"""The registry as a whole: what every kind owes its users, and what nobody may forget when adding one."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

import archcost.layers
from archcost import foreign
from archcost.conventions.table import CONVENTIONS
from archcost.layers import EXPANDED, KINDS, RANKED, find, find_item, words
from archcost.layers.base import TERMS, Kind, Layer, Operations
from archcost.words.suggest import plain
from tests.layers.table import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.layers.case import Case

DOCS = Path(__file__).parent.parent / "docs"
KINDS_PAGE, ELSEWHERE = DOCS / "kinds.md", DOCS / "coming-from.md"

DEFINED_BY_THEIR_NAMES = {
    "abs",
    "activation",
    "add",
    "average",
    "clamp",
    "cos",
    "custom",
    "divide",
    "equal",
    "exp",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "log",
    "log_sigmoid",
    "max",
    "min",
    "multiply",
    "not_equal",
    "offset",
    "power",
    "reciprocal",
    "rsqrt",
    "scale",
    "sigmoid",
    "sin",
    "sqrt",
    "square",
    "subtract",
    "tanh",
    "where",
}
"""Kinds that compute, but nothing anybody would look up."""

every_kind = pytest.mark.parametrize("word", KINDS)


def kind(word: str) -> type[Kind]:
    found = find(word)
    assert found is not None
    return found[0]


def family(word: str) -> str:
    return KINDS[word].partition(":")[0]


@every_kind
def test_a_kind_says_what_it_is(word: str) -> None:
    text = kind(word).__dict__.get("__doc__")
    assert text, "a docstring of its own"
    summary = text.splitlines()[0]
    assert summary.endswith("."), "a first line that stands alone"


@every_kind
def test_every_field_of_a_kind_is_described(word: str) -> None:
    fields = kind(word).model_fields
    assert [name for name, field in fields.items() if not field.description] == []


def without_rule(word: str) -> Iterator[str]:
    """The conventions in which nobody has decided what a kind counts as."""
    if word == "activation":  # it counts as the one that it names
        return
    for name, convention in CONVENTIONS.items():
        if not any(re.fullmatch(rf"\*|{word}(_nearest|_bilinear)?(\dd)?", rule) for rule in convention.rules):
            yield name


def missing(word: str) -> Iterator[str]:
    """What a kind still needs, and where it goes."""
    yield from (f"its method {name}" for name in sorted(kind(word).__abstractmethods__))
    rows = [case for case in CASES if case.kind == word]
    if not rows:
        yield f"a row in tests/layers/table_{family(word)}.py"
    for row in rows:
        if row.value is None and not kind(word).values_unknown:
            yield f"value=…, the number at one place of the output, in its row '{row.sentence}'"
        if row.value is not None and kind(word).values_unknown:
            yield f"no value=… in its row '{row.sentence}': nobody knows what it computes"
    if rows and not any(row.torch for row in rows):
        yield "torch=…, the same in PyTorch or why there is nothing, in one of its rows"
    if f"\n### {word}\n" not in KINDS_PAGE.read_text("utf-8"):
        yield "its section in docs/kinds.md, which `python docs/generate.py` writes"
    if f"\n| `{word}` |" not in ELSEWHERE.read_text("utf-8"):
        yield "its row in docs/coming-from.md: what it is called in other frameworks"
    if tools := [*without_rule(word)]:
        yield (
            "its word in NEVER in archcost/conventions/table.py, if no tool counts anything for it; "
            f"else a rule, one without formulas where it is nothing, for {', '.join(tools)}"
        )
    if plain(word) in {*foreign.layers.KINDS, *foreign.layers.INSTEAD}:
        yield f"'{plain(word)}' taken out of archcost/foreign/layers.py, where it stands for something else"


@every_kind
def test_nothing_is_missing_of_a_kind(word: str) -> None:
    lacking = [*missing(word)]
    assert not lacking, "\n".join(lacking)


@every_kind
def test_a_kind_that_computes_names_the_source_of_its_formulas(word: str) -> None:
    computes = any(case.ops != Operations() for case in CASES if case.kind == word)
    assert kind(word).reference or not computes or word in DEFINED_BY_THEIR_NAMES


@every_kind
def test_a_field_that_a_kind_does_not_have_is_one_mistake(word: str) -> None:
    fields = next((case.fields for case in CASES if case.kind == word), dict[str, object]())
    with pytest.raises(ValidationError) as caught:
        kind(word).model_validate({**fields, "no_such_field": 1})
    assert [error["loc"] for error in caught.value.errors()] == [("no_such_field",)]


@every_kind
def test_a_kind_has_a_schema_for_editors(word: str) -> None:
    properties = kind(word).model_json_schema().get("properties", {})
    assert properties.keys() == kind(word).model_fields.keys()
    assert all("description" in schema for schema in properties.values())


def layer_modules() -> list[str]:
    folder = Path(archcost.layers.__file__).parent
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def test_no_class_is_left_out_of_the_registry() -> None:
    modules = {name: import_module(f"archcost.layers.{name}") for name in layer_modules() if name != "base"}
    there = {
        f"{module}:{name}"
        for module, code in modules.items()
        for name, member in inspect.getmembers(code, inspect.isclass)
        if issubclass(member, Kind) and member.__module__ == code.__name__ and not name.startswith("_")
    }
    assert there == set(KINDS.values())


def test_no_class_is_registered_twice() -> None:
    assert len(set(KINDS.values())) == len(KINDS)


def test_kinds_of_a_family_stand_together_under_its_name() -> None:
    runs = [name for name, _ in groupby(KINDS, family)]
    assert len(set(runs)) == len(runs)
    lines = inspect.getsource(archcost.layers).partition("KINDS = {")[2].partition("\n}")[0].splitlines()
    assert [line.strip("# ") for line in lines if line.strip().startswith("#")] == runs


@pytest.mark.parametrize("word", RANKED)
def test_a_word_may_carry_its_rank(word: str) -> None:
    assert [find(f"{word}{rank}d") for rank in (1, 2, 3)] == [(kind(word), rank) for rank in (1, 2, 3)]


def test_a_word_that_is_no_kind_is_not_found() -> None:
    assert [find(word) for word in ("convolution", "conv4d", "relu2d", "2d", "")] == [None] * 5


def test_every_word_is_offered() -> None:
    ranked = (f"{word}{rank}d" for word in RANKED for rank in (1, 2, 3))
    assert sorted(words()) == sorted({*KINDS, *EXPANDED, *ranked})
    assert None not in [find_item(word) for word in words()]


def terms(case: Case) -> set[str]:
    layer = kind(case.kind).model_validate(case.fields)
    return set(layer.formulas(*case.inputs, y=case.output).terms)


def test_the_words_of_all_formulas_are_in_the_glossary_and_no_others() -> None:
    used = set[str]().union(*map(terms, CASES))
    assert used == set(TERMS)


def test_the_glossary_is_sorted() -> None:
    assert list(TERMS) == sorted(TERMS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}: {case.sentence}")
def test_a_window_gives_the_axes_of_the_output(case: Case) -> None:
    layer = kind(case.kind).model_validate(case.fields)
    if isinstance(layer, Layer) and (window := layer.window(case.inputs[0])) is not None:
        assert window.output(case.inputs[0][1:]) == case.output[1:]


def test_sentences_tell_the_rows_apart() -> None:
    names = [(case.kind, case.sentence) for case in CASES]
    assert len(set(names)) == len(names)
