"""The layer kind that CONTRIBUTING.md adds is code that works; test_recipes.py tries its other recipes."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from archcost.layers import KINDS, elementwise, find
from tests.execute.test_rows_run import runs_as_the_table_says
from tests.layers import table
from tests.layers.test_table import test_a_layer_answers_as_the_table_says as answers_as_the_table_says

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.layers.table import Case

PAGE = Path(__file__).parent.parent / "CONTRIBUTING.md"
KIND, LINE, ROW, *_ = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
IMPORTS = """
from archcost.errors import ShapeError
from archcost.windows.window import Shape, spatial
from archcost.layers.base import Shapes
from archcost.layers.fields import Positive
"""


RIGHT = "x + weight\n"
WRONG = {
    "a sign": "x - weight\n",
    "another weight": "x + weight[::-1]\n",
    "another order": "(x + weight)[:, ::-1]\n",
}
"""What `run` may give instead: the shape and the counts are the same."""


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Case]]:
    """Add a kind as the page says; its row."""

    def add(kind: str) -> Case:
        grown = ModuleType(elementwise.__name__)
        monkeypatch.setitem(sys.modules, elementwise.__name__, grown)
        source = Path(elementwise.__file__).read_text("utf-8")
        exec(source + IMPORTS + kind, vars(grown))  # noqa: S102 - our own page
        for word, home in eval("{" + LINE + "}").items():  # noqa: S307 - our own page
            monkeypatch.setitem(KINDS, word, home)
        return eval(ROW, dict(vars(table)))  # noqa: S307 - our own page

    yield add
    find.cache_clear()  # nobody else knows this kind


def test_a_kind_added_as_the_page_says_answers_as_its_row_says(added: Callable[[str], Case]) -> None:
    row = added(KIND)
    answers_as_the_table_says(row)
    runs_as_the_table_says(row)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_kind_that_computes_other_values_fails_its_row(wrong: str, added: Callable[[str], Case]) -> None:
    row = added(KIND.replace(RIGHT, wrong))
    answers_as_the_table_says(row)
    with pytest.raises(AssertionError, match="allclose"):
        runs_as_the_table_says(row)
