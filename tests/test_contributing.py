"""CONTRIBUTING.md's recipe of a layer kind, followed in a copy, where the tests that it names are run.

`test_recipes.py` tries the other recipes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "CONTRIBUTING.md"
RECIPE = PAGE.read_text("utf-8").partition("\n## Add a layer kind\n")[2].partition("\n## ")[0]
KIND, LINE, ROW = re.findall(r"```python\n(.*?)```", RECIPE, re.DOTALL)
(WORD,) = re.findall(r"```text\n(.*)\n```", RECIPE)
(WORDS,) = re.findall(r"```markdown\n(.*?)```", RECIPE, re.DOTALL)
TESTS = re.findall(r"^\$ pytest (.+)$", RECIPE, re.MULTILINE)[0].split()
FAMILY, TABLE, KINDS_PAGE = (
    "archcost/layers/elementwise.py",
    "tests/layers/table_elementwise.py",
    "docs/kinds.md",
)
ELSEWHERE, FOREIGN = "docs/coming-from.md", "archcost/foreign/layers.py"
CONVENTIONS, BESIDE = "archcost/conventions/table.py", "identity "
LACKS = {
    "a method": (
        FAMILY,
        'def formulas(self, x: Shape, y: Shape) -> Formulas:\n        """`x + weight`',
        'def f(self, x: Shape, y: Shape) -> Formulas:\n        """`x + weight`',
        "its method formulas",
    ),
    "a row": (TABLE, ROW, "", "a row in tests/layers/table_elementwise.py"),
    "a loop": (
        TABLE,
        "value=lambda at, x, weight: x[at] + weight[at]",
        "value=None",
        "value=…, the number at one place of the output, in its row 'ViT-B/16 adds a learned number",
    ),
    "a counterpart": (
        TABLE,
        "    torch=lambda x, weight: x + weight,\n",
        "",
        "torch=…, the same in PyTorch or why there is nothing, in one of its rows",
    ),
    "its words elsewhere": (
        ELSEWHERE,
        WORDS,
        "",
        "its row in docs/coming-from.md: what it is called in other frameworks",
    ),
    "what tools count": (
        CONVENTIONS,
        WORD,
        "",
        "its word in NEVER in archcost/conventions/table.py, if no tool counts anything for it; else a rule",
    ),
    "a word of its own": (
        FOREIGN,
        '"positionalencoding ',
        '"positionalencoding positionembedding ',
        "'positionembedding' taken out of archcost/foreign/layers.py, where it stands for something else",
    ),
    "a section": (
        KINDS_PAGE,
        "### position_embedding\n",
        "",
        "its section in docs/kinds.md, which `python docs/generate.py` writes",
    ),
}
"""The file, what is left out of it, what stands there instead, and what is said to be missing."""

RIGHT = "return x + weight\n"
VALUES = {
    "tests/execute/test_rows_run.py::test_a_layer_does_what_the_table_says",
    "tests/execute/test_rows_run.py::test_single_precision_stays_single",
}
POSITIONS = {"tests/layers/test_positions_by_nan.py::test_a_kind_says_which_positions_read_which"}
WRONG = {
    "a sign": ("return x - weight\n", VALUES),
    "another weight": ("return x + weight[::-1]\n", VALUES),
    "another order": ("return (x + weight)[:, ::-1]\n", VALUES | POSITIONS),
}
"""What `run` may give instead, and which tests fail: the shape and the counts are the same."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tests read, copied, with the kind added as the page says."""
    folder = tmp_path_factory.mktemp("added")
    left = shutil.ignore_patterns("__pycache__", "golden", "data", "broken", "networks", "*.svg")
    for part in ("archcost", "tests", "docs"):
        shutil.copytree(ROOT / part, folder / part, ignore=left)
    shutil.copy(ROOT / "pyproject.toml", folder)
    imports, class_ = KIND.split("\n\n\n")
    insert(folder / FAMILY, "\nif TYPE_CHECKING:", imports)
    with (folder / FAMILY).open("a", encoding="utf-8") as family:
        family.write("\n\n" + class_)
    insert(folder / "archcost/layers/__init__.py", "    # merge\n", LINE)
    insert(folder / TABLE, "\n]\n", "\n" + ROW.strip() + ",")
    insert(folder / ELSEWHERE, "| `add` |", WORDS)
    insert(folder / CONVENTIONS, BESIDE, f"{WORD.strip()} ")
    foreign = folder / FOREIGN
    foreign.write_text(foreign.read_text("utf-8").replace(" positionembedding ", " "), "utf-8")
    python(folder, "docs/generate.py").check_returncode()
    return folder


def insert(file: Path, before: str, text: str) -> None:
    """Put a text before the first place where another stands."""
    there, found, behind = file.read_text("utf-8").partition(before)
    assert found
    file.write_text(there + text + found + behind, "utf-8")


@contextmanager
def replaced(file: Path, part: str, other: str) -> Generator[None]:
    """For a while, another text stands where the part does."""
    text = file.read_text("utf-8")
    assert part in text
    file.write_text(text.replace(part, other), "utf-8")
    try:
        yield
    finally:
        file.write_text(text, "utf-8")


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the copy; what is imported comes from there."""
    command = [sys.executable, "-B", *arguments]  # no byte code: files change within a second
    return subprocess.run(  # noqa: S603 - our own code
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def pytest_says(folder: Path, *tests: str, only: str = "position_embedding") -> str:
    return python(folder, "-m", "pytest", "-n0", "-p", "no:cacheprovider", "-k", only, *tests).stdout


def test_a_kind_added_as_the_page_says_passes_the_tests_it_names(copy: Path) -> None:
    out = pytest_says(copy, *TESTS, only="position_embedding or test_registry")
    assert re.search(r"\d{3} passed, \d+ deselected in", out), out


@pytest.mark.parametrize(("file", "part", "instead", "message"), LACKS.values(), ids=LACKS)
def test_what_is_missing_of_a_kind_is_said(
    file: str, part: str, instead: str, message: str, copy: Path
) -> None:
    row = ROW.strip() + ",\n" if part == ROW else part
    with replaced(copy / file, row, instead):
        out = pytest_says(copy, TESTS[0])
    assert message in out, out


@pytest.mark.parametrize(("wrong", "tests"), WRONG.values(), ids=WRONG)
def test_a_kind_that_computes_other_values_fails_its_row(wrong: str, tests: set[str], copy: Path) -> None:
    with replaced(copy / FAMILY, RIGHT, wrong):
        out = pytest_says(copy, *TESTS)
    assert set(re.findall(r"^FAILED (\S+?)\[position_embedding: ", out, re.MULTILINE)) == tests, out
