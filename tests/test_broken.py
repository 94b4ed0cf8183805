"""Broken specs, each beside the whole message it must give.

`broken/NAME.yaml` is the spec, `broken/NAME.txt` the message. How a spec is loaded is said in its first
lines: `# set: width=3`, `# variant: thin`, `# input: 3x8x8`. `pytest tests/test_broken.py --renew` rewrites
the messages; they are prose, so read the diff.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from archcost.cli import main
from archcost.errors import ArchcostError, SpecError, UsageError
from archcost.limits import DEFAULT
from archcost.loading.load import load

BROKEN = Path(__file__).parent / "broken"
CASES = sorted(path.stem for path in BROKEN.glob("*.yaml"))

_OPTION = re.compile(r"# (set|variant|input|limit): (.+)")


def options(text: str) -> dict[str, str]:
    """What the first lines of a spec say about how it is loaded."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _OPTION.fullmatch(line)
        if match is None:
            break
        found[match[1]] = match[2]
    return found


def complaint(path: str, given: dict[str, str]) -> str:
    """What loading says; the test fails if it says nothing."""
    variables = dict(pair.split("=", 1) for pair in given["set"].split("; ")) if "set" in given else {}
    limits = DEFAULT.setting(given["limit"]) if "limit" in given else DEFAULT
    with pytest.raises((SpecError, UsageError)) as caught:
        load(path, set=variables, variant=given.get("variant"), input=given.get("input"), limits=limits)
    assert_has_places(caught.value)
    return f"{caught.value}\n"


def assert_has_places(error: ArchcostError) -> None:
    """Every diagnostic points into a file, at text that is there."""
    for one in error.diagnostics if isinstance(error, SpecError) else ():
        assert one.place.line >= 1
        assert 1 <= one.place.column <= len(one.place.text()) + 1
        assert one.place.width >= 1


@pytest.mark.parametrize("case", CASES)
def test_a_broken_spec_says_what_is_wrong(
    case: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BROKEN)
    said = complaint(f"{case}.yaml", options(Path(f"{case}.yaml").read_text()))
    expected = Path(f"{case}.txt")
    if request.config.getoption("--renew"):
        expected.write_text(said)
    assert said == expected.read_text()


@pytest.mark.parametrize("case", CASES)
def test_the_command_line_says_the_same_and_exits_with_2(
    case: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BROKEN)
    given = options(Path(f"{case}.yaml").read_text())
    flags = [flag for name, value in given.items() for flag in (f"--{name}", value)]
    assert main(["analyze", f"{case}.yaml", *flags]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.removeprefix("archcost: ") == Path(f"{case}.txt").read_text()


def test_every_broken_spec_has_a_message_and_every_message_a_spec() -> None:
    assert sorted(path.stem for path in BROKEN.glob("*.txt")) == CASES
    assert len(CASES) >= 80


# What a text file cannot hold, or should not, is made on the spot.

GOOD = b"archcost: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n  - relu\n"
WRONG = GOOD + b"  - rellu\n"
A_SLIP = """\
net.yaml:6:5: unknown kind or block 'rellu' (did you mean 'relu'?)
    6 |   - rellu
      |     ^^^^^"""
A_SLIP_LATER = "\n".join(A_SLIP.replace("6:5", f"{n}:5").replace("    6", f"{n:>5}") for n in range(6, 206))


def caret(line: int, text: str, column: int, width: int = 1) -> str:
    return f"\n{line:>5} | {text}\n      | {' ' * (column - 1)}{'^' * width}"


FILES = {
    "an empty file": (b"", "net.yaml:1:1: the file is empty"),
    "a file of comments": (b"# nothing yet\n\n", "net.yaml:1:1: the file is empty"),
    "a binary file": (b"\x89PNG\r\n\x1a\n\x00\x00", "net.yaml:1:1: the file is not text: it has NUL bytes"),
    "a NUL byte in a text": (GOOD + b"\0", "net.yaml:1:1: the file is not text: it has NUL bytes"),
    "a file in UTF-16": (
        GOOD.decode().encode("utf-16"),
        "net.yaml:1:1: the file is UTF-16; save it as UTF-8",
    ),
    "a file in Latin-1": (
        GOOD.replace(b"net", b"r\xe9seau"),
        "net.yaml:2:8: byte 0xE9 is not UTF-8; save the file as UTF-8"
        + caret(2, "name: r\N{REPLACEMENT CHARACTER}seau", 8),
    ),
    "an invisible letter": (
        GOOD.replace(b"relu", "re\N{ZERO WIDTH SPACE}lu".encode()),
        "net.yaml:5:5: unknown kind or block 're<U+200B>lu' (did you mean 'relu'?)"
        + caret(5, "  - re\N{REPLACEMENT CHARACTER}lu", 5, 5),
    ),
    "a sequence that a terminal obeys": (
        GOOD.replace(b"relu", b"re\x1b[31mlu"),
        "net.yaml:5:7: the invisible character U+001B stands here; delete it"
        + caret(5, "  - re\N{REPLACEMENT CHARACTER}[31mlu", 7),
    ),
    "five million bytes": (
        GOOD + b"#" * 5_000_000,
        "net.yaml:1:1: the file has 5,000,056 bytes, more than 4,194,304 (the limit `file_bytes`)",
    ),
    "a hundred thousand brackets": (
        b"layers: " + b"[" * 100_000,
        "net.yaml:1:72: nested more than 64 levels deep (the limit `depth`)" + caret(1, f"…{'[' * 160}…", 55),
    ),
    "a hundred thousand braces": (
        b"{a: " * 100_000,
        "net.yaml:1:257: nested more than 64 levels deep (the limit `depth`)"
        + caret(1, f"…{' {a:' * 40}…", 55),
    ),
    "a hundred thousand dashes": (
        b"- " * 100_000,
        "net.yaml:1:129: nested more than 64 levels deep (the limit `depth`)"
        + caret(1, f"…{' -' * 80}…", 55),
    ),
    "lines that end in CR and LF": (WRONG.replace(b"\n", b"\r\n"), A_SLIP),
    "lines that end in CR": (WRONG.replace(b"\n", b"\r"), A_SLIP),
    "a byte order mark": (b"\xef\xbb\xbf" + WRONG, A_SLIP),
    "no line break at the end": (WRONG.rstrip(), A_SLIP),
    "a word of ten thousand letters": (
        GOOD + b"  - " + b"a" * 10_000 + b"\n",
        f"net.yaml:6:5: unknown kind or block '{'a' * 363} … {'a' * 137}"
        "'; a layer archcost does not know can be declared with `custom`"
        + caret(6, f"  - {'a' * 156}…", 5, 156),
    ),
    "ten thousand mistakes": (GOOD + b"  - rellu\n" * 10_000, f"{A_SLIP_LATER}\n... and at least 100 more"),
    "a number of a million digits": (
        GOOD.replace(b"8, 8", b"8" * 1_000_000),
        "net.yaml:3:12: 88888888888888888888... (1000000 characters) is beyond the numbers a spec may hold "
        "(the limit `integer`)" + caret(3, f"input: [3, {'8' * 149}…", 12, 149),
    ),
    "an expression of a million terms": (
        GOOD + b"  - linear: {out_features: $(" + b"1+" * 1_000_000 + b"1)}\n",
        "net.yaml:6:30: the expression has 2000001 characters, more than 2000 (the limit `expression_length`)"
        + caret(6, f"  - linear: {{out_features: $({'1+' * 65}1…", 30),
    ),
}


@pytest.mark.parametrize(("data", "expected"), FILES.values(), ids=FILES)
def test_a_file_that_is_no_spec_says_why(
    data: bytes, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_bytes(data)
    assert complaint("net.yaml", {}) == f"{expected}\n"


PATHS = {
    "a missing file": ("gone.yaml", "gone.yaml:1:1: no such file"),
    "a slip in a file's name": ("nett.yaml", "nett.yaml:1:1: no such file (did you mean 'net.yaml'?)"),
    "a slip in a folder": (
        "specs/./nett.yaml",
        "specs/./nett.yaml:1:1: no such file (did you mean 'specs/net.yaml'?)",
    ),
    "a link to nothing": (
        "link.yaml",
        "link.yaml:1:1: no such file; what this link points to is not there",
    ),
    "a missing folder": ("nowhere/net.yaml", "nowhere/net.yaml:1:1: no such file"),
    "a folder": ("specs", "specs:1:1: this is a folder; name the spec inside it"),
    "a file taken for a folder": (
        "net.yaml/net.yaml",
        "net.yaml/net.yaml:1:1: cannot be read: not a directory",
    ),
    "a name with a NUL": ("net\0.yaml", "net<U+0000>.yaml:1:1: cannot be read: a path has no NUL bytes"),
    "a name of four hundred letters": ("a" * 400, f"{'a' * 400}:1:1: cannot be read: file name too long"),
    "a network of the zoo without its prefix": (
        "resnet50",
        "resnet50:1:1: no such file (did you mean 'zoo:resnet50'?)",
    ),
    "a network of the zoo in capitals": (
        "ResNet50",
        "ResNet50:1:1: no such file (did you mean 'zoo:resnet50'?)",
    ),
    "the beginning of several networks": (
        "zoo:vgg",
        (
            "zoo:vgg: no network has that name; there are vgg16, vgg11, vgg13, vgg19, vgg11_bn, vgg13_bn, "
            "vgg16_bn, vgg19_bn, vgg16_c, vgg11_lrn; `archcost zoo` lists them all"
        ),
    ),
    "an unknown network": (
        "zoo:resnet5",
        "zoo:resnet5: no network has that name (did you mean 'resnet50'?); `archcost zoo` lists them all",
    ),
    "a zoo path": (
        "zoo:../etc/xyzzy",
        "zoo:../etc/xyzzy: no network has that name; `archcost zoo` lists them all",
    ),
}


@pytest.mark.parametrize(("path", "expected"), PATHS.values(), ids=PATHS)
def test_a_path_that_leads_nowhere_says_why(
    path: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_bytes(GOOD)
    Path("specs").mkdir()
    Path("specs/net.yaml").write_bytes(GOOD)
    Path("link.yaml").symlink_to("gone.yaml")
    assert complaint(path, {}) == f"{expected}\n"


STRANGERS = {
    "model.ckpt": "a PyTorch file",
    "MODEL.BIN": "a PyTorch file",
    "model.h5": "a Keras model",
    "model.py": "a Python program",
    "yolov3.cfg": "a Darknet file",
    "deploy.prototxt": "a Caffe model",
}


@pytest.mark.parametrize(("name", "what"), STRANGERS.items())
def test_a_file_of_another_program_is_called_what_it_is(
    name: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"\x08\x07\x12\x07pytorch")
    assert complaint(name, {}) == (
        f"{name}:1:1: this is {what}; archcost reads specs: texts in YAML that begin with `archcost: 1` "
        "(`archcost zoo resnet18` shows one, docs/coming-from.md how yours is written)\n"
    )
    assert complaint(f"missing_{name}", {}) == f"missing_{name}:1:1: no such file\n"


BEGINNINGS = {
    "ResNet(\n  (conv1): Conv2d(3, 64, kernel_size=(7, 7))\n)\n": "a model as PyTorch prints it",
    "# mine\n\nimport torch.nn as nn\n": "a Python program",
    "from torch import nn\n\nclass Net(nn.Module): ...\n": "a Python program",
    "[net]\nwidth=416\n\n[convolutional]\n": "a Darknet file",
    'name: "LeNet"\nlayer {\n  name: "data"\n}\n': "a Caffe model",
}


@pytest.mark.parametrize(("text", "what"), BEGINNINGS.items())
def test_a_text_of_another_program_is_called_what_it_is_whatever_its_name(
    text: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.txt").write_text(text)
    assert complaint("model.txt", {}).startswith(f"model.txt:1:1: this is {what}; archcost reads specs: ")


NO_PATHS: dict[str, tuple[object, str]] = {
    "a dictionary": ({"archcost": 1, "name": "net"}, "a dict"),
    "a list": (["net.yaml"], "a list"),
    "nothing": (None, "a NoneType"),
    "a text": (GOOD.decode(), "its text"),
    "bytes": (GOOD, "its text"),
}


@pytest.mark.parametrize(("given", "what"), NO_PATHS.values(), ids=NO_PATHS)
def test_what_is_no_path_is_refused(given: object, what: str) -> None:
    anything: Any = given
    with pytest.raises(UsageError) as caught:
        load(anything)
    assert str(caught.value) == (
        f"load takes the path of a spec ('net.yaml', 'zoo:resnet50', '-' for standard input), not {what}; "
        "write the spec to a file"
    )


def test_an_include_may_not_leave_its_folder_by_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside, inside = tmp_path / "outside.yaml", tmp_path / "inside"
    outside.write_text("blocks: {}\n")
    inside.mkdir()
    (inside / "link.yaml").symlink_to(outside)
    (inside / "net.yaml").write_bytes(GOOD + b"include: [link.yaml]\n")
    monkeypatch.chdir(inside)
    assert complaint("net.yaml", {}) == (
        "net.yaml:6:11: include 'link.yaml' leaves the folder of this file; it may only go below it"
        f"{caret(6, 'include: [link.yaml]', 11, 9)}\n"
    )
