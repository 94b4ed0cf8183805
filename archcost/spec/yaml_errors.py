"""What the YAML parser stumbles over, in words that help, at the place of the mistake."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archcost.errors import Diagnostic, ExpressionError
from archcost.expressions.dollar import closing, parentheses, split_dollar
from archcost.source import Place, Source
from archcost.spec import foreign_layers, foreign_values

if TYPE_CHECKING:
    from collections.abc import Callable

    import yaml


class _Trouble(NamedTuple):
    """Where the parser gave up (counted from 0), where what it was reading began, which bracket is open."""

    source: Source
    line: int
    column: int
    first_line: int
    first_column: int
    reading: str
    bracket: Place | None

    def text(self, line: int | None = None) -> str:
        """A line (that of the trouble, unless told); empty beyond the end of the file."""
        number = self.line if line is None else line
        return self.source.lines[number] if number < len(self.source.lines) else ""

    @property
    def char(self) -> str:
        return self.text()[self.column : self.column + 1]

    @property
    def before(self) -> str:
        return self.text()[: self.column]

    def here(self, width: int = 1) -> Place:
        return Place(self.source, self.line + 1, self.column + 1, max(1, width))

    def first(self, width: int = 1) -> Place:
        return Place(self.source, self.first_line + 1, self.first_column + 1, max(1, width))


_Finding: TypeAlias = tuple[Place, str]


def diagnose(error: yaml.YAMLError, source: Source, bracket: Place | None = None) -> Diagnostic:
    """The mistake behind an error of the YAML parser; `bracket` is the innermost [ or { that is open."""
    problem, reading = (str(getattr(error, name, None) or "") for name in ("problem", "context"))
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return Diagnostic(Place(source), f"this is not YAML: {problem or error}")
    start = getattr(error, "context_mark", None) or mark
    trouble = _Trouble(source, mark.line, mark.column, start.line, start.column, reading, bracket)
    for pattern, explain in _RULES:
        if re.search(pattern, f"{reading}: {problem}"):
            return Diagnostic(*explain(trouble))
    return Diagnostic(trouble.here(), f"this is not YAML: {problem}")


def is_torn(text: str) -> bool:
    """Whether an unquoted value ends inside its parentheses.

    >>> is_torn("$(max(w"), is_torn("(3"), is_torn("$(w // 2)")
    (True, True, False)
    """
    depth = 0
    for _, depth in parentheses(text):  # noqa: B007 - the last depth is what counts
        pass
    return depth > 0


_ENDS = (
    {",": "the comma", ":": "the colon", "#": "the comment"}
    | dict.fromkeys("[]", "the bracket")
    | dict.fromkeys("{}", "the brace")
)


def word_torn(text: str, place: Place) -> str | None:
    """The message for an expression, a tuple or a call that YAML's punctuation ended too early.

    None for a text with a parenthesis that does not close further on in its line.
    """
    if not text.startswith("$"):
        return _text_torn(text, place.text()[place.column - 1 :])
    lines = place.source.lines[place.line - 1 : place.line + 4]
    onward = "\n".join(lines)[place.column - 1 :]
    char = onward[len(text) :].lstrip()[:1]
    end = closing(onward)
    what = _ENDS.get(char, f"the {char}" if char else "the end of the file")
    if end is None:
        return f"the parenthesis of {text[:2]} is not closed before {what}"
    whole = onward[: end + 1]
    shown = f': "{whole}"' if '"' not in whole and "\n" not in whole else ""
    if char in "[]" and (why := _unreadable(whole)):
        return why
    return f"{what} ended the value at {text}; quote the whole expression{shown}"


def _text_torn(text: str, onward: str) -> str | None:
    """What to write for a tuple, a call or any other text with a comma between parentheses."""
    end = closing(onward)
    if end is None or end < len(text):
        return None
    whole = onward[: end + 1]
    if text.startswith("("):
        return f"parentheses make no list{foreign_values.instead(whole) or ': write [a, b]'}"
    is_call = re.match(r"[\w.]+\(", whole) and ("." in text or foreign_layers.kind_of(text.partition("(")[0]))
    written = foreign_layers.layer(whole) if is_call else None
    if written:
        return f"'{whole}' is no layer here: {written}"
    what = _ENDS.get(onward[len(text) :].lstrip()[:1], "the space")
    return f'{what} ended the value at {text}; quote the whole: "{whole}"'


def _unreadable(whole: str) -> str | None:
    """What is wrong with an expression even in quotes."""
    try:
        split_dollar(whole)
    except ExpressionError as error:
        return str(error)
    return None


def _wrong_start(t: _Trouble) -> _Finding:
    if t.char == "\t":
        return _tab(t)
    return t.here(), f"an unquoted value cannot start with {t.char}; quote it"


def _tab(t: _Trouble) -> _Finding:
    tabs = re.compile(r"\t+").search(t.text(), min(t.column, len(t.before) - len(t.before.lstrip())))
    place = Place(t.source, t.line + 1, tabs.start() + 1, len(tabs[0])) if tabs else t.here()
    indents = not t.before.strip()
    return (
        place,
        "a tab indents this line; YAML takes spaces" if indents else "a tab stands here; write a space",
    )


def _colon(t: _Trouble) -> _Finding:
    """A colon where no key can be: in a value, or on a line that YAML joined to the one above."""
    if (torn := re.search(r"\$\w*\(.*", t.before)) and is_torn(torn[0]):
        return t.here(), _quote_around(t, torn.start())
    if tight := re.match(r"\s*(?:- +)*(?P<word>[\w./-]+)(?P<colon>:?) *\{(?P<rest>.*)", t.text()):
        missing = (
            "a space is missing after the colon"
            if tight["colon"]
            else f"a colon is missing after '{tight['word']}'"
        )
        whole = f"{tight['word']}: {{{tight['rest']}".rstrip()
        return t.here()._replace(column=tight.start("word") + 1, width=len(tight["word"])), (
            f"{missing}: write `{whole}`"
        )
    if pair := re.match(r"\s*(?:- +)*[^\s#][^#]*?:\s+(?P<value>\S.*)", t.before):
        value = t.text()[pair.start("value") :].split(" #")[0].rstrip()
        shown = f': "{value}"' if '"' not in value else ""
        return t.here(), f"a second colon; quote the value{shown}, or start a new line"
    return _joined(t)


def _quote_around(t: _Trouble, start: int) -> str:
    onward = t.text()[start:]
    end = closing(onward)
    whole = onward[: end + 1] if end is not None else ""
    shown = f': "{whole}"' if whole and '"' not in whole else ""
    return f"the colon ended the value inside an expression; quote the whole expression{shown}"


def _joined(t: _Trouble) -> _Finding:
    """A key on a line that continues the line above, as YAML reads it."""
    key = t.before.strip().lstrip("- ")
    here = Place(t.source, t.line + 1, t.text().find(key) + 1, max(1, len(key)))
    above = next(
        (n for n in range(t.line - 1, -1, -1) if t.text(n).strip() and t.text(n).strip()[0] != "#"), None
    )
    if above is None:
        return here, "a colon cannot stand here; quote the value"
    line = t.text(above)
    if tight := re.match(r"\s*(?:- +)*([\w./-]+):(?=[^\s:])", line):
        place = Place(t.source, above + 1, tight.end(), 1)
        return place, f"a space is missing after the colon: {tight[1]}: {line[tight.end() :].rstrip()}"
    if re.search(r":(\s|$)", line):
        return here, f"indented deeper than line {above + 1}, which already has its value"
    word = re.match(r"\s*(?:- +)*(.*\S)", line)
    text = word[1] if word else line
    return Place(t.source, above + 1, line.find(text) + 1, len(text)), f"a colon is missing after '{text}'"


def _no_colon(t: _Trouble) -> _Finding:
    text = t.text(t.first_line)[t.first_column :].split(" #")[0].rstrip()
    if pair := re.fullmatch(r"([A-Za-z_]\w*) *= *(\S.*)", text):
        return t.first(len(text)), f"a colon stands between them: write `{pair[1]}: {pair[2]}`"
    return t.first(len(text)), f"'{text}' has no colon: a mapping holds `key: value`, a list `- item`"


def _stray(t: _Trouble) -> _Finding:
    """A line, or the rest of one, that does not belong to the mapping or list it stands in."""
    if t.before.strip():
        return _rest(t)
    is_list = "mapping" not in t.reading
    origin = f"from line {t.first_line + 1}"
    rest = t.text()[t.column :].split(" #")[0].rstrip()
    place = t.here(len(rest))
    if rest.startswith(":"):
        return t.here(), "a key is missing before this colon"
    if t.column != t.first_column:
        keys = f" (and their keys by {t.first_column + 2})" if is_list else ""
        what = "items of the list" if is_list else "keys of the mapping"
        return place, f"indented by {t.column}, but the {what} {origin} by {t.first_column}{keys}"
    if is_list:
        return (place, f"the list {origin} goes on here without a dash: write `- {rest}`, or indent it")
    return place, f"a list item cannot stand among the keys {origin}; put it below a key of its own"


def _rest(t: _Trouble) -> _Finding:
    """Something after a value that is complete."""
    last = t.before.rstrip()[-1:]
    rest = t.text()[t.column :].split(" #")[0].rstrip()
    place = t.here(len(rest))
    if last == "'":
        return place, "the text goes on after the closing quote; inside '...' a quote is written twice: ''"
    if last == '"':
        return place, 'the text goes on after the closing quote; inside "..." a quote is written \\"'
    if t.char in "]}":
        return t.here(), f"this {t.char} closes nothing"
    return (
        place,
        f"nothing may follow the closing {last}" if last in "]}" else "this does not belong to the value",
    )


def _flow(t: _Trouble) -> _Finding:
    """No comma and no closing bracket where one must be."""
    if t.char == "{" and t.before.endswith("$"):
        return _braces(t)
    return _no_comma(t) if _is_closed(t) else (t.first(), f"this {_opening(t.first())} is not closed")


def _opening(place: Place) -> str:
    return place.text()[place.column - 1 : place.column]


def _no_comma(t: _Trouble) -> _Finding:
    last = t.before.rstrip()[-1:]
    if t.char in "]}":
        return t.here(), f"this {t.char} cannot close the {_opening(t.first())} of line {t.first_line + 1}"
    if t.char in "[{" and last not in "]}'\"":
        return t.here(), f"{t.char} cannot stand inside an unquoted value; quote the value"
    if t.before[-1:] in {"'", '"'} and t.char.isalnum():
        return _rest(t)
    if t.char == ":" and ";" in t.before:
        at = t.before.rindex(";")
        return t.here()._replace(column=at + 1), "a comma separates here, not a semicolon"
    if t.char == ":":
        word = t.before.split()[-1:] or [""]
        return t.here(), f"a second colon: a comma is missing before '{word[0]}', or the value needs quotes"
    return t.here(), "a comma is missing here"


def _braces(t: _Trouble) -> _Finding:
    """`${x}` inside { } or [ ]."""
    found = re.compile(r"\{([^{}]*)\}?").match(t.text(), t.column)
    inner = found[1].strip() if found else ""
    write = f"${inner}" if re.fullmatch(r"[A-Za-z_]\w*", inner) else f"$({inner or '...'})"
    place = Place(t.source, t.line + 1, t.column, 1 + (len(found[0]) if found else 1))
    return place, f"braces are not used: write {write}"


_BRACKETS = re.compile(r"""(?<=[\[{,:\s])(?:'[^']*'|"(?:[^"\\]|\\.)*"|\#[^\n]*)|[\[\]{}]""")


def _is_closed(t: _Trouble) -> bool:
    """Whether the bracket where the trouble began is closed anywhere below, going by brackets alone."""
    depth = 0
    text = "\n".join(t.source.lines[t.first_line :])
    for match in _BRACKETS.finditer(text, t.first_column):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth == 0 and match[0] in "]}":
            return True
    return False


def _no_content(t: _Trouble) -> _Finding:
    if t.char and t.char in "]}":
        return t.here(), f"this {t.char} closes nothing"
    if t.char == "," and "flow" not in t.reading:
        return t.here(), "an unquoted value cannot start with a comma; quote it"
    if t.char == ":":
        return t.here(), "a key is missing before this colon"
    if t.bracket and t.char == "-":
        return t.here(), "a list in brackets has commas, not dashes: [a, b]"
    if t.bracket and not t.text()[t.column :].strip():
        return t.bracket._replace(width=1), f"this {_opening(t.bracket)} is not closed"
    return t.here(), "a value is missing before this comma" if t.char == "," else "a value is missing here"


def _after_the_end(t: _Trouble) -> _Finding:
    if t.before.strip() or (t.char and t.char in "]}"):
        return _rest(t)
    first = next(
        (n for n, line in enumerate(t.source.lines) if line.strip() and line.lstrip()[0] != "#"), t.line
    )
    indent = len(t.text(first)) - len(t.text(first).lstrip())
    place = t.here(len(t.text()[t.column :].rstrip()))
    if t.column < indent:
        return place, f"indented by {t.column}, but the first line by {indent}"
    return place, "this stands after the end of the document"


def _escape(t: _Trouble) -> _Finding:
    start = t.text().rfind("\\", 0, t.column + 1)
    shown = t.text()[start : start + 2]
    place = Place(t.source, t.line + 1, max(start, 0) + 1, 2)
    if shown[1:] in {"x", "u", "U"}:
        return (
            place,
            f"{shown} takes the hexadecimal number of a character; inside '...' a backslash is just one",
        )
    return place, f"{shown} means nothing inside double quotes; inside '...' a backslash is just a backslash"


def _sigil(t: _Trouble) -> _Finding:
    char = t.text(t.first_line)[t.first_column : t.first_column + 1]
    return t.first(), f"an unquoted value cannot start with {char}; quote it"


def _directive(t: _Trouble) -> _Finding:
    line = t.text(t.first_line)
    place = Place(t.source, t.first_line + 1, 1, max(1, len(line)))
    if line.startswith("%YAML"):
        return place, "specs are YAML 1.2: delete the %YAML line"
    return place, "a line that starts with % is a directive, and none is used"


_RULES: tuple[tuple[str, Callable[[_Trouble], _Finding]], ...] = (
    (r"directive|incompatible YAML|duplicate %", _directive),
    (
        r"\btag\b|tag handle",
        lambda t: (t.first(), "tags (!...) are not used; quote the value if it starts with !"),
    ),
    (r"tab character", _tab),
    (r"cannot start any token", _wrong_start),
    (r"mapping values are not allowed", _colon),
    (r"could not find expected ':'", _no_colon),
    (r"expected (key|'-' indicator|<block end>)", _stray),
    (r"expected ',' or '", _flow),
    (r"expected (the )?node content", _no_content),
    (r"expected '?<document start>", _after_the_end),
    (r"quoted scalar: found unexpected", lambda t: (t.first(), "this quote is not closed")),
    (r"escape|hexa?decimal|Unicode", _escape),
    (
        r"sequence entries are not allowed",
        lambda t: (t.here(), "a list starts on the line below its key, or is written [a, b]"),
    ),
    (
        r"mapping keys are not allowed",
        lambda t: (t.here(), "an unquoted value cannot start with ?; quote it"),
    ),
    (r"alphabetic or numeric", _sigil),
    (r"comment or (a )?line break", lambda t: (t.here(), "the text of | or > starts on the next line")),
)
"""What the parser says (in C or in Python) -> who explains it. The first that matches does."""
