"""What the pages show is what happens.

A fenced block says by its first words what it is:

    yaml                     a spec; one that begins with `# FILE` is a file for the blocks below it
    yaml fragment [SHAPE]    items, which stand under HEAD with this input
    yaml broken [SHAPE]      a spec, or items, that cannot be loaded
    yaml missed              a spec that can, but has findings that are errors: it misses what it expects
    text nodes               what the spec above becomes
    yaml configuration       an archcost.yaml; `toml configuration` a pyproject.toml
    yaml broken configuration    one that cannot be read; likewise in toml
    text message             what is said about the broken spec, or configuration, above
    console                  what `$ archcost ...` prints, standard output first; other commands are not run
    python                   a doctest, or statements with values in comments; a page's share their names
    diff                     what changes in the file that its first line names, for the blocks below it
    ... tutorial             a step of docs/ci.md, which tests/ci/test_tutorial.py does one after the other
    sh                       anything, and nobody runs it

Where a command prints much, a line `...` stands for any number of lines. Blocks inside an HTML comment count,
too. `pytest tests/test_docs.py --renew` rewrites what follows from the code, except where there is a `...`;
read the diff.
"""

from __future__ import annotations

import doctest
import re
import shlex
from ast import literal_eval
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from runpy import run_path
from textwrap import indent
from typing import TYPE_CHECKING

import pytest
from tabulate import tabulate

from archcost import SpecError, analyze, load
from archcost.cli import main
from archcost.config.configuration import Config
from archcost.config.read import read_config
from archcost.windows.window import show
from tests.scratch_repository import bare_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Agree = Callable[[str], None]
    Capture = pytest.CaptureFixture[str]

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

HEAD = "archcost: 1\nname: net\ninput: [{}]\nlayers:\n"
INPUT = "16x32x32"

SPECS = ("yaml", "yaml fragment", "yaml broken", "yaml missed")
CONFIGURATIONS = {"yaml configuration": "archcost.yaml", "toml configuration": "pyproject.toml"}
BROKEN_CONFIGURATIONS = {
    "yaml broken configuration": "archcost.yaml",
    "toml broken configuration": "pyproject.toml",
}
KNOWN = (
    *SPECS,
    *CONFIGURATIONS,
    *BROKEN_CONFIGURATIONS,
    "text",
    "text nodes",
    "text message",
    "console",
    "python",
    "python with PyTorch",  # which is not run
    "diff",
    "sh",
    "yaml tutorial",
    "console tutorial",
    "diff tutorial",
)

MODELS = (
    "models/resnet18.pt2",
    "models/keras/MobileNetV2.keras",
    "models/tflite/resnet8_int8.tflite",
    "ultralytics/yolov8.yaml",
    "darknet/yolov3-tiny.cfg",
    "nnunet/nnUNetPlans.json",
    "nnunet/dataset.json",
)
"""Models that lie where the reader is."""

_BLOCK = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
_FILE = re.compile(r"# (\S+\.(?:yaml|toml))\n")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: the `number`th of its page, its fence on `line`."""

    page: Path
    number: int
    line: int
    what: str
    shape: str
    text: str

    @property
    def file(self) -> str | None:
        """The file a spec or a configuration is."""
        is_one = self.what in (*SPECS, *CONFIGURATIONS, *BROKEN_CONFIGURATIONS)
        named = _FILE.match(self.text) if is_one else None
        return named[1] if named else None

    @property
    def spec(self) -> str:
        """The spec, with a head if the block holds items only."""
        if re.search(r"^archcost:", self.text, re.MULTILINE):
            return self.text
        return HEAD.format((self.shape or INPUT).replace("x", ", ")) + indent(self.text, "  ")


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [block(page, text, number, found) for number, found in enumerate(_BLOCK.finditer(text))]


def block(page: Path, text: str, number: int, found: re.Match[str]) -> Block:
    words = found[1].split()
    shape = words.pop() if words and words[-1][0].isdigit() else ""
    return Block(page, number, text.count("\n", 0, found.start()) + 1, " ".join(words), shape, found[2])


BLOCKS = [one for page in PAGES for one in blocks(page)]


def name(value: Block | Path) -> str:
    return f"{value.page.name}:{value.line}" if isinstance(value, Block) else value.name


def every(*whats: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("block", [one for one in BLOCKS if one.what in whats], ids=name)


every_page = pytest.mark.parametrize("page", PAGES, ids=name)


@pytest.fixture
def here(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Block]:
    """Stands where the reader does, beside the files the page has shown so far; the blocks up to here."""
    monkeypatch.chdir(tmp_path)
    Path("specs").symlink_to(ROOT / "specs")
    for file in MODELS:
        Path(Path(file).name).symlink_to(ROOT / "tests" / "data" / file)
    shown = [one for one in blocks(block.page) if one.number <= block.number]
    for one in shown:
        write(one)
    return shown


def write(block: Block) -> None:
    """The file a block is, or changes, if it does."""
    if block.file:
        Path(block.file).parent.mkdir(parents=True, exist_ok=True)
        Path(block.file).write_text(block.text, "utf-8")
    elif block.what == "diff":
        patch(block.text)


def patch(diff: str) -> None:
    """Changes a file in the one place that a diff shows."""
    head, _, *lines = diff.splitlines(keepends=True)
    file = Path(head.removeprefix("--- ").strip())
    before, after = ("".join(line[1:] for line in lines if line[0] != sign) for sign in "+-")
    start, end = file.read_text("utf-8").split(before)
    file.write_text(start + after + end, "utf-8")


@pytest.fixture
def agree(block: Block, request: pytest.FixtureRequest) -> Agree:
    """Compares a block with what it should say, or makes it say that (unless its author left out lines)."""
    renew = request.config.getoption("--renew") and "\n...\n" not in block.text

    def compare(text: str) -> None:
        if block.text == text or not renew:
            assert block.text == text
            return
        page = block.page.read_text("utf-8")
        start, end = list(_BLOCK.finditer(page))[block.number].span(2)
        block.page.write_text(page[:start] + text + page[end:], "utf-8")

    return compare


def saved(shown: list[Block]) -> str:
    """The file name of the last spec among these blocks."""
    spec = next(one for one in reversed(shown) if one.what in SPECS)
    if spec.file:
        return spec.file
    Path("net.yaml").write_text(spec.spec, "utf-8")
    return "net.yaml"


@pytest.mark.parametrize("block", BLOCKS, ids=name)
def test_a_block_says_what_it_is(block: Block) -> None:
    assert block.what in KNOWN


def is_library(block: Block) -> bool:
    """Whether the block is a file of blocks, which only works where it is included."""
    return not re.search("^layers:", block.spec, re.MULTILINE)


@every("yaml", "yaml fragment", "yaml missed")
def test_a_spec_loads_and_keeps_what_it_expects(block: Block, here: list[Block]) -> None:
    if is_library(block):
        with pytest.raises(SpecError, match="layers"):
            load(saved(here))
        return
    errors = [found for found in analyze(load(saved(here))).findings if found.level == "error"]
    assert bool(errors) == (block.what == "yaml missed")


@every("text nodes")
def test_a_spec_becomes_the_nodes_below_it(here: list[Block], agree: Agree) -> None:
    agree(listing(saved(here)))


def listing(file: str) -> str:
    """Path, shape and what is read, for every input and node."""
    network = load(file)
    reads = {node.path: ", ".join(one.path for one in node.inputs) for node in network}
    rows = [(one.path, show(one.output), "") for one in network.inputs]
    rows += [(node.path, show(node.output), reads[node.path] and f"← {reads[node.path]}") for node in network]
    table = tabulate(rows, tablefmt="plain", disable_numparse=True)
    return "".join(f"{line.rstrip()}\n" for line in table.splitlines())


@every("text message")
def test_a_broken_file_gives_the_message_below_it(here: list[Block], agree: Agree) -> None:
    last = next(one for one in reversed(here) if one.what in (*SPECS, *BROKEN_CONFIGURATIONS))
    read = partial(load, saved(here)) if last.what in SPECS else partial(read_config, configuration(last))
    with pytest.raises(SpecError) as caught:
        read()
    agree(f"{caught.value}\n")


@every(*CONFIGURATIONS)
def test_a_configuration_can_be_read(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = read_config(configuration(block))
    silent = Config(file=said.file, folder=said.folder)
    assert said != silent, "an example says something"


@every(*BROKEN_CONFIGURATIONS)
def test_a_broken_configuration_is_broken(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError):
        read_config(configuration(block))


def configuration(block: Block) -> Path:
    """The file of a configuration."""
    file = Path(block.file or (CONFIGURATIONS | BROKEN_CONFIGURATIONS)[block.what])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text, "utf-8")
    return file


@every("yaml broken")
def test_a_broken_spec_is_broken(here: list[Block]) -> None:
    with pytest.raises(SpecError):
        load(saved(here))


# -- commands ---------------------------------------------------------------------------------------------


@every("console")
def test_a_command_prints_what_stands_below_it(here: list[Block], agree: Agree, capsys: Capture) -> None:
    block, status, text = here[-1], 0, ""
    for command, shown in commands(block):
        printed = shown
        if command.startswith("archcost "):
            status, printed = run(command, capsys)
            if "no such file" in printed and "no such file" not in shown:
                pytest.fail(f"the page does not show the file: {command}")
        elif command == "echo $?":
            printed = f"{status}\n"
        text += f"$ {command}\n" + (shown if fits(shown, printed) else printed)
    agree(text)


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Each command of a console with what is shown below it."""
    assert block.text.startswith("$ ")
    for part in block.text[2:].split("\n$ "):
        command, _, shown = part.removesuffix("\n").partition("\n")
        yield command, f"{shown}\n" if shown else ""


def run(command: str, capsys: Capture) -> tuple[int, str]:
    """The exit code and what is printed. `> FILE` works as in a shell; no other punctuation does."""
    words, _, file = command.partition(" > ")
    status = main(shlex.split(words)[1:])
    printed = capsys.readouterr()
    if not file:
        return status, printed.out + printed.err
    Path(file).write_text(printed.out, "utf-8")
    return status, printed.err


def fits(shown: str, printed: str) -> bool:
    pattern = re.escape(shown).replace(re.escape("...\n"), "(?:.*\n)*")
    return re.fullmatch(pattern, printed) is not None


# -- Python, links, generated pages -----------------------------------------------------------------------


@every_page
def test_python_examples_print_what_they_show(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare_machine(monkeypatch)  # a page may commit
    monkeypatch.chdir(tmp_path)
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    names: dict[str, object] = {}
    for one in blocks(page):
        write(one)
        if one.what == "python":
            test = parser.get_doctest(prompted(one.text), names, name(one), str(page), one.line)
            runner.run(test, clear_globs=False)
            names = test.globs
    assert runner.summarize(verbose=False).failed == 0


def prompted(text: str) -> str:
    """A doctest: statements get their prompts, and a comment that is a value becomes what is printed."""
    if ">>> " in text:
        return text
    lines: list[str] = []
    for line in filter(None, text.splitlines()):
        code, _, comment = line.partition("  # ")
        lines.append(f"{'...' if line[0].isspace() else '>>>'} {code}")
        lines += [comment] if is_value(comment) else []
    return "".join(f"{line}\n" for line in lines)


def is_value(comment: str) -> bool:
    try:
        literal_eval(comment)
    except (SyntaxError, ValueError):
        return False
    return True


@every_page
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = _BLOCK.sub("", page.read_text("utf-8"))
    assert [
        link for link in _LINK.findall(text) if "://" not in link and not leads_somewhere(link, page)
    ] == []


def leads_somewhere(link: str, page: Path) -> bool:
    file, _, anchor = link.partition("#")
    target = page.parent / file if file else page
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(page: Path) -> set[str]:
    """What the headings of a page can be linked by: lower case, blanks as hyphens, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", ["blocks.md", "findings.md", "kinds.md"])
def test_a_generated_page_is_current(file: str) -> None:
    page = run_path(str(ROOT / "docs" / "generate.py"))["PAGES"][file]()
    assert (ROOT / "docs" / file).read_text("utf-8") == page, "renew it with `python docs/generate.py`"
