"""Imports a module that lives in this process: it is exported, and the export is read like a file.

Nothing else of importing needs PyTorch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast
from warnings import catch_warnings, simplefilter

from archcost.errors import ModelFileError, UsageError
from archcost.importing.imported import imported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcost.importing.imported import Imported


def from_torch(
    module: Any,  # noqa: ANN401 - a torch.nn.Module, and PyTorch is not imported
    inputs: Any,  # noqa: ANN401 - a torch.Tensor, or several
    *,
    name: str = "",
    flat: bool = False,
    allow_declared: bool = False,
) -> Imported:
    """The spec of a PyTorch module, as `archcost import` writes it.

    The module is exported in evaluation mode as a copy that has no numbers: it stays as it is, nothing is
    computed, and a module on the meta device will do.

    Args:
        module: a `torch.nn.Module`.
        inputs: what it is called with: a tensor in a batch of one, several, or by name; there may be numbers
            among them, and lists and mappings of tensors.
        name: of the network; without, that of the module's class.
        flat: an item for every operation.
        allow_declared: what is not understood becomes a `custom` layer.

    Returns:
        What was imported: its `text` is the spec, its `network` what `analyze`, `explain` and `verify` take.

    Raises:
        UsageError: PyTorch is not installed, or cannot export the module.
        ModelFileError: it holds what is not understood.
    """
    torch = _torch()
    if not isinstance(module, torch.nn.Module):
        raise UsageError(f"from_torch takes a torch.nn.Module, not a {type(module).__name__}")
    given, keywords = _arguments(inputs)
    if not any(
        isinstance(one, torch.Tensor | list | tuple | Mapping) for one in (*given, *keywords.values())
    ):
        raise UsageError("from_torch takes the tensors that the module is called with")
    called = name or _called(module)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', called)}.pt2"
        with catch_warnings():
            simplefilter("ignore")  # PyTorch's about itself
            torch.export.save(_exported(torch, module, given, keywords), path)
        try:
            return imported(path, flat=flat, allow_declared=allow_declared)
        except ModelFileError as error:
            raise ModelFileError(called, error.what) from error


def _torch() -> Any:  # noqa: ANN401 - a module whose types would have to be installed
    try:
        return import_module("torch")
    except ModuleNotFoundError:
        raise UsageError("from_torch needs PyTorch: pip install torch") from None


def _arguments(inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:  # noqa: ANN401 - PyTorch's
    """Those of a call: by position, and by name."""
    if isinstance(inputs, Mapping):
        return (), dict(cast("Mapping[str, Any]", inputs))
    return (tuple(cast("Sequence[Any]", inputs)) if isinstance(inputs, list | tuple) else (inputs,)), {}


def _called(module: object) -> str:
    """The name of a class, as files are called: `ResNet50` is `resnet50`, `MyNet` is `my_net`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(module).__name__).lower()


def _exported(torch: Any, module: Any, given: Sequence[Any], keywords: Mapping[str, Any]) -> Any:  # noqa: ANN401 - PyTorch's
    hollow = {id(one): _hollow(torch, one) for one in module.parameters()}
    copy = deepcopy(module, hollow).eval()
    device = next((one.device for one in [*copy.parameters(), *copy.buffers()]), None)
    try:
        with torch.no_grad():
            return torch.export.export(copy, *_moved(torch, (tuple(given), {**keywords}), device))
    except Exception as error:  # PyTorch's, of any class
        why = str(error).strip().splitlines()
        raise UsageError(
            f"PyTorch cannot export the module: {why[0] if why else type(error).__name__}"
        ) from error


def _moved(torch: Any, given: Any, device: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """Arguments with their tensors on a device."""
    if isinstance(given, Mapping):
        named = cast("Mapping[str, Any]", given)
        return {name: _moved(torch, one, device) for name, one in named.items()}
    if isinstance(given, list | tuple):
        several = [_moved(torch, one, device) for one in cast("Sequence[Any]", given)]
        return several if isinstance(given, list) else tuple(several)
    return given.to(device) if isinstance(given, torch.Tensor) else given


def _hollow(torch: Any, parameter: Any) -> Any:  # noqa: ANN401 - PyTorch's
    """A parameter of the same shape and type, whose elements all are one number in memory."""
    one = torch.zeros((), dtype=parameter.dtype, device=parameter.device)
    return torch.nn.Parameter(one.expand(parameter.shape), requires_grad=False)
