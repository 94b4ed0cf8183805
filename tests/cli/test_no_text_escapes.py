"""Whatever somebody calls a network, a file or a reason: in every format of every command it stays text.

Each command is run on a spec, a configuration and files with a hostile text wherever there can be one, and
again with letters in its place. A parser that knows nothing of ours reads both: they must be built alike.
"""

from __future__ import annotations

import csv
import glob
import json
import re
import shlex
from contextlib import chdir
from itertools import chain, product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast
from xml.etree import ElementTree as ET

import click
import pytest
from click.shell_completion import ShellComplete
from markdown_it import MarkdownIt

from archcost.cli import main
from archcost.cli.formats import FormatType
from archcost.cli.program import COMMANDS, program
from tests.scratch_repository import Repo, bare_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from markdown_it.token import Token

HOSTILE = {
    "commands to GitHub on their own lines": "x\n::error file=a::pwned\r::error::pwned",
    "a command to GitHub at the beginning": "::error file=a,line=1::pwned",
    "a command to GitHub after blanks": "\u3000 ::stop-commands::pwned",
    "commands of other kinds": "##vso[task.setvariable variable=a]x ##[error]x %0A::error title=a,b:c::x",
    "what a terminal obeys": "\x1b[31mred\x1b[0m\x1b]8;;http:\x07\x9b31mred\ba\x7f",
    "letters that turn the others around": "a\u202egnp.exe\u2066b\u2069 c\u200bd\ufeffe\u00adf",
    "letters without ink": "a\u3164b\u115fc\u2800d\u034fe\U000e0101f",
    "unusual ends of lines": "a\u2028b\u2029c\x0bd\x85e",
    "HTML": "<script>alert(1)</script><img src=x onerror=y></details><!-- &lt;img&gt; &#60;",
    "links and calls": "[x](http://x.y) ![i](http://x.y) <http://x.y> me@x.yz @org/team #12 :tada: www.x.y",
    "a definition of a link": "[x]: http://x.y",
    "a table": "a|b|c\n|---|---|---|\n|d|e|f|\\",
    "a heading": "# `a` ``b`` ``` *a* **b** _c_ __d__ ~~e~~ $f$",
    "a list": "- x\n- y",
    "a quotation": "> 1. x",
    "a numbered list": "1) x",
    "a formula": '=HYPERLINK("http://x.y";1)',
    "a formula that looks like a number": "-2+3+cmd|' /C calc'!A0",
    "a formula behind a tab": "\t@SUM(1)",
    "the end of a string or an attribute": "\"}],'a':[{\"/><x a='b'>]]>",
    "what XML has no place for": "a\x01\ufffe\uffffb",
    "bytes that are no UTF-8": "a\udcff\udc80b",
}

MODEL = Path(__file__).parents[1] / "data" / "models" / "resnet18.pt2"
SPEC = """\
archcost: 1
name: {text}
note: |
  ::error ::a spec may say so \u202e\u3164
  ##[error]as well
vars: {{word: {text}, width: 2}}
variants: {{wide: {{width: 4}}}}
input: [3, 8, 8]
layers:
  - when: $(word != 'none')
    note: {text}
    name: first
    body:
      - conv: {{out_channels: $width, kernel_size: 3, dilation: 2, padding: 2}}
      - conv: {{out_channels: $width, kernel_size: 3, dilation: 2, padding: 2}}
    expect: {{params: 5}}
  - custom: {{shape: [2, 4, 4], macs: 3, reason: {text}}}
    name: last
"""
CONFIG = """\
specs: [{file}, {{path: {file}, set: {{word: {value}}}}}]
budgets:
  - {{max_macs: 1, max_params: +5%}}
waivers:
  - {{budget: max_macs, limit: 5, reason: {text}, owner: {text}, expires: 2029-12-31}}
  - {{rule: gridding, reason: {text}, owner: {text}, expires: 2030-12-31}}
"""


class Run(NamedTuple):
    """One command line. `{spec}` and `{other}` are files, `{text}` is the text, `{value}` is it in quotes."""

    form: str
    line: str
    code: int = 0


def formats_of(command: str) -> set[str]:
    """What a command's `--format` takes; a picture has no such word."""
    found = program.get_command(click.Context(program), command)
    assert found is not None
    types = [param.type for param in found.params if param.name in {"form", "forms"}]
    assert len(types) <= 1
    if not types:
        return set()
    (kind,) = types
    return set(kind.names if isinstance(kind, FormatType) else cast("click.Choice[str]", kind).choices)


def in_formats(line: str, *forms: str, code: int = 0) -> list[Run]:
    """A command line in each of these formats; in all that the command has if none is named."""
    every = forms or sorted(formats_of(line.partition(" ")[0]))
    return [Run(form, f"{line} --format {form}", code) for form in every]


CHECK = "check --today 2030-01-20 --against HEAD"
RUNS: dict[str, list[Run]] = {
    "analyze": [
        *in_formats("analyze {spec} {other}"),
        Run("table", "analyze {spec} --columns place,fields,inputs --sort macs"),
        Run("markdown", "analyze {spec} --columns place,fields --convention thop --format markdown"),
        Run("csv", "analyze {spec} --columns place,fields --convention thop --format csv"),
        Run("table", "analyze {other} --set word={value} --variant wide"),
    ],
    "explain": [
        *in_formats("explain {spec} last"),
        *in_formats("explain {spec} first"),
        Run("table", "explain {spec} --convention thop"),
    ],
    "expand": in_formats("expand {spec}"),
    "rf": [
        *in_formats("rf {spec}"),
        Run("table", "rf {spec} --at first"),
        Run("svg", "rf {spec} --at first --output picture.svg"),
    ],
    "rates": in_formats("rates --kernel 3 --field 9"),
    "diff": [
        *in_formats("diff {other} {spec}"),
        *in_formats("diff {spec} {spec} --base-set word={value} --depth 1", "table", "markdown"),
        *in_formats("diff --against HEAD {spec}", "table", "markdown"),
    ],
    "check": [
        *in_formats(CHECK, code=1),
        Run("text", f"{CHECK} --write-baseline --baseline {{baseline}}"),
        Run("text", "check {spec} --max-macs 1 --today 2030-01-20 --set word={value}", 1),
    ],
    "verify": [
        *in_formats("verify {spec} {other} --samples 1"),
        Run("table", "verify {spec} --samples 1 --quiet"),
    ],
    "compare": [
        *in_formats("compare {spec} {other} --depth 1"),
        *in_formats("compare {spec} --set word={value},relu --variants", "table", "markdown", "csv"),
    ],
    "fmt": [
        Run("free", "fmt --diff {spec}"),
        Run("text", "fmt --check {spec}", 1),
        Run("text", "fmt {spec}"),
    ],
    "export": [Run("text", "export {spec} --to onnx", 2)],
    "import": [Run("free", "import {model}")],
    "zoo": in_formats("zoo"),
    "schema": [Run("json", "schema report")],
}
"""Per command: every format it has, and whatever else shows other texts. A new one is in here."""

NARROW = (
    *("analyze {spec}", "explain {spec} last", "expand {spec}", "rf {spec}", "diff {other} {spec}"),
    *("check --today 2030-01-20", "verify {spec} --samples 1", "compare {spec} {other}"),
)
"""Commands whose lines are broken to fit: a text must not begin one and mean something there."""

WITHOUT_TEXT = {"rates", "zoo", "schema"}
"""Commands whose results hold no text of others."""

ERRORS = [
    *(
        Run("text", f"{command} {{text}}", 2)
        for command in ("analyze", "expand", "fmt", "rf", "verify", "zoo")
    ),
    *(
        Run("text", f"{command} {{broken}}", 2)
        for command in ("analyze", "expand", "explain", "rf", "verify")
    ),
    *(Run("text", f"analyze {{spec}} --{option}={{text}}", 2) for option in ("variant", "input", "columns")),
    *(Run("text", f"analyze {{spec}} --{option}={{text}}", 2) for option in ("limit", "sort", "format")),
    Run("text", "analyze {spec} --set {text}=1", 2),
    Run("text", "analyze {spec} --set width={text}", 2),
    Run("text", "analyze {spec} --{text}", 2),
    Run("text", "analyze {spec} --output {text}/report.txt", 2),
    Run("text", "explain {spec} {text}", 2),
    Run("text", "rf {spec} --at {text}", 2),
    Run("text", "rf {spec} --at first --of {text}", 2),
    Run("text", "compare {spec} --base no{text}", 2),
    Run("text", "compare {spec} --pareto {text}", 2),
    Run("text", "diff {spec} --against {text}", 2),
    Run("text", "check {spec} --config {text}", 2),
    Run("text", "check --config {config}", 2),
    Run("text", "check {spec} --max-macs {text}", 2),
    Run("text", "check {spec} --format {text}", 2),
    Run("text", "rates --kernel {text} --field 9", 2),
    Run("text", "schema {text}", 2),
    Run("text", "{text}", 2),
]


# -- the matrix is whole ------------------------------------------------------------------------------------


def test_every_command_is_run() -> None:
    assert set(RUNS) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_format_of_a_command_is_run(command: str) -> None:
    assert formats_of(command) <= {run.form for run in RUNS[command]}
    assert {run.form for run in RUNS[command]} <= set(LOOKS_ALIKE)


def test_nothing_is_printed_but_through_the_door() -> None:
    """Standard error has one door, `say`, and standard output one, `write`."""
    sources = Path(main.__code__.co_filename).parents[1]
    allowed = {"cli/output.py": "the doors", "cli/verify.py": "a bar that moves, for terminals"}
    for path in sources.rglob("*.py"):
        if (name := path.relative_to(sources).as_posix()) in allowed:
            continue
        text = re.sub(r'"""[\s\S]*?"""', "", path.read_text("utf-8"))
        assert not re.search(r"click\.(echo|secho)|\bprint\(|sys\.std(out|err)\.write|print_exc", text), name


# -- what a text may not do ---------------------------------------------------------------------------------


def assert_is_harmless(text: str, *, in_markdown: bool = False) -> None:
    """Nothing invisible, and no command to those who run us; as GitHub's runner looks for them."""
    for line in text.split("\n"):
        assert line.replace("\N{ZERO WIDTH SPACE}" if in_markdown else "", "").isprintable()
        assert not re.search("[\u034f\u115f\u2800\u3164\U000e0101]", line)
        assert not line.strip().startswith("::")
        assert not re.search(r"##\w*\[", line)


def assert_same_lines(text: str, usual: str) -> None:
    assert_is_harmless(text)
    assert text.count("\n") == usual.count("\n")


NOT_YAML = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
"""What the reader of specs and configurations refuses. Paths and options can have it all the same."""


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in cast("dict[str, object]", value).items():
            yield key
            yield from strings(item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from strings(item)


def shape(value: object) -> object:
    """A document without its texts, of which some are keys."""
    if isinstance(value, dict):
        return {number: shape(item) for number, item in enumerate(cast("dict[str, object]", value).values())}
    if isinstance(value, list):
        return [shape(item) for item in cast("list[object]", value)]
    return "" if isinstance(value, str) else value


def assert_same_document(text: str, usual: str) -> None:
    assert_is_harmless(text)
    document = json.loads(text)
    assert shape(document) == shape(json.loads(usual))
    assert all(one.encode("utf-8") for one in strings(document) if one)


def assert_same_cells(text: str, usual: str) -> None:
    assert_is_harmless(text)
    rows, expected = (list(csv.reader(one.split("\n"), strict=True)) for one in (text, usual))
    assert [len(row) for row in rows] == [len(row) for row in expected]
    for cell in chain(*rows):
        assert not re.match(r"\s*[=@]", cell)
        assert not re.match(r"\s*[-+]", cell) or re.fullmatch(r"-|[-+][0-9.]+%?", cell)


MARKDOWN = MarkdownIt("gfm-like", {"html": True, "linkify": True})
CALL = re.compile(r"(?<![\w`])@\w|(?<!\w)[#!]\d|\bGH-\d|:(\w*[A-Za-z]\w*|100|1234|[+-]1):|https?://|www\.\w")


def tokens(text: str) -> Iterator[Token]:
    for token in MARKDOWN.parse(text):
        yield token
        yield from token.children or ()


def assert_same_page(text: str, usual: str) -> None:
    assert_is_harmless(text, in_markdown=True)
    found = list(tokens(text))
    assert [token.type for token in found if token.type != "text"] == [
        token.type for token in tokens(usual) if token.type != "text"
    ]
    assert not {"image", "link_open"} & {token.type for token in found}
    html = [token.content for token in found if token.type.startswith("html")]
    assert html == [token.content for token in tokens(usual) if token.type.startswith("html")]
    for token in found:
        assert token.type != "text" or not CALL.search(token.content)


def assert_same_annotations(text: str, usual: str) -> None:
    lines = text.splitlines()
    assert text.split("\n")[:-1] == lines
    assert [command(line) for line in lines] == [command(line) for line in usual.splitlines()]


def command(line: str) -> str:
    """The name of a workflow command, as GitHub's runner reads it, if its properties are those we give."""
    assert line.startswith("::")
    head, _, _ = line[2:].partition("::")
    name, _, properties = head.partition(" ")
    # The place of a file that GitHub cannot know is left out.
    names = [part.partition("=")[0] for part in properties.split(",")]
    assert names in (["file", "line", "col", "title"], ["title"])
    return name


def assert_same_elements(text: str, usual: str) -> None:
    assert_is_harmless(text)
    found, expected = (ET.fromstring(one.encode()) for one in (text, usual))  # noqa: S314 - our own
    # The name of a file that others cannot know is left out.
    tags = [[(one.tag, {*one.attrib} - {"file"}) for one in root.iter()] for root in (found, expected)]
    assert tags[0] == tags[1]


LOOKS_ALIKE: dict[str, Callable[[str, str], None]] = {
    "table": assert_same_lines,
    "text": assert_same_lines,
    "json": assert_same_document,
    "csv": assert_same_cells,
    "markdown": assert_same_page,
    "github": assert_same_annotations,
    "sarif": assert_same_document,
    "junit": assert_same_elements,
    "svg": assert_same_elements,
    "free": lambda text, _: assert_is_harmless(text),
}
"""Format -> what holds of a hostile and a usual result. A new format is in here."""


# -- running ------------------------------------------------------------------------------------------------


def in_yaml(text: str) -> str:
    """In quotes, as it is wherever YAML has it so."""
    return json.dumps(text, ensure_ascii=False)


class Played:
    """A repository in which a text stands wherever there can be one."""

    def __init__(self, folder: Path, text: str) -> None:
        self._folder = folder
        stem = text.replace("/", "\N{DIVISION SLASH}")
        quoted = in_yaml(NOT_YAML.sub("", text))
        self._words = {
            "text": text,
            "value": quoted.replace(",", ";"),
            "spec": f"in/{stem}.yaml" if stem.startswith("-") else f"{stem}.yaml",
            "other": "other.yaml",
            "broken": f"b{stem}.yaml",
            "config": f"c{stem}.yaml",
            "baseline": f"b{stem}.txt",
            "model": f"m{stem}.pt2",
        }
        self._commit(quoted)

    def _commit(self, quoted: str) -> None:
        """Before there was a hostile text, and after."""
        spec, other, broken, config = (self._words[name] for name in ("spec", "other", "broken", "config"))
        usual = SPEC.format(text="usual")
        Repo(self._folder).commit({spec: usual, other: usual})
        hostile = SPEC.format(text=quoted)
        files = {
            spec: hostile,
            broken: f"{hostile}  - {quoted}\n  - conv: {{{quoted}: 1}}\n",
            config: f"{quoted}: 1\nfail_level: {quoted}\n",
            "archcost.yaml": CONFIG.format(
                text=quoted, value=in_yaml(quoted), file=in_yaml(NOT_YAML.sub("?", glob.escape(spec)))
            ),
        }
        for name, content in files.items():
            (self._folder / name).write_text(content, "utf-8")
        (self._folder / self._words["model"]).write_bytes(MODEL.read_bytes())

    def text(self, name: str) -> str:
        """What was written into the file of that name."""
        return (self._folder / self._words[name]).read_text("utf-8")

    def run(self, run: Run, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
        """What goes to standard output (or into a file), and to standard error."""
        words = [word.format(**self._words) for word in shlex.split(run.line)]
        with chdir(self._folder):
            code = main(words)
            out, err = capsys.readouterr()
            assert code == run.code or {code, run.code} == {2, 3}, (words, err)
            if "--output" in words and code == 0:
                out = Path(words[words.index("--output") + 1]).read_text("utf-8")
        return out, err


@pytest.fixture(scope="module", autouse=True)
def _machine() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction] - pytest uses it
    with pytest.MonkeyPatch.context() as monkeypatch:
        bare_machine(monkeypatch)
        monkeypatch.setenv("COLUMNS", "400")
        yield


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The same with letters, about as many as there are in the texts."""
    return Played(tmp_path_factory.mktemp("usual"), "x" * 20)


@pytest.mark.parametrize("command", RUNS)
def test_a_text_changes_no_format(
    command: str, usual: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = [usual.run(run, capsys) for run in RUNS[command]]
    texts = [*HOSTILE.values()]
    for number, text in enumerate(texts if command not in WITHOUT_TEXT else texts[:1]):
        hostile = Played(tmp_path / str(number), text)
        for run, (result, said) in zip(RUNS[command], expected, strict=True):
            out, err = hostile.run(run, capsys)
            LOOKS_ALIKE[run.form](out, result)
            assert_same_lines(err, said)


def test_a_text_means_nothing_where_lines_are_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, text in enumerate(("x ::error::pwned", "aa ::error::b c ::error::d ##[error] ::error::e")):
        hostile = Played(tmp_path / str(number), text)
        for line, width in product(NARROW, (40, 60)):
            run = Run("free", f"{line} --width {width}", line.startswith("check"))
            assert_is_harmless("".join(hostile.run(run, capsys)))


def test_a_text_is_one_line_of_a_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines: set[int] = set()
    for number, text in enumerate(("xx", *HOSTILE.values())):
        hostile = Played(tmp_path / str(number), text)
        hostile.run(Run("text", f"{CHECK} --write-baseline --baseline {{baseline}}"), capsys)
        assert_is_harmless(hostile.text("baseline"))
        lines.add(hostile.text("baseline").count("\n"))
    assert len(lines) == 1


def test_a_shell_is_offered_no_text_that_it_would_obey(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        'vars: {"x$(touch pwned)": 1, "a\\nb": 2, good: "x\\n::error::pwned"}\n'
        'variants: {"`touch pwned`": {good: a}, "$IFS": {}, wide: {good: b}}\n'
    )
    shell = ShellComplete(program, {}, "archcost", "_ARCHCOST_COMPLETE")
    settings = shell.get_completions(["analyze", str(path), "--set"], "")
    assert [(item.value, item.help) for item in settings] == [("good=", "x ::error::pwned")]
    assert [item.value for item in shell.get_completions(["analyze", str(path), "--variant"], "")] == ["wide"]


def test_a_text_changes_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, text in enumerate(HOSTILE.values()):
        hostile = Played(tmp_path / str(number), text)
        for run in ERRORS:
            out, err = hostile.run(run, capsys)
            assert not out
            assert err
            assert_is_harmless(err)
