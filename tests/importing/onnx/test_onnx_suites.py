"""The suites of the `onnx` package: what PyTorch once exported, and ONNX's own node cases.

A model is converted, and its outputs have the shapes that the suite says; or it is refused, and the reason is
known. Operations on numbers that are known are computed, and give the suite's own numbers.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases

from archcost.errors import ModelFileError
from archcost.importing.converter import Converter
from archcost.importing.imported import imported
from archcost.importing.model import Weight
from archcost.importing.onnx import read
from archcost.importing.onnx.folding import FOLDS
from archcost.spec.load import load_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from onnx import ModelProto

DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"

NO_LAYER = "there is no layer in it"
REFUSED = {
    "test_AvgPool1d": "whose first dimension is no batch of one",
    "test_AvgPool1d_stride": "whose first dimension is no batch of one",
    "test_operator_index": NO_LAYER,
    "test_operator_permute2": NO_LAYER,
    "test_operator_view": NO_LAYER,
    "test_operator_pow": "its exponents are computed, or several",
}
"""Models that are not read, and why."""


def folders() -> list[Path]:
    return sorted(
        path for suite in ("converted", "operator") for path in (DATA / f"pytorch-{suite}").iterdir()
    )


@pytest.mark.parametrize("folder", folders(), ids=lambda path: path.name)
def test_a_model_of_pytorch_has_the_shape_of_its_output_or_is_refused(folder: Path) -> None:
    if why := REFUSED.get(folder.name):
        with pytest.raises(ModelFileError, match=why):
            imported(folder / "model.onnx", flat=True)
        return
    path = folder / "model.onnx"
    found = load_text(imported(path, flat=True).text, "net")
    files = sorted((folder / "test_data_set_0").glob("output_*.pb"))
    wanted = [onnx.TensorProto.FromString(one.read_bytes()).dims for one in files]
    sizes = _sample(path, [one.output for one in found.inputs])
    assert len(found.outputs) == len(wanted)
    for ours, theirs in zip(found.outputs.values(), wanted, strict=True):
        assert wide(ours.output) == wide(theirs[sizes:])


def wide(sizes: Sequence[int]) -> list[int]:
    """The sizes that are not 1, whatever their order: channels come first here."""
    return sorted(n for n in sizes if n > 1)


def _sample(path: Path, inputs: list[tuple[int, ...]]) -> int:
    """1 if the first dimension is a batch that was left out, also one of several samples."""
    made = onnx.ModelProto.FromString(path.read_bytes())
    initialized = {one.name for one in made.graph.initializer}
    first = next(one for one in made.graph.input if one.name not in initialized)
    return int(len(first.type.tensor_type.shape.dim) > len(inputs[0]))


# -- numbers that are known ---------------------------------------------------------------------------------


class Case(NamedTuple):
    """A case of one operation whose inputs and output are arrays."""

    name: str
    op: str
    model: ModelProto
    inputs: list[NDArray[Any]]
    output: NDArray[Any]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [*_cases()]


def _cases() -> Iterator[Case]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it computes with numbers that are too large for their type
        collected = collect_testcases(None)
    for case in collected:
        if case.model is None or not case.data_sets or len(case.model.graph.node) != 1:
            continue
        given: list[Any] = [*case.data_sets[0][0], *case.data_sets[0][1]]
        if not given or not all(isinstance(one, np.ndarray | np.generic) for one in given):
            continue
        arrays: list[NDArray[Any]] = [np.asarray(one) for one in given]
        count = len(case.model.graph.input)
        if count and not any(one.dtype == object for one in arrays):
            yield Case(case.name, case.model.graph.node[0].op_type, case.model, arrays[:count], arrays[count])


def folded(case: Case, path: Path) -> NDArray[Any] | None:
    """What a model makes of constants, computed beforehand; None if it is refused."""
    made = onnx.ModelProto()
    made.CopyFrom(case.model)
    del made.graph.input[:]
    for info, array in zip(case.model.graph.input, case.inputs, strict=True):
        value = numpy_helper.from_array(np.ascontiguousarray(array))
        made.graph.node.insert(0, helper.make_node("Constant", [], [info.name], value=value))
    path.write_bytes(made.SerializeToString())
    source = read(path, {})
    converter = Converter(path, source.model._replace(inputs={}), source.rules, "an ONNX model")
    converter.known.update(source.model.weights)
    try:
        converter.inside(source.model.operations, {}, [])
    except ModelFileError:
        return None
    found = converter.known[case.model.graph.output[0].name]
    return found.numbers() if isinstance(found, Weight) and found.numbers else None


def test_what_is_computed_beforehand_is_what_onnx_says(cases: list[Case], tmp_path: Path) -> None:
    seen: set[str] = set()
    for case in cases:
        if case.op not in FOLDS:
            continue
        found = folded(case, tmp_path / "net.onnx")
        if found is None:
            continue
        assert found.shape == case.output.shape, case.name
        np.testing.assert_allclose(
            found.astype(np.float64), case.output.astype(np.float64), rtol=1e-5, atol=1e-6, err_msg=case.name
        )
        seen.add(case.op)
    # Numbers of other types than NumPy's are not looked at; the others are all computed somewhere.
    assert FOLDS.keys() - seen <= {"CastLike", "Cast", "ReduceProd"}


def test_every_node_case_is_read_or_refused(cases: list[Case], tmp_path: Path) -> None:
    """What arrives first arrives; the others are tensors of the file."""
    path, read_whole = tmp_path / "net.onnx", 0
    wrong: list[tuple[object, ...]] = []
    for case in cases:
        made = onnx.ModelProto()
        made.CopyFrom(case.model)
        for info, array in [*zip(case.model.graph.input, case.inputs, strict=True)][1:]:
            made.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(array), info.name))
        path.write_bytes(made.SerializeToString())
        try:
            network = load_text(imported(path, flat=True).text, "net")
        except ModelFileError:
            continue
        read_whole += 1
        sizes = next(iter(network.outputs.values())).output
        (first, *_) = network.inputs
        batch = case.inputs[0].shape[: case.inputs[0].ndim - len(first.output)]
        if wide([*sizes, *batch]) != wide(case.output.shape):
            wrong.append((case.name, sizes, case.output.shape))
    assert not wrong
    assert read_whole > 400
