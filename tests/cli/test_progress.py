"""How far long work is: said on a terminal alone, and gone in the end."""

from __future__ import annotations

from io import StringIO
from threading import Event
from types import SimpleNamespace

import pytest

from archcost.cli import main, progress
from archcost.cli.progress import Progress
from archcost.words.fit import width
from tests.cli.program import SPECS


class Terminal(StringIO):
    """Standard error as somebody looks at it, who says so when a line has appeared."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = Event()
        self.asked = 0

    def isatty(self) -> bool:
        self.asked += 1
        return True

    def write(self, text: str) -> int:
        if text != "\r\x1b[K":
            self.seen.set()
        return super().write(text)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard error is a terminal, before which nobody has patience."""
    shown = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=shown))
    monkeypatch.setattr(progress, "PATIENCE", 0)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.chdir(SPECS)
    return shown


def last_of(text: str) -> str:
    """What is left on the line at the end."""
    return text.rpartition("\r")[2].partition("\x1b[K")[2]


def test_a_line_is_shown_and_nothing_of_it_is_left(terminal: Terminal) -> None:
    with progress.progress() as doing:
        doing.step("reading net.yaml")
        assert terminal.seen.wait(30)
    text = terminal.getvalue()
    assert "\rreading net.yaml, 0 s\x1b[K" in text or "\rworking, 0 s\x1b[K" in text
    assert text.endswith("\r\x1b[K")
    assert "\n" not in text


def test_it_is_gone_before_an_error_is_said(terminal: Terminal) -> None:
    def work() -> None:
        with progress.progress() as doing:
            doing.step("reading")
            assert terminal.seen.wait(30)
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        work()
    assert last_of(terminal.getvalue()) == ""


def test_a_line_fits_the_terminal(terminal: Terminal) -> None:
    with progress.progress() as doing:
        doing.step("reading " + "a/very/long/path/" * 20)
        assert terminal.seen.wait(30)
    assert all(width(line.replace("\x1b[K", "")) < 60 for line in terminal.getvalue().split("\r"))


@pytest.mark.parametrize(
    "args",
    [
        ["analyze", "tiny.yaml", "hdc.yaml"],
        ["verify", "tiny.yaml", "--samples", "1"],
        ["compare", "tiny.yaml", "--variants"],
        ["check", "tiny.yaml", "--max-macs", "1G"],
        ["rf", "hdc.yaml"],
        ["diff", "tiny.yaml", "hdc.yaml"],
        ["expand", "tiny.yaml"],
        ["explain", "tiny.yaml"],
    ],
    ids=lambda args: args[0],
)
def test_results_are_the_same_with_it(
    args: list[str], terminal: Terminal, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, shown = main(args), capsys.readouterr().out
    assert terminal.asked == 1
    assert last_of(terminal.getvalue()) == ""
    monkeypatch.setattr(terminal, "isatty", lambda: False)
    assert (main(args), capsys.readouterr().out) == (code, shown)


@pytest.mark.parametrize("how", [{"quiet": True}, {"TERM": "dumb"}, {"tty": False}], ids=str)
def test_it_is_for_terminals_whose_user_has_not_asked_for_quiet(
    how: dict[str, object], terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "TERM" in how:
        monkeypatch.setenv("TERM", "dumb")
    if "tty" in how:
        monkeypatch.setattr(terminal, "isatty", lambda: False)
    with progress.progress(quiet="quiet" in how) as doing:
        doing.step("reading")
        assert not terminal.seen.wait(0.5)
    assert terminal.getvalue() == ""


def test_short_work_says_nothing(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 3600)
    with progress.progress() as doing:
        doing.step("reading")
    assert terminal.getvalue() == ""


def test_it_says_which_of_several_and_how_much() -> None:
    doing = Progress()
    texts = [(item, doing.text(2)) for item in doing.each(["a", "b"], lambda item: f"reading {item}")]
    assert texts == [("a", "reading a (1 of 2), 2 s"), ("b", "reading b (2 of 2), 2 s")]
    doing.step("running", 3)
    assert [doing.text(61) for _ in doing.counted("xyz")] == [f"running: {n} %, 61 s" for n in (0, 33, 66)]
    assert doing.text(62) == "running: 100 %, 62 s"
    doing.step("two\nlines\x1b[1m")
    assert doing.text(0) == "two lines<U+001B>[1m, 0 s"
    doing.step("")
    assert doing.text(9) == ""


def test_a_check_says_how_many_of_its_specs_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    class Told(Progress):
        def step(self, what: str, length: int = 0) -> None:
            super().step(what, length)
            told.append(self.text(0))

        def tick(self) -> None:
            super().tick()
            told.append(self.text(0))

    monkeypatch.chdir(SPECS)
    monkeypatch.setattr(progress, "Progress", Told)
    main(["check", "--config", "gate.yaml"])
    assert told == [f"checking 3 specs: {share} %, 0 s" for share in (0, 16, 33, 50, 66, 83, 100)]
