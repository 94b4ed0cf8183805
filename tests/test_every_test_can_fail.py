"""A test that asserts nothing cannot fail, and one that asserts only if something happens hardly can."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parent.parent
Function: TypeAlias = tuple[str, str]
"""The module it is in, and its name; methods are in no module, whatever object they are called on."""


def modules() -> dict[str, ast.Module]:
    files = sorted((ROOT / "tests").rglob("*.py"))
    names = (".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files)
    return {name: ast.parse(file.read_text("utf-8")) for name, file in zip(names, files, strict=True)}


MODULES = modules()
FUNCTIONS: dict[Function, list[ast.FunctionDef]] = {}
KNOWN: dict[str, dict[str, Function]] = {}
"""What names of functions mean in a module."""
for _module, _tree in MODULES.items():
    _methods = {
        id(node)
        for owner in ast.walk(_tree)
        if isinstance(owner, ast.ClassDef)
        for node in owner.body
        if isinstance(node, ast.FunctionDef)
    }
    _names = KNOWN[_module] = dict[str, Function]()
    for _node in ast.walk(_tree):
        if isinstance(_node, ast.FunctionDef):
            _key = ("", _node.name) if id(_node) in _methods else (_module, _node.name)
            FUNCTIONS.setdefault(_key, []).append(_node)
            _names[_node.name] = _key
        if isinstance(_node, ast.ImportFrom) and (_node.module or "").startswith("tests."):
            _names.update({one.asname or one.name: (_node.module or "", one.name) for one in _node.names})


def asserts(node: ast.AST) -> bool:
    """Whether a node fails by itself: an assertion, or one of pytest's."""
    match node:
        case ast.Assert():
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name("pytest"), attr=name)):
            return name in {"raises", "warns", "fail"}
        case _:
            return False


def called(module: str, node: ast.AST) -> set[Function]:
    """The functions of tests that a node may call, fixtures by their names."""
    found: set[Function] = set()
    for inner in ast.walk(node):
        match inner:
            case ast.Name(name) | ast.arg(name):
                found |= {KNOWN[module][name]} if name in KNOWN[module] else set()
            case ast.Attribute(attr=name):
                found.add(("", name))
            case _:
                pass
    return found


def asserting() -> set[Function]:
    """The functions that assert, or call such a one."""
    bodies = {
        key: [(key[0], part) for node in nodes for part in node.body] for key, nodes in FUNCTIONS.items()
    }
    homes = {id(node): module for module, tree in MODULES.items() for node in ast.walk(tree)}
    found: set[Function] = set()
    while True:
        more = {
            key
            for key, parts in bodies.items()
            if key not in found
            and any(
                any(map(asserts, ast.walk(part))) or called(homes[id(part)], part) & found
                for _, part in parts
            )
        }
        if not more:
            return found
        found |= more


ASSERTING = asserting()


def always(module: str, body: Iterable[ast.stmt]) -> bool:
    """Whether statements assert something, whichever way they take. A loop is taken."""
    return any(_always(module, one) for one in body)


def _always(module: str, one: ast.stmt) -> bool:
    ways: list[list[ast.stmt]]
    match one:
        case ast.If(body=body, orelse=other):
            ways = [body, other]
        case ast.Match(cases=cases):
            ways = [case.body for case in cases]
        case ast.Try(body=body, handlers=handlers, orelse=other, finalbody=last):
            ways = [[*body, *other, *last], *([*handler.body, *last] for handler in handlers)]
        case ast.For(body=body) | ast.While(body=body):
            ways = [body]
        case ast.With(items=items, body=body) if not any(_fails(module, item) for item in items):
            ways = [body]
        case ast.FunctionDef() | ast.ClassDef():
            ways = [[]]
        case _:
            return _fails(module, one)
    return all(always(module, way) for way in ways)


def _fails(module: str, node: ast.AST) -> bool:
    return any(map(asserts, ast.walk(node))) or bool(called(module, node) & ASSERTING)


@pytest.mark.parametrize("module", [name for name in MODULES if name.rpartition(".")[2].startswith("test_")])
def test_every_test_asserts_something_whatever_happens(module: str) -> None:
    tests = [
        node
        for (home, name), nodes in FUNCTIONS.items()
        if home == module and name[:5] == "test_"
        for node in nodes
    ]
    assert [test.name for test in tests if not always(module, test.body)] == []


@pytest.mark.parametrize(
    "body",
    [
        "read('a')",
        "if found: assert found.ok",
        "try: read('a')\nexcept ValueError as error: assert str(error)",
        "def inner():\n    assert True",
        "with suppress(ValueError): read('a')",
    ],
)
def test_what_cannot_fail_is_found(body: str) -> None:
    assert not always("tests.test_every_test_can_fail", ast.parse(body).body)
