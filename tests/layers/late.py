"""PyTorch's functions as rows of the tables name them; imported when they are called, for few have it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class _Late:
    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*tensors: object, **named: object) -> object:
            return getattr(import_module(self._module), name)(*tensors, **named)

        return call


torch = _Late("torch")
F = _Late("torch.nn.functional")
