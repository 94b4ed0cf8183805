"""Expressions against Python's own arithmetic on fractions; every refusal with its words and its place."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archcost.errors import ExpressionError
from archcost.expressions.dollar import split_dollar
from archcost.expressions.parser import RESERVED, Expression
from archcost.expressions.values import equal, show
from archcost.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.expressions.values import Value

ENV: dict[str, Value] = {
    "width": 64,
    "depth": 3,
    "scale": Fraction(3, 4),
    "wide": True,
    "act": "relu",
    "pair": (1, 2),
    "triple": (1, 2, 3),
    "in_channels": 256,
}

VALUES: dict[str, tuple[str, Value]] = {
    "a number is itself": ("64", 64),
    "leading zeros mean nothing": ("010", 10),
    "a decimal is exact": ("0.1 + 0.2", Fraction(3, 10)),
    "a whole decimal is an integer": ("1.0", 1),
    "a decimal may start or end with its point": (".5 + 1.", Fraction(3, 2)),
    "an exponent is exact": ("1e3", 1000),
    "a negative exponent is exact": ("25e-2", Fraction(1, 4)),
    "true is a boolean": ("true", True),
    "false is a boolean": ("false", False),
    "a word stands in single quotes": ("'same'", "same"),
    "a word stands in double quotes": ('"same"', "same"),
    "a word may hold the other quote and any character": ('"it\'s 3-3"', "it's 3-3"),
    "a variable has its value": ("width", 64),
    "a name of the language may be a part of a variable's": ("in_channels // 16", 16),
    "division stays exact": ("7 / 2", Fraction(7, 2)),
    "a division that comes out whole is an integer": ("width / 4", 16),
    "floor division goes down": ("-7 // 2", -4),
    "floor division of fractions is an integer": ("scale // 0.5", 1),
    "the remainder has the sign of the divisor": ("-7 % 3", 2),
    "a product binds tighter than a sum": ("2 + 3 * 4", 14),
    "sums go from left to right": ("10 - 3 - 2", 5),
    "products go from left to right": ("64 / 4 * 2 // 3 % 4", 2),
    "parentheses come first": ("(2 + 3) * 4", 20),
    "a power binds tighter than a sign": ("-2 ** 2", -4),
    "a power may have a negative exponent": ("2 ** -1", Fraction(1, 2)),
    "powers go from right to left": ("2 ** 3 ** 2", 512),
    "a power of a fraction is exact": ("1.5 ** 3", Fraction(27, 8)),
    "one to any power is cheap": ("1 ** 1000000000000000000000000", 1),
    "minus one to any power is cheap": ("(-1) ** 1000000000000000000000001", -1),
    "zero to the zero is one": ("0 ** 0", 1),
    "a root is a float": ("2 ** 0.5 * 0 + 16 ** 0.5", 4.0),
    "a root can be made whole again": ("round(16 ** 0.5)", 4),
    "signs may be repeated": ("- - +3", 3),
    "a comparison is a boolean": ("width > 32", True),
    "comparisons may be chained": ("32 < width <= 64 != 65", True),
    "a chained comparison fails at its first false": ("1 > 2 < 3", False),
    "fractions compare exactly": ("0.1 + 0.2 == 0.3", True),
    "words are equal by their letters": ("act == 'relu'", True),
    "a word never equals a number": ("act == 1", False),
    "a boolean never equals a number": ("true == 1", False),
    "booleans equal booleans": ("(1 < 2) == true", True),
    "lists are equal value by value": ("pair * 2 == pair + pair", True),
    "lists of different lengths differ": ("pair == triple", False),
    "a boolean in a list never equals a number": ("pair != triple", True),
    "not binds looser than a comparison": ("not width == 64", False),
    "not may be repeated": ("not not wide", True),
    "and binds tighter than or": ("true or true and false", True),
    "and stops at the first false": ("false and undefined", False),
    "or stops at the first true": ("true or undefined", True),
    "a choice takes its first branch": ("1 if wide else undefined", 1),
    "a choice takes its other branch": ("undefined if not wide else 2", 2),
    "choices may be chained": ("1 if width < 8 else 2 if width < 100 else 3", 2),
    "a choice is the loosest of all": ("1 + 1 if wide and not false else 0", 2),
    "a choice may give a word": ("'same' if wide else 'valid'", "same"),
    "max takes the largest": ("max(width, 8, 65)", 65),
    "min takes the smallest": ("min(width, 8.5)", Fraction(17, 2)),
    "a comma may end the values": ("min(1, 2,)", 1),
    "ceil goes up": ("ceil(7 / 2)", 4),
    "floor goes down": ("floor(-7 / 2)", -4),
    "round takes a half to the even neighbour below": ("round(2.5)", 2),
    "round takes a half to the even neighbour above": ("round(3.5)", 4),
    "divisible rounds to the nearest multiple": ("divisible(32 * 1.4, 8)", 48),
    "divisible takes a half up": ("divisible(36, 8)", 40),
    "divisible never loses more than a tenth": ("divisible(11, 8)", 16),
    "divisible is at least its divisor": ("divisible(1, 8)", 8),
    "divisible is at least its minimum": ("divisible(1, 8, 24)", 24),
    "the minimum may go by its name": ("divisible(1, 8, min=24)", 24),
    "the limit may go by its name": ("divisible(11, 8, limit=0)", 8),
    "both may go by their names in any order": ("divisible(11, 8, limit=0, min=2)", 8),
    "both may go by their places": ("divisible(11, 8, 2, 0)", 8),
    "a list takes part value by value": ("pair * 2 + 1", (3, 5)),
    "two lists meet value by value": ("pair * pair", (1, 4)),
    "a sign goes into a list": ("-pair", (-1, -2)),
    "a function goes into a list": ("max(triple, 2)", (2, 2, 3)),
    "divisible goes into a list": ("divisible(triple * 12, 8)", (16, 24, 40)),
    "line breaks are spaces": ("1 +\n  2", 3),
    "a hundred million is far below the limit": ("10 ** 8", 10**8),
    "the largest power is still exact": ("2 ** 80", 2**80),
}


@pytest.mark.parametrize(("text", "expected"), VALUES.values(), ids=VALUES.keys())
def test_an_expression_has_its_value(text: str, expected: Value) -> None:
    value = Expression.parse(text).evaluate(ENV)
    assert value == expected
    assert type(value) is type(expected)


KNOWN = "there are ceil, divisible, floor, max, min, round; a product needs a *"

REFUSED: dict[str, tuple[str, str, str]] = {
    # sentence: what is written, what is pointed at, the message
    "a misspelt variable": ("$(widht * 2)", "widht", "unknown variable 'widht' (did you mean 'width'?)"),
    "a variable nobody knows": ("$(foo)", "foo", "unknown variable 'foo'"),
    "an unknown variable by its name alone": ("$foo", "foo", "unknown variable 'foo'"),
    "a division by zero": ("$(width / 0)", "/", "64 / 0 divides by zero"),
    "a floor division by zero": ("$(width // (1 - 1))", "//", "64 // 0 divides by zero"),
    "a remainder of zero": ("$(scale % 0)", "%", "0.75 % 0 divides by zero"),
    "a negative power of zero": ("$(0 ** -1)", "**", "0 ** -1 divides by zero"),
    "a power beyond all floats": ("$((2 ** 0.5) ** 5000)", "**", "1.4142135623730951 ** 5000 is too large"),
    "a negative root of zero": ("$(0 ** -0.5)", "**", "0 ** -0.5 divides by zero"),
    "a root of a negative number": ("$((-8) ** 0.5)", "**", "-8 ** 0.5 is a root of a negative number"),
    "a sum with a boolean": ("$(true + 1)", "+", "+ needs numbers, not true"),
    "a sum of words": ("$('a' + 'b')", "+", "+ needs numbers, not 'a'"),
    "a sum with a word in a list": ("$(1 + act)", "+", "+ needs numbers, not 'relu'"),
    "the negative of a word": ("$(-act)", "-", "- needs numbers, not 'relu'"),
    "an order of words": ("$(act < 'z')", "<", "< needs numbers, not 'relu'"),
    "an order of booleans": ("$(wide >= 1)", ">=", ">= needs numbers, not true"),
    "an order of lists": ("$(pair < 3)", "<", "< needs numbers, not [1, 2]"),
    "lists of different lengths": (
        "$(pair + triple)",
        "+",
        "[1, 2] and [1, 2, 3] differ in length (2 and 3)",
    ),
    "a number where a truth is needed": ("$(width and wide)", "and", "`and` needs true or false, not 64"),
    "a number after and": ("$(wide and 1)", "and", "`and` needs true or false, not 1"),
    "a number in the middle of or": ("$(false or 0 or true)", "or", "`or` needs true or false, not 0"),
    "the opposite of a number": ("$(not width)", "not", "`not` needs true or false, not 64"),
    "a choice by a number": ("$(1 if width else 2)", "if", "`if` needs true or false, not 64"),
    "the largest of words": ("$(max(act, 1))", "max", "max needs numbers, not 'relu'"),
    "divisible by zero": (
        "$(divisible(3, 0))",
        "divisible",
        "divisible needs a positive whole divisor, not 0",
    ),
    "divisible by a fraction": (
        "$(divisible(3, 0.5))",
        "divisible",
        "divisible needs a positive whole divisor, not 0.5",
    ),
    "a power beyond the limit": ("$(2 ** 81)", "**", "needs an integer beyond 2^80 (the limit `integer`)"),
    "a tower of powers": ("$(9 ** 9 ** 9)", "**", "needs an integer beyond 2^80 (the limit `integer`)"),
    "a power with a tiny result": ("$(2 ** -81)", "**", "needs an integer beyond 2^80 (the limit `integer`)"),
    "a product beyond the limit": (
        "$(2 ** 79 * 4)",
        "*",
        "needs an integer beyond 2^80 (the limit `integer`)",
    ),
    "a float beyond the limit": (
        "$((2 ** 79) ** 1.5)",
        "**",
        "needs an integer beyond 2^80 (the limit `integer`)",
    ),
    "a number with a huge exponent": (
        "$(1e999999999)",
        "1e999999999",
        "has more digits than numbers here may have (the limit `integer`)",
    ),
    "a number beyond the limit": ("$(1e25)", "1e25", "needs an integer beyond 2^80 (the limit `integer`)"),
    "a product without its sign": (
        "$(2width)",
        "2width",
        "'2width' is not a number; a product is written 2*width",
    ),
    "a number with separators": ("$(1_000)", "1_000", "'1_000' is not a number"),
    "a number with two points": ("$(1.2.3)", "1.2.3", "'1.2.3' is not a number"),
    "two values side by side": ("$(width 2)", "2", "an operator is missing before 2"),
    "two names side by side": ("$(width x 2)", "x", "an operator is missing before x"),
    "two words side by side": ("$('a' 'b')", "'b'", "an operator is missing before 'b'"),
    "an operator at the end": ("$(width *)", ")", "a value is missing at the end"),
    "an operator at the start": ("$(* width)", "*", "a value is missing before *"),
    "and at the start": ("$(and wide)", "and", "a value is missing before `and`"),
    "a function without values": ("$(max())", "max", "max got 0 values: max(a, b, ...)"),
    "a function with one value too few": ("$(max(3))", "max", "max got 1 value: max(a, b, ...)"),
    "a function with one value too many": (
        "$(round(1, 2))",
        "round",
        "round got 2 values: round(x), half to even",
    ),
    "divisible without its divisor": (
        "$(divisible(3))",
        "divisible",
        "divisible got 1 value: divisible(value, divisor, min, limit), the last two optional",
    ),
    "divisible with two minima": (
        "$(divisible(3, 8, 8, min=8))",
        "divisible",
        "divisible got 4 values: divisible(value, divisor, min, limit), the last two optional",
    ),
    "a name no function has room for": (
        "$(divisible(3, 8, lim=1))",
        "lim",
        "divisible has no room for lim=: divisible(value, divisor, min, limit), the last two optional",
    ),
    "a name that is given twice": (
        "$(divisible(3, 8, min=1, min=2))",
        "min=2",
        "divisible has no room for min=: divisible(value, divisor, min, limit), the last two optional",
    ),
    "a named value of another function": (
        "$(max(1, min=2))",
        "min",
        "max has no room for min=: max(a, b, ...)",
    ),
    "a value after a named one": (
        "$(divisible(3, 8, min=1, 2))",
        "2))",
        "a value without a name cannot follow one with a name",
    ),
    "a value that is left out": ("$(max(1,, 2))", ", 2", "a value is missing before ,"),
    "a function without parentheses": ("$(max + 1)", "max", "max is a function: max(a, b, ...)"),
    "a function by its name alone": ("$max", "max", "max is a function: max(a, b, ...)"),
    "an unknown function": ("$(blur(3))", "blur", f"unknown function 'blur' ({KNOWN})"),
    "a variable that is called": ("$(width(3))", "width", f"unknown function 'width' ({KNOWN})"),
    "a misspelt function": ("$(ciel(3))", "ciel", "unknown function 'ciel' (did you mean 'ceil'?)"),
    "a function of Python": ("$(int(3))", "int", "unknown function 'int' (did you mean 'floor'?)"),
    "a function of MobileNet's code": (
        "$(make_divisible(3, 8))",
        "make_divisible",
        "unknown function 'make_divisible' (did you mean 'divisible'?)",
    ),
    "a root by its name": ("$(sqrt(3))", "sqrt", "unknown function 'sqrt': write x ** 0.5"),
    "an import": ("$(__import__('os'))", "__import__", f"unknown function '__import__' ({KNOWN})"),
    "a parenthesis too many": ("$((width)))", ")", "this parenthesis closes nothing"),
    "a parenthesis after a space": ("$(max(1, 2)) )", ")", "this parenthesis closes nothing"),
    "a parenthesis too many inside": ("$width)", ")", "this parenthesis closes nothing"),
    "a list of values": ("$(1, 2)", ",", "a comma only stands between a function's values"),
    "a single equals sign": ("$(width = 3)", "=", "equality is written =="),
    "a definition": (
        "$(w := 3)",
        ":",
        "':': nothing is defined here; a choice is written `x if condition else y`",
    ),
    "an if without else": ("$(1 if wide)", "if", "`if` needs an `else`: x if condition else y"),
    "an if at the start": ("$(if wide)", "if", "if: a choice is written `x if condition else y`"),
    "an else without if": ("$(1 else 2)", "else", "else: a choice is written `x if condition else y`"),
    "a choice of C": ("$(wide ? 1 : 2)", "?", "'?': a choice is written `x if condition else y`"),
    "not inside a sum": ("$(1 + not wide)", "not", "put `not ...` into parentheses here"),
    "a capital True": ("$(True)", "True", "True: write true"),
    "None": ("$(None)", "None", "None: there is no empty value"),
    "is": ("$(width is 3)", "is", "is: write =="),
    "in": ("$(width in pair)", "in", "in: compare with == and join with `or`"),
    "not in": ("$(width not in pair)", "not", "not in: compare with == and join with `or`"),
    "a lambda": ("$(lambda)", "lambda", "lambda: nothing can be defined in an expression"),
    "a comprehension": ("$(pair for x)", "for", "for: an expression does not loop; `repeat` does"),
    "the and of C": ("$(wide && wide)", "&", "'&': write `and`"),
    "the or of C": ("$(wide || wide)", "|", "'|': write `or`"),
    "the not of C": ("$(!wide)", "!", "'!': write `not`"),
    "a power of mathematics": ("$(width^2)", "^", "'^': a power is written **"),
    "an index": (
        "$(pair[0])",
        "[",
        "'[': a list is used whole: it has no parts to pick out, and none is written in an expression",
    ),
    "an attribute": ("$(width.real)", ".", "'.': there are no attributes, only variables and numbers"),
    "a dollar inside": ("$($width + 1)", "$width", "'$': inside $( ) a variable stands without $"),
    "braces inside": ("$({width})", "{", "'{': groups are written with ( and )"),
    "a multiplication sign": ("$(2 × width)", "×", "'×': write *"),
    "a typographic minus": ("$(3 \u2212 width)", "\u2212", "'\u2212': write the plain minus, -"),
    "typographic quotes": ("$(act == \u2018relu\u2019)", "\u2018", "'\u2018': write plain quotes, 'word'"),
    "a no-break space": ("$(1 +\u00a02)", "\u00a0", "U+00A0: this is a no-break space; write a plain one"),
    "a NUL character": ("$(1\0)", "\0", "U+0000: this character has no meaning in an expression"),
    "a comment": ("$(1 # one)", "#", "'#': this character has no meaning in an expression"),
    "a letter with an accent": ("$(größe)", "öße", "'ö': names are written in the letters a-z, digits and _"),
    "an empty expression": ("$()", ")", "the expression is empty"),
    "an expression of spaces": ("$(  )", ")", "the expression is empty"),
    "a dollar alone": ("$", "$", "$ stands before a name or a parenthesis: $width, $(width * 2)"),
    "a dollar before a number": ("$5", "$5", "a calculation goes into parentheses: $(5)"),
    "a calculation without parentheses": (
        "$width // 2",
        "$width // 2",
        "a calculation goes into parentheses: $(width // 2)",
    ),
    "an index without parentheses": (
        "$pair[0]",
        "[",
        "'[': a list is used whole: it has no parts to pick out, and none is written in an expression",
    ),
    "a shell variable": ("${width}", "${width}", "braces are not used: write $width"),
    "a shell calculation": ("${width * 2}", "${width * 2}", "braces are not used: write $(width * 2)"),
    "empty braces": ("${}", "${}", "braces are not used: write $(...)"),
    "something after a name in parentheses": (
        "$(width) + 1",
        " + 1",
        "the whole expression goes inside the parentheses: $(width + 1)",
    ),
    "something after a calculation in parentheses": (
        "$(width + 1) * 2",
        " * 2",
        "the whole expression goes inside the parentheses: $((width + 1) * 2)",
    ),
    "an open parenthesis": ("$(max(width, 8)", "$(", "the parenthesis of $( is not closed"),
    "an open quote": ("$(act == 'relu)", "$(", "the parenthesis of $( is not closed"),
}


@pytest.mark.parametrize(("text", "culprit", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_says_why_and_points(text: str, culprit: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        _evaluate(text, ENV)
    assert str(caught.value) == message
    assert text[caught.value.offset :].startswith(culprit)


def _evaluate(scalar: str, env: Mapping[str, Value]) -> Value:
    expression = split_dollar(scalar)
    assert expression is not None
    return expression.evaluate(env)


def test_the_pointer_is_as_wide_as_its_culprit() -> None:
    with pytest.raises(ExpressionError) as caught:
        _evaluate("$(2 * widht)", ENV)
    assert (caught.value.offset, caught.value.width) == (6, 5)


def test_a_word_without_a_dollar_is_no_expression() -> None:
    assert split_dollar("same") is None
    assert split_dollar("(width)") is None
    assert split_dollar("") is None


def test_names_are_the_variables_without_the_functions() -> None:
    expression = Expression.parse("max(width, 8) if wide and not false else 'width2'")
    assert expression.names == {"width", "wide"}


def test_the_same_text_is_the_same_expression() -> None:
    assert Expression.parse("width*2") == Expression.parse("width*2")
    assert Expression.parse("width*2") != Expression.parse("width*3")


def test_a_lookup_that_fails_is_placed_at_its_variable() -> None:
    class Env(dict[str, "Value"]):
        def __getitem__(self, name: str) -> Value:
            raise ExpressionError(f"{name} is unknown where several tensors arrive")

    with pytest.raises(ExpressionError, match="in_channels is unknown where") as caught:
        Expression.parse("2 * in_channels").evaluate(Env())
    assert caught.value.offset == 4


def test_everything_a_variable_may_not_be_called_is_reserved() -> None:
    assert {"true", "not", "else", "max", "divisible", "in_channels", "in_depth", "input"} <= RESERVED


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, "3"),
        (Fraction(3, 4), "0.75"),
        (Fraction(-1, 8), "-0.125"),
        (Fraction(7, 3), "7/3"),
        (Fraction(5, 1), "5"),
        (Fraction(1, 10**13), "1/10000000000000"),
        (0.5, "0.5"),
        (True, "true"),
        (False, "false"),
        ("same", "'same'"),
        ((3, (Fraction(1, 2), "a")), "[3, [0.5, 'a']]"),
    ],
)
def test_a_value_is_shown_as_it_is_written(value: Value, shown: str) -> None:
    assert show(value) == shown


# --- limits


@pytest.mark.parametrize("opening", ["(", "-", "not ", "max(1, ", "2 ** ", "1 if true else "])
def test_deep_nesting_is_refused_however_it_is_done(opening: str) -> None:
    with pytest.raises(ExpressionError, match="nested more than 64 levels deep"):
        Expression.parse(opening * 5000, Limits(expression_length=10**6))
    with pytest.raises(ExpressionError, match="nested more than 64 levels deep"):
        Expression.parse(opening * 65)


@pytest.mark.parametrize("operator", ["+", "*", "==", "and", "or", "//"])
def test_a_long_chain_is_not_deep(operator: str) -> None:
    operand = "true" if operator in {"and", "or"} else "1"
    chain = f" {operator} ".join([operand] * 20_000)
    expected = {"+": 20_000, "*": 1, "//": 1}.get(operator, True)
    assert Expression.parse(chain, Limits(expression_length=10**6)).evaluate({}) == expected


def test_a_long_expression_is_refused() -> None:
    with pytest.raises(ExpressionError, match="has 2001 characters, more than 2000"):
        Expression.parse("1" * 2001)


def test_the_limit_on_integers_can_be_raised() -> None:
    limits = Limits(integer=2**1000)
    assert Expression.parse("2 ** 1000", limits).evaluate({}) == 2**1000
    with pytest.raises(ExpressionError, match=r"beyond 2\^1000"):
        Expression.parse("2 ** 1000 + 1", limits).evaluate({})


def test_a_limit_that_is_no_power_is_named_in_full() -> None:
    with pytest.raises(ExpressionError, match="beyond 1000 "):
        Expression.parse("999 + 2", Limits(integer=1000)).evaluate({})


# --- against Python

NUMBERS = st.sampled_from(["0", "1", "2", "3", "7", "64", "0.5", "1.25", ".75", "1e2"])


def _numeric(children: st.SearchStrategy[tuple[str, ...]]) -> st.SearchStrategy[tuple[str, ...]]:
    """Longer lists of tokens, without parentheses of their own except where drawn."""
    operator = st.sampled_from(["+", "-", "*", "/", "//", "%"])
    infix = st.tuples(children, operator, children).map(lambda t: (*t[0], t[1], *t[2]))
    power = st.tuples(children, st.sampled_from(["0", "1", "2", "3"])).map(
        lambda t: ("(", *t[0], ")", "**", t[1])
    )
    choice = st.tuples(children, children, children, st.sampled_from(["<", "<=", "==", "!=", ">", ">="])).map(
        lambda t: ("(", *t[0], "if", *t[1], t[3], *t[2], "else", *t[0], ")"),
    )
    return st.one_of(
        infix,
        infix,
        children.map(lambda t: ("(", *t, ")")),
        children.map(lambda t: ("-", *t)),
        power,
        choice,
        st.tuples(children, children).map(lambda t: ("max", "(", *t[0], ",", *t[1], ")")),
        st.tuples(children, children).map(lambda t: ("min", "(", *t[0], ",", *t[1], ")")),
    )


NUMERIC = st.recursive(NUMBERS.map(lambda n: (n,)), _numeric, max_leaves=8)
COMPARISON = st.tuples(NUMERIC, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), NUMERIC).map(
    lambda t: (*t[0], t[1], *t[2]),
)


def _logical(children: st.SearchStrategy[tuple[str, ...]]) -> st.SearchStrategy[tuple[str, ...]]:
    infix = st.tuples(children, st.sampled_from(["and", "or"]), children).map(lambda t: (*t[0], t[1], *t[2]))
    return st.one_of(infix, children.map(lambda t: ("not", *t)), children.map(lambda t: ("(", *t, ")")))


LOGICAL = st.recursive(
    st.one_of(COMPARISON, st.sampled_from([("true",), ("false",)])), _logical, max_leaves=5
)


def _in_python(tokens: tuple[str, ...]) -> object:
    """What Python makes of the same tokens, every number a Fraction."""
    words = {"true": "True", "false": "False"}
    text = " ".join(f"F('{t}')" if t[0].isdigit() or t[0] == "." else words.get(t, t) for t in tokens)
    return eval(text, {"F": Fraction, "max": max, "min": min})  # noqa: S307 - tokens drawn above, no user's text


@given(st.one_of(NUMERIC, LOGICAL))
def test_values_are_those_of_python_on_fractions(tokens: tuple[str, ...]) -> None:
    try:
        expected = _in_python(tokens)
    except ZeroDivisionError:
        with pytest.raises(ExpressionError, match="divides by zero"):
            Expression.parse(" ".join(tokens)).evaluate({})
        return
    try:
        value = Expression.parse(" ".join(tokens)).evaluate({})
    except ExpressionError as error:
        assume("the limit `integer`" not in str(error))
        raise
    assert value == expected
    assert isinstance(value, bool) == isinstance(expected, bool)
    assert not isinstance(value, float)
    assert not (isinstance(value, Fraction) and value.denominator == 1)


@given(
    st.fractions(min_value=0, max_value=5000, max_denominator=1000), st.integers(1, 64), st.integers(0, 200)
)
def test_divisible_takes_the_nearest_multiple_that_keeps_nine_tenths(v: Fraction, d: int, least: int) -> None:
    multiples = range(0, int(v) + 2 * d, d)
    nearest = max((m for m in multiples), key=lambda m: (-abs(m - v), m))
    expected = max(least, nearest)
    if expected * 10 < v * 9:
        expected += d
    assert Expression.parse("divisible(v, d, least)").evaluate({"v": v, "d": d, "least": least}) == expected


@given(st.lists(st.integers(-50, 50), max_size=4), st.integers(-50, 50), st.sampled_from(["+", "-", "*"]))
def test_a_list_is_its_values_one_by_one(values: list[int], other: int, operator: str) -> None:
    expression = Expression.parse(f"x {operator} y")
    one_by_one = tuple(expression.evaluate({"x": v, "y": other}) for v in values)
    assert expression.evaluate({"x": tuple(values), "y": other}) == one_by_one
    assert expression.evaluate({"x": tuple(values), "y": (other,) * len(values)}) == one_by_one


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**9, places=6))
def test_a_decimal_is_what_is_written(number: object) -> None:
    assert Expression.parse(f"{number:f}").evaluate({}) == Fraction(str(number))


VALUE = st.recursive(
    st.one_of(
        st.integers(-3, 3), st.booleans(), st.sampled_from(["a", "b"]), st.fractions(max_denominator=3)
    ),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=6,
)


@given(VALUE, VALUE)
def test_equality_is_that_of_the_shown_values(a: Value, b: Value) -> None:
    assert equal(a, b) == (show(a) == show(b))


WORDS = (
    "**~//~==~and~or~not ~if ~ else ~true~'a'~\"~max(~divisible(~min=~limit=~round(~width~pair~triple~1e~é"
)
PIECES = st.lists(st.sampled_from([*"()+-*/%<>=,.0123 $[\0\n", *WORDS.split("~")]), max_size=30).map("".join)


def _outcome(scalar: str) -> Value | ExpressionError:
    try:
        expression = split_dollar(scalar)
        return expression.evaluate(ENV) if expression else scalar
    except ExpressionError as error:
        return error


@given(st.one_of(st.text(max_size=60), PIECES), st.sampled_from(["$({})", "${}", "{}"]))
def test_any_text_has_a_value_or_an_error_that_points_into_it(text: str, form: str) -> None:
    scalar = form.replace("{}", text)
    outcome = _outcome(scalar)
    if isinstance(outcome, ExpressionError):
        assert 0 <= outcome.offset <= len(scalar)
        assert 1 <= outcome.width <= max(1, len(scalar) - outcome.offset)
    else:
        assert show(outcome)


@given(PIECES)
def test_what_python_cannot_read_is_not_read_here_either(text: str) -> None:
    """The grammar is a part of Python's: whatever is accepted has the same meaning there."""
    stripped = "".join(" " if c == "\n" else c for c in text).strip()
    has_zeros = any(number[0] == "0" and number.strip("0") for number in _numbers(stripped))
    assert has_zeros or _is_read_here(text) <= _is_read_by_python(stripped)


def _is_read_here(text: str) -> bool:
    try:
        Expression.parse(text)
    except ExpressionError:
        return False
    return True


def _is_read_by_python(text: str) -> bool:
    try:
        compile(text, "expression", "eval")
    except (SyntaxError, ValueError):
        return False
    return True


def _numbers(text: str) -> list[str]:
    """Runs of digits: Python refuses the leading zeros that are allowed here."""
    return "".join(c if c.isdigit() else " " for c in text).split()
