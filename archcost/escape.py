r"""The doors: what somebody else wrote enters every format here, as text that means nothing there.

Names, values, reasons, paths and revisions come from whoever wrote a spec, named a file or opened a pull
request. `through` is the way from a value to a format: it takes each text of the value to one line, shows
what is invisible, and lets no line be a command of a CI's log. What else a format would obey is for the
functions of its name: `markdown` and `code`, `csv_cell`, `json_text`, `xml`, `github_data` and so on.

A character that cannot stand where it is becomes `<U+001B>`, its number in Unicode. Bytes of a file's name
that are no UTF-8 are `<U+DC80>` to `<U+DCFF>`: the last two digits are the byte.
"""

from __future__ import annotations

import operator
import re
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# Patterns are texts here: what a run does not need is not compiled, and it starts the sooner.


def through(form: str, value: T, writer: Callable[[T], str]) -> str:
    r"""What a writer makes of a value in a format, with every text of the value kept from meaning anything.

    >>> through("table", {"name": "net\n::error::x"}, lambda value: f"{value['name']}\n")
    'net ::error::x\n'
    >>> through("table", {"name": "::error::x"}, lambda value: f"{value['name']}\n")
    '<U+003A>:error::x\n'
    """
    if form in _AS_IT_IS:
        return writer(value)
    text = writer(cleaned(value))
    return text if form in _HARMLESS else no_commands(text, *_SIGNS.get(form, ()))


_AS_IT_IS = frozenset({"json"})
"""Formats that have every character: their writers use `json_text`."""
_HARMLESS = frozenset({"csv", "github", "sarif"})
"""Formats whose lines begin as their writers want; `csv_cell`, `github_data` and `json_text` see to it."""
_SIGNS = {"junit": ("&#58;", "&#35;")}
"""Formats that write a colon and a number sign in another way than a text for reading."""


# -- any text -----------------------------------------------------------------------------------------------


def visible(text: str) -> str:
    r"""A text on one line with nothing invisible in it, every such character by its number.

    >>> visible("a\nb\x1b[1m")
    'a<U+000A>b<U+001B>[1m'
    """
    return text if _is_seen(text) else "".join(c if _is_seen(c) else _sign(c) for c in text)


def one_line(text: str) -> str:
    r"""The same for reading: whatever is a blank or breaks a line is a blank.

    >>> one_line("two\nlines\x1b[1m")
    'two lines<U+001B>[1m'
    """
    return text if _is_seen(text) else visible("".join(" " if c.isspace() else c for c in text))


def as_wide(text: str) -> str:
    r"""A line of somebody's text, character for character, so that a caret below it points at the right one.

    >>> as_wide("\ta\x1b[1m") == "\ta\N{REPLACEMENT CHARACTER}[1m"
    True
    """
    if _is_seen(text):
        return text
    return "".join(c if _is_seen(c) or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U000e0100-\U000e01ef]")
"""Letters and marks that take no ink: Unicode calls them printable all the same."""


def _is_seen(text: str) -> bool:
    return text.isprintable() and (text.isascii() or not _UNSEEN.search(text))


def _sign(character: str) -> str:
    return f"<U+{ord(character):04X}>"


def cleaned(value: T) -> T:
    r"""The same value with each of its texts as `one_line`. What needs no change is not copied.

    >>> cleaned({"why": ("no\nreason", 1)})
    {'why': ('no reason', 1)}
    """
    return cast("T", _cleaned(value, {}))


_NO_TEXT = frozenset({int, float, bool, type(None)})

_Known = dict[int, tuple[object, object]]
"""What was cleaned already, by identity (layers share much), with the value, lest another take its place."""


def _cleaned(value: object, known: _Known) -> object:
    kind = type(value)
    if kind in _NO_TEXT:
        return value
    if isinstance(value, str):
        return one_line(value)
    if id(value) not in known:
        known[id(value)] = (value, _parts(value, known))
    return known[id(value)][1]


def _parts(value: object, known: _Known) -> object:
    """A value that holds others."""
    if isinstance(value, tuple | list):
        items = cast("tuple[object, ...] | list[object]", value)
        made = [_cleaned(item, known) for item in items]
        if all(map(operator.is_, made, items)):
            return items
        return made if isinstance(items, list) else tuple(made)
    if isinstance(value, dict):
        mapping = cast("dict[object, object]", value)
        names = [_cleaned(name, known) for name in mapping]
        items = [_cleaned(item, known) for item in mapping.values()]
        alike = all(map(operator.is_, (*names, *items), (*mapping, *mapping.values())))
        return mapping if alike else dict(zip(names, items, strict=True))
    if is_dataclass(value) and not isinstance(value, type):
        found = ((name, getattr(value, name)) for name in _names(type(value)))
        pairs = ((name, old, _cleaned(old, known)) for name, old in found if type(old) not in _NO_TEXT)
        changed: dict[str, Any] = {name: new for name, old, new in pairs if new is not old}
        return replace(value, **changed) if changed else value
    return value


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


# -- logs of a CI -------------------------------------------------------------------------------------------

_COMMAND = r"(?m)^(\s*):(?=:)|#(?=#\w*\[)"
"""Where GitHub (`::error::`, `##[error]`), Azure (`##vso[`) and TeamCity (`##teamcity[`) see a command."""


def no_commands(text: str, colon: str = "<U+003A>", number_sign: str = "<U+0023>") -> str:
    r"""A text for reading, of which no line is a command to whoever runs us.

    >>> no_commands("a ::error::b\n ::error::b\nx##[group]y\n# a:b::c")
    'a ::error::b\n <U+003A>:error::b\nx<U+0023>#[group]y\n# a:b::c'
    """
    if "::" not in text and "##" not in text:
        return text
    return re.sub(_COMMAND, lambda found: number_sign if found[1] is None else f"{found[1]}{colon}", text)


def github_data(text: str) -> str:
    r"""A text as the end of a command to GitHub.

    >>> github_data("3 %\n")
    '3 %25%0A'
    """
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def github_property(text: str) -> str:
    """A text as the value of a property of such a command.

    >>> github_property("a,b:c")
    'a%2Cb%3Ac'
    """
    return github_data(text).replace(":", "%3A").replace(",", "%2C")


# -- formats for programs -----------------------------------------------------------------------------------


def json_text(value: object) -> str:
    r"""A value as JSON on one line: the same text to who parses it, and nothing that a terminal would obey.

    >>> print(json_text({"name": "a\x9b1m π"}), json_text("##[error]"), json_text("n\udcff"))
    {"name": "a\u009b1m π"} "\u0023#[error]" "n<U+DCFF>"
    """
    from json import dumps  # noqa: PLC0415 - other formats start without it

    text = dumps(value, ensure_ascii=False, allow_nan=False)
    if not _is_seen(text):
        text = "".join(c if _is_seen(c) else _in_json(c) for c in text)
    return no_commands(text, number_sign="\\u0023")


def _in_json(character: str) -> str:
    """Half of a pair is no character, and JSON that has one cannot be read everywhere."""
    from json import dumps  # noqa: PLC0415 - likewise

    return _sign(character) if "\ud800" <= character <= "\udfff" else dumps(character)[1:-1]


_FORMULA = "\\s*[-=+@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}]"
_NUMBER = r"-|[+-]\.?[0-9][0-9.,_]*(?:/[0-9]+|[eE][+-]?[0-9]+)? ?[A-Za-z]{0,3}%?"
"""A dash, a signed number, a share of `+5%`: a spreadsheet calculates nothing with them."""


def csv_cell(value: object) -> object:
    r"""A value that no spreadsheet takes for a formula, and no log for a command. Numbers stay numbers.

    >>> csv_cell("=1+1"), csv_cell("-x"), csv_cell("-1e-05"), csv_cell("+5%"), csv_cell("-"), csv_cell(-3)
    ("'=1+1", "'-x", '-1e-05', '+5%', '-', -3)
    """
    if not isinstance(value, str):
        return value
    text = no_commands(one_line(value))
    if text[:1].isalnum():
        return text
    return f"'{text}" if re.match(_FORMULA, text) and not re.fullmatch(_NUMBER, text) else text


_NOT_XML = "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""What XML 1.0 cannot hold, not even escaped."""


def xml(text: str) -> str:
    r"""A text that XML can hold, not yet escaped.

    >>> xml("a\x00<") == "a\N{REPLACEMENT CHARACTER}<"
    True
    """
    return re.sub(_NOT_XML, "\N{REPLACEMENT CHARACTER}", text)


# -- Markdown -----------------------------------------------------------------------------------------------

_MARKUP = (
    r"[\\`*<|~$]"  # anywhere
    r"|(?<!\w)_+|_+(?!\w)"  # inside of a word it is a letter
    r"|^[>\[=]|\[(?=[\[^+-])|\](?=[(\[:])|\{(?=[+-])"
    r"|^#(?=#{0,5}(?: |$))|(?<=^-)-"
    r"|&(?=#?\w+;)"
)
"""What is markup where it stands."""
_PERHAPS = r"[\\`*_{}\[\]<>#|~^$&]"
"""What is markup somewhere, to one renderer or another."""
_ITEM = r"^([0-9]*)([-+.)])(?= |$)"
"""Where an item of a list would begin."""
_REFERENCE = (
    r"(?<=[@#!~%$&^])(?=\w)|(?<=:)(?=[\w+-]*[A-Za-z][\w+-]*:|100:|1234:|[+-]1:|/)|(?<=www)(?=\.)|(?<=GH)(?=-)"
)
"""Where a renderer would begin a mention, a link to an issue, an address or an emoji."""


def markdown(text: str, *, everything: bool = False) -> str:
    r"""Text that a renderer shows as it is. A space without width breaks what it would look for by itself.

    Args:
        text: may begin a line, an item of a list or a cell of a table.
        everything: escape what could be markup elsewhere, too.

    >>> markdown("a|b *c* <img> x_y _x_ [1, 2]"), markdown("x_y", everything=True)
    ('a\\|b \\*c\\* \\<img> x_y \\_x\\_ [1, 2]', 'x\\_y')
    >>> markdown("@you").encode("ascii", "namereplace")
    b'@\\N{ZERO WIDTH SPACE}you'
    """
    # Room before the text would make it a block of code.
    broken = re.sub(_REFERENCE, "\N{ZERO WIDTH SPACE}", text.strip())
    markup = _PERHAPS if everything else _MARKUP
    escaped = re.sub(markup, lambda found: "".join(f"\\{c}" for c in found[0]), broken)
    return re.sub(_ITEM, r"\1\\\2", escaped)


def code(text: str) -> str:
    """Text in the letters of code, in which nothing means anything.

    >>> code("a`b"), code("net.yaml:3:1")
    ('`` a`b ``', '`net.yaml:3:1`')
    """
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " * (longest > 0 or text != text.strip())
    return f"{fence}{pad}{text}{pad}{fence}" if text.strip() else "` `"
