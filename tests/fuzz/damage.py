"""Damage to specs: of the text, of its words and values, and of what it means."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any, cast

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

POOL = [
    *(
        "",
        "-1",
        "0",
        "1",
        "2",
        "3.5",
        "1e9",
        "1e400",
        "true",
        "~",
        "x",
        "é",
        "''",
        '"',
        "'",
        "[]",
        "{}",
        "[[1]]",
    ),
    *(
        "{a: 1}",
        "- ",
        ": ",
        ", ",
        "#",
        "&a",
        "*a",
        "!t",
        "|",
        ">",
        "%",
        "@",
        "\t",
        "$",
        "$(",
        ")",
        "${x}",
        "---",
    ),
    *("$in_channels", "$(1/0)", "$(w", "$(9**9**9)", "$width", "$(in_height/3)", "required", "input", "relu"),
    *(
        "conv",
        "repeat",
        "body",
        "branches",
        "merge",
        "when",
        "from",
        "name",
        "std/aspp",
        "a.b",
        "stage.0",
        "left",
    ),
    *(
        "999999999999",
        "-",
        ".",
        "/",
        "**",
        "if",
        "else",
        "==",
        "[1, 2, 3]",
        "same",
        "axis",
        "\u200b",
        "\ufeff",
    ),
]
"""What a token is replaced by, if not by another token of the spec."""

TOKEN = re.compile(r"\w+|[^\w\s]|\s+")


def damaged(text: str, random: Random) -> str:
    """The text after one to four accidents."""
    for _ in range(random.randint(1, 4)):
        text = random.choice(ACCIDENTS)(text, random)
    return text


def _lines(text: str, random: Random) -> str:
    """A line lost, doubled, or in another place."""
    lines = text.split("\n")
    i, j = random.randrange(len(lines)), random.randrange(len(lines))
    kind = random.randrange(4)
    if kind == 0:
        del lines[i]
    elif kind == 1:
        lines.insert(j, lines[i])
    elif kind == 2:
        lines[i], lines[j] = lines[j], lines[i]
    else:
        del lines[i : i + random.randint(1, 5)]
    return "\n".join(lines)


def _indentation(text: str, random: Random) -> str:
    """A line further in or out."""
    lines = text.split("\n")
    i, step = random.randrange(len(lines)), random.randint(-4, 4)
    lines[i] = " " * step + lines[i] if step > 0 else lines[i][min(-step, _indent(lines[i])) :]
    return "\n".join(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _token(text: str, random: Random) -> str:
    """A token replaced by another one, or by what belongs nowhere."""
    tokens = TOKEN.findall(text)
    if not tokens:
        return text
    i = random.randrange(len(tokens))
    other = random.choice(POOL) if random.random() < 0.6 else tokens[random.randrange(len(tokens))]
    tokens[i] = random.choice((other, tokens[i] + other, ""))
    return "".join(tokens)


def _value(text: str, random: Random) -> str:
    """What follows a colon replaced, up to the next comma, brace or line."""
    values = list(re.finditer(r"(?<=: )[^,}\]\n]+", text))
    if not values:
        return text
    match = values[random.randrange(len(values))]
    return text[: match.start()] + random.choice(POOL) + text[match.end() :]


def _characters(text: str, random: Random) -> str:
    """A few characters lost."""
    i = random.randrange(len(text) + 1)
    return text[:i] + text[i + random.randint(1, 12) :]


ACCIDENTS = (_lines, _indentation, _token, _token, _value, _value, _characters)


VALUES: list[Any] = [
    *(None, True, 0, 1, -1, 2.5, 10**30, "", "x", "relu", "same", "input", "a", "required"),
    *("$width", "$(1/0)", "$in_channels", "$(in_height - 16)", [], {}, [1, 2], [[1, 2], [3, 4]], {"a": 1}),
    *(["relu"], [{"relu": None}], {"conv": {}}, ["a", "b"]),
]
"""What stands where something else belongs, if not another piece of the spec."""


def transplanted(text: str, random: Random) -> str:
    """A spec with pieces where others stood: mappings for lists, items for fields, and so on."""
    tree = yaml.safe_load(text)
    for _ in range(random.randint(1, 3)):
        places = list(_places(tree))
        (where, key), (donor, other) = random.choice(places), random.choice(places)
        piece = donor[other] if random.random() < 0.6 else random.choice(VALUES)
        where[key] = deepcopy(piece)
    return yaml.safe_dump(tree, sort_keys=False, default_flow_style=random.choice((None, True, False)))


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - whatever YAML holds
    """Every (collection, key) of a tree."""
    keys: list[Any] = list(cast("Any", tree)) if isinstance(tree, dict) else []
    keys += range(len(cast("Any", tree))) if isinstance(tree, list) else []
    for key in keys:
        yield tree, key
        yield from _places(tree[key])
