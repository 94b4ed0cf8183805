"""Which files are read, and who reads each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from archcost.errors import ModelFileError
from archcost.importing import formats
from archcost.importing.formats import FORMATS, HEAD, Format, format_of, recognized

if TYPE_CHECKING:
    from pathlib import Path

PLAN = Format("a plan", (".json",), "plan", re.compile(rb'"plan"\s*:'))
NETWORK = Format("a network", (".json",), "network", re.compile(rb'"layers"'))


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "FORMATS", (PLAN, NETWORK))


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b'{"plan" : 1}', PLAN),
        (b'{"name": "\xff", "layers": []}', NETWORK),
        (b"{}", None),
        (b" " * HEAD + b'"layers"', None),
    ],
)
def test_formats_with_one_suffix_are_told_apart_by_what_is_in_the_file(
    data: bytes, form: Format | None, tmp_path: Path
) -> None:
    path = tmp_path / "file.JSON"
    path.write_bytes(data)
    assert recognized(path) is form
    if form is None:
        with pytest.raises(
            ModelFileError, match=r"it is not a plan or a network; read are a plan \(\.json\)"
        ):
            format_of(path)
    else:
        assert format_of(path) is form


@pytest.mark.usefixtures("several")
def test_a_file_that_is_not_there_is_not_recognized(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"file\.json: .*No such file"):
        recognized(tmp_path / "file.json")


def test_a_file_with_a_suffix_of_its_own_is_not_looked_into(tmp_path: Path) -> None:
    assert recognized(tmp_path / "none.pt2") is FORMATS[0]


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"no format that is read ends in '\.doc'; read are a PyTorch"):
        format_of(tmp_path / "model.doc")


def test_every_format_has_a_reader() -> None:
    for form in FORMATS:
        assert callable(form.reader().read)
