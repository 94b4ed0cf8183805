"""Small changes of a Python file: each makes it another program, and the tests should notice.

A change replaces one piece of the text and leaves every other character where it is. What is only written for
readers stays: docstrings, messages, annotations, and that a `zip` is strict.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

N = TypeVar("N", bound=ast.AST)


class Change(NamedTuple):
    """One place of a file, and what stands there instead.

    Attributes:
        path: the file, from the root of the repository.
        line: where the place begins, from 1.
        start: the byte where the place begins.
        end: the byte after it.
        what: the kind of change.
        before: what stands there.
        after: what stands there instead.
    """

    path: str
    line: int
    start: int
    end: int
    what: str
    before: str
    after: str

    def made(self, source: bytes) -> bytes:
        """The file with it."""
        return source[: self.start] + self.after.encode() + source[self.end :]

    def makes_another_program(self, source: bytes) -> bool:
        """Whether it is Python still, and not the same."""
        try:
            return ast.dump(ast.parse(self.made(source))) != ast.dump(ast.parse(source))
        except SyntaxError:
            return False

    def __str__(self) -> str:
        """One line for people."""
        before, after = (" ".join(text.split()) for text in (self.before, self.after))
        return f"{self.path}:{self.line}: {self.what}: {before} → {after}"


COMPARISONS: dict[type[ast.cmpop], list[type[ast.cmpop]]] = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.GtE],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor"}
TOUCHING_UP = {"abs", "reversed", "sorted", "set"}
"""Calls that may be left out: what they are given can stand in their place."""
EITHER_WAY = {"gcd", "lcm", "max", "min"}
"""Functions of numbers that do not ask which came first."""
TYPES = {"TypeVar", "cast", "tuple", "list", "dict", "set", "frozenset", "type", "Literal", "ClassVar"}
"""A call or a subscript of these says what something is."""

Found = tuple[ast.expr | ast.stmt, str, str]
"""A node, the kind of a change, and the text that stands there instead."""


def changes(path: str, text: str) -> list[Change]:
    """Every small change of a file, in the order of its text.

    >>> [change.after for change in changes("a.py", "x = a < 1")]
    ['(a <= 1)', '(a > 1)', '0', '2']
    """
    source, starts = text.encode(), [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found: set[Change] = set()
    for node, what, after in _found(ast.parse(text)):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        found.add(Change(path, node.lineno, start, end, what, source[start:end].decode(), after))
    return sorted(found, key=lambda one: (one.start, -one.end, one.what, one.after))


def _found(tree: ast.Module) -> Iterator[Found]:
    for node in _computing(tree):
        for kind, made in MADE:
            if isinstance(node, kind):
                yield from made(node)


def _computing(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below that do something when the program runs."""
    if _is_for_readers(node):
        return
    yield node
    unread = {id(getattr(node, name, None)) for name in ("annotation", "returns")}
    unread |= {id(one) for one in getattr(node, "decorator_list", ())}
    for child in ast.iter_child_nodes(node):
        if id(child) not in unread:
            yield from _computing(child)


def _is_for_readers(node: ast.AST) -> bool:
    match node:
        case ast.If(test=ast.Name("TYPE_CHECKING")) | ast.JoinedStr() | ast.Expr(value=ast.Constant()):
            return True
        case ast.AnnAssign(annotation=ast.Name("TypeAlias")) | ast.Assign(targets=[ast.Name("__all__")]):
            return True
        case ast.Call(func=ast.Name(name)) | ast.Subscript(value=ast.Name(name)):
            return name in TYPES
        case ast.keyword(arg="description") | ast.keyword(arg="strict", value=ast.Constant(True)):
            return True
        case _:
            return False


# -- what may stand there instead -------------------------------------------------------------------------


def _shown(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"


def _with(node: N, **fields: object) -> N:
    """A copy with other fields."""
    kept = {name: getattr(node, name) for name in node._fields}
    return type(node)(**kept | fields)


def _compared(node: ast.Compare) -> Iterator[Found]:
    for i, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            yield node, "comparison", _shown(_with(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]]))


def _constant(node: ast.Constant) -> Iterator[Found]:
    match node.value:
        case bool():
            yield node, "truth value", str(not node.value)
        case int():
            yield node, "constant", str(node.value + 1)
            yield node, "constant", str(node.value - 1)
        case float():
            yield node, "constant", repr(node.value + 1)
        case _:
            pass


def _calculated(node: ast.BinOp) -> Iterator[Found]:
    is_text = isinstance(node.left, ast.JoinedStr | ast.Constant) and isinstance(node.op, ast.Add | ast.Mod)
    if (other := OPERATORS.get(type(node.op))) and not is_text:
        yield node, "operator", _shown(_with(node, op=other()))


def _logical(node: ast.BoolOp) -> Iterator[Found]:
    other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
    yield node, "and, or", _shown(_with(node, op=other))
    for i in range(len(node.values)):
        rest = [*node.values[:i], *node.values[i + 1 :]]
        yield node, "operand left out", _shown(_with(node, values=rest) if len(rest) > 1 else rest[0])


def _signed(node: ast.UnaryOp) -> Iterator[Found]:
    yield node, "sign left out", _shown(node.operand)


def _chosen(node: ast.IfExp) -> Iterator[Found]:
    yield node, "always this", _shown(node.body)
    yield node, "never this", _shown(node.orelse)


def _called(node: ast.Call) -> Iterator[Found]:
    match node:
        case ast.Call(func=ast.Name(name)) if name in FUNCTIONS:
            yield node, "function", _shown(_with(node, func=ast.Name(FUNCTIONS[name])))
        case ast.Call(func=ast.Name(name), args=[only], keywords=[]) if name in TOUCHING_UP:
            yield node, "call left out", _shown(only)
        case _:
            pass
    match node:
        case ast.Call(func=ast.Name(name), keywords=[]) if name in EITHER_WAY:
            pass
        case ast.Call(args=[ast.Starred(), *_] | [_, ast.Starred(), *_]):
            pass
        case ast.Call(args=[first, second, *rest]):
            yield node, "arguments swapped", _shown(_with(node, args=[second, first, *rest]))
        case _:
            pass
    for i, given in enumerate(node.keywords):
        if given.arg not in {None, "strict"} and not _is_for_readers(given):  # not strict is what `zip` is
            others = [*node.keywords[:i], *node.keywords[i + 1 :]]
            yield node, "argument left out", _shown(_with(node, keywords=others))


def _collected(node: ast.Tuple | ast.List | ast.Set) -> Iterator[Found]:
    is_read = isinstance(node, ast.Set) or isinstance(node.ctx, ast.Load)
    for i in range(len(node.elts) if is_read and len(node.elts) > 1 else 0):
        rest = [*node.elts[:i], *node.elts[i + 1 :]]
        yield node, "element left out", ast.unparse(_with(node, elts=rest))


def _part(node: ast.Subscript) -> Iterator[Found]:
    part = node.slice
    if isinstance(part, ast.Slice) and isinstance(node.ctx, ast.Load):
        for end in ("lower", "upper"):
            if getattr(part, end):
                yield node, "slice", ast.unparse(_with(node, slice=_with(part, **{end: None})))


def _filtered(node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> Iterator[Found]:
    for i, clause in enumerate(node.generators):
        if clause.ifs:
            clauses = [*node.generators[:i], _with(clause, ifs=[]), *node.generators[i + 1 :]]
            yield node, "condition left out", ast.unparse(_with(node, generators=clauses))


def _asked(node: ast.If | ast.While | ast.IfExp) -> Iterator[Found]:
    yield node.test, "condition turned", f"(not ({ast.unparse(node.test)}))"


def _done(node: ast.stmt) -> Iterator[Found]:
    yield node, "statement left out", "pass"


MADE: list[tuple[type[ast.AST] | tuple[type[ast.AST], ...], Callable[..., Iterator[Found]]]] = [
    (ast.Compare, _compared),
    (ast.Constant, _constant),
    (ast.BinOp, _calculated),
    (ast.BoolOp, _logical),
    (ast.UnaryOp, _signed),
    (ast.IfExp, _chosen),
    (ast.Call, _called),
    ((ast.Tuple, ast.List, ast.Set), _collected),
    (ast.Subscript, _part),
    ((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), _filtered),
    ((ast.If, ast.While, ast.IfExp), _asked),
    ((ast.Expr, ast.AugAssign, ast.Continue, ast.Break, ast.Raise, ast.Delete), _done),
]
