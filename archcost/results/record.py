"""Plain values with names: what results are made of."""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Record:
    """A frozen dataclass, made by keyword, whose methods are these.

    `dataclasses` would compile them anew for every class, of which there are many: at each start that would
    take seven times as long as all the rest of it.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    _names: ClassVar[dict[str, bool]]
    """Field -> whether it must be given."""

    def __init_subclass__(cls) -> None:
        """Collect the fields."""
        dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)(cls)
        cls._names = {one.name: one.default is MISSING for one in fields(cls)}

    def __init__(self, **values: object) -> None:
        if values.keys() != self._names.keys():
            self._check(values.keys())
        put = object.__setattr__
        for name, value in values.items():
            put(self, name, value)

    def _check(self, given: AbstractSet[str]) -> None:
        missing = {name for name, is_needed in self._names.items() if is_needed} - given
        if wrong := sorted(missing | (given - self._names.keys())):
            raise TypeError(f"{type(self).__name__}: missing or unknown: {', '.join(wrong)}")

    def __setattr__(self, name: str, value: object) -> None:
        """Raise FrozenInstanceError."""
        raise FrozenInstanceError(f"cannot assign to field '{name}'")

    def __delattr__(self, name: str) -> None:
        """Raise FrozenInstanceError."""
        raise FrozenInstanceError(f"cannot delete field '{name}'")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and type(other) is type(self) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        pairs = zip(self._names, self._values(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in pairs)})"

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self._names)
