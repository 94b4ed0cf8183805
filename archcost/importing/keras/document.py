"""What Keras writes of a model: JSON, by itself or in a `.keras` archive. Weights are not opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from archcost.errors import ModelFileError
from archcost.importing.archive import LARGEST, unpacked
from archcost.overwriting import will_read

if TYPE_CHECKING:
    from pathlib import Path


def document(path: Path) -> dict[str, Any]:
    """The description of a model: its class and its configuration.

    Raises:
        ModelFileError: there is none in the file.
    """
    is_archive = path.suffix.lower() == ".keras"
    data = unpacked(path, ("config.json",), _NO_CONFIG, _ARCHIVE) if is_archive else _whole(path)
    try:
        found: Any = from_json(data)
    except ValueError as error:
        raise ModelFileError(path, f"no JSON, as Keras writes it: {error}") from None
    if not isinstance(found, dict) or "config" not in found or "class_name" not in found:
        raise ModelFileError(path, "it describes no model: `model.to_json()` gives its class_name and config")
    return named(found)


def _whole(path: Path) -> bytes:
    try:
        will_read(path)
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise ModelFileError(path, str(error)) from None
    if len(data) > LARGEST:
        raise ModelFileError(path, f"it has more than the {LARGEST:,} bytes that are read at most")
    return data


def named(value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A JSON object. Raises ValueError if it is none."""
    if not isinstance(value, dict):
        raise ValueError(f"{value!r:.60} is no object")  # noqa: TRY004 - not the caller's mistake
    return cast("dict[str, Any]", value)


def listed(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    """A JSON array. Raises ValueError if it is none."""
    if not isinstance(value, list):
        raise ValueError(f"{value!r:.60} is no list")  # noqa: TRY004 - not the caller's mistake
    return cast("list[Any]", value)


_ARCHIVE = "a .keras is what `model.save('model.keras')` of Keras 3 writes"
_NO_CONFIG = f"there is no config.json in it; {_ARCHIVE}"
