"""What is read of ONNX models: sizes, constants, functions, branches and quantized numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from archcost.errors import ModelFileError
from archcost.importing import onnx as onnx_files
from archcost.importing.imported import Imported, imported
from archcost.passes.cost import costs
from archcost.spec.load import load_text
from tests.importing.onnx import onnx_models as models
from tests.importing.onnx.onnx_models import graph, learned, model, node, saved, whole

if TYPE_CHECKING:
    from pathlib import Path

    from onnx import ModelProto


def read(made: ModelProto | bytes, folder: Path, **given: tuple[int, ...]) -> Imported:
    return imported(saved(made, folder / "net.onnx"), given=given)


def layers(found: Imported) -> str:
    """The spec, from its layers on."""
    return found.text[found.text.index("layers:") :]


def macs(found: Imported) -> int:
    return sum(one.operations.macs for one in costs(load_text(found.text, "net")))


def refused(made: ModelProto | bytes, folder: Path, **given: tuple[int, ...]) -> str:
    with pytest.raises(ModelFileError) as caught:
        read(made, folder, **given)
    return str(caught.value)


def test_names_with_slashes_are_modules_and_shapes_are_followed(tmp_path: Path) -> None:
    found = read(models.small(), tmp_path)
    kinds = [one.kind for one in load_text(found.text, "net")]
    assert kinds == ["conv", "relu", "max_pool", "flatten", "linear"]
    modules = [one.module for one in onnx_files.read(tmp_path / "net.onnx", {}).model.operations]
    assert [*dict.fromkeys(modules)] == ["stem.conv", "stem.act", "stem.pool", "", "head"]
    assert found.parameters == 8 * 27 + 8 + 10 * 128 + 10
    assert macs(found) == 27 * 8 * 64 + 128 * 10


# -- sizes --------------------------------------------------------------------------------------------------


def sized(*shape: int | str | None) -> ModelProto:
    nodes = [node("Conv", ["image", "w"], ["a"]), node("GlobalAveragePool", ["a"], ["y"])]
    return model(graph(nodes, {"w": learned(4, 3, 3, 3)}, {"image": shape}, {"y": None}))


def test_an_open_batch_is_one_and_other_open_sizes_have_to_be_given(tmp_path: Path) -> None:
    assert "input: [3, 9, 9]" in read(sized("N", 3, 9, 9), tmp_path).text
    said = refused(sized("N", 3, "height", None), tmp_path)
    advice = "say what is open, without the batch: --input 3x224x224"
    assert said.endswith(f"net.onnx: input 'image' is [N, 3, height, ?]: {advice}")
    found = read(sized("N", 3, "height", None), tmp_path, input=(3, 20, 30))
    assert "input: [3, 20, 30]" in found.text
    assert macs(found) == 27 * 4 * 18 * 28


def test_what_is_given_has_to_fit_the_file(tmp_path: Path) -> None:
    made = sized("N", 3, "height", None)
    assert "1 is given for 3" in refused(made, tmp_path, input=(1, 20, 30))
    assert "of 4 sizes, the first is the batch" in refused(made, tmp_path, input=(20, 30))
    assert "there is no such input; its inputs are 'image'" in refused(made, tmp_path, picture=(3, 20, 30))


def test_a_batch_of_several_is_one_where_samples_do_not_meet(tmp_path: Path) -> None:
    one, many = (layers(read(sized(n, 3, 9, 9), tmp_path)) for n in (1, 16))
    assert one == many


def test_an_open_size_is_the_same_in_all_inputs(tmp_path: Path) -> None:
    nodes = [node("Gather", ["table", "ids"], ["a"]), node("Gather", ["kinds", "types"], ["b"])]
    nodes.append(node("Add", ["a", "b"], ["y"]))
    tensors = {"table": learned(100, 16), "kinds": learned(2, 16)}
    inputs: dict[str, list[int | str | None]] = {"ids": ["batch", "length"], "types": ["batch", "length"]}
    of_whole = {"ids": TensorProto.INT64, "types": TensorProto.INT64}
    made = model(graph(nodes, tensors, inputs, {"y": None}, of_whole))
    assert refused(made, tmp_path).endswith("--input ids=128,types=128")
    found = read(made, tmp_path, ids=(12,))
    assert "types: [12]" in found.text
    assert found.parameters == 102 * 16


def test_channels_last_of_an_exporter_vanish(tmp_path: Path) -> None:
    plain = sized(1, 3, 9, 9)
    nodes = [
        node("Transpose", ["image"], ["a"], perm=[0, 3, 1, 2]),
        node("Conv", ["a", "w"], ["b"]),
        node("Transpose", ["b"], ["c"], perm=[0, 2, 3, 1]),
        node("Transpose", ["c"], ["d"], perm=[0, 3, 1, 2]),
        node("GlobalAveragePool", ["d"], ["e"]),
        node("Transpose", ["e"], ["y"], perm=[0, 2, 3, 1]),
    ]
    turned = model(graph(nodes, {"w": learned(4, 3, 3, 3)}, {"image": [1, 9, 9, 3]}, {"y": [1, 1, 1, 4]}))
    assert read(turned, tmp_path).text == read(plain, tmp_path).text


def test_a_shape_that_the_file_says_and_the_layers_do_not_make_is_refused(tmp_path: Path) -> None:
    made = sized(1, 3, 9, 9)
    made.graph.value_info.append(helper.make_tensor_value_info("a", TensorProto.FLOAT, [1, 4, 8, 8]))
    assert "gives (1, 4, 7, 7), and the file says (1, 4, 8, 8)" in refused(made, tmp_path)


# -- operations beside ONNX's own shapes --------------------------------------------------------------------

WINDOWS: dict[str, tuple[str, dict[str, Any]]] = {
    "same_upper": ("Conv", {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    "same_lower": ("Conv", {"auto_pad": "SAME_LOWER", "strides": [2, 2]}),
    "asymmetric": ("Conv", {"pads": [0, 1, 2, 3], "strides": [2, 1]}),
    "dilated": ("Conv", {"dilations": [2, 1]}),
    "transposed": ("ConvTranspose", {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}),
    "transposed_same": ("ConvTranspose", {"strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    "transposed_to": ("ConvTranspose", {"strides": [3, 2], "output_shape": [30, 18]}),
    "ceil": ("MaxPool", {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}),
    "pool_same": ("MaxPool", {"kernel_shape": [3, 2], "strides": [2, 2], "auto_pad": "SAME_LOWER"}),
    "mean": ("AveragePool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_has_the_size_that_onnx_infers(name: str, tmp_path: Path) -> None:
    word, attributes = WINDOWS[name]
    has_weight = word.startswith("Conv")
    read_by = ["x", "w"] if has_weight else ["x"]
    tensors = {"w": learned(3, 3, 3, 3)} if has_weight else {}
    made = model(
        graph([node(word, read_by, ["y"], **attributes)], tensors, {"x": [1, 3, 10, 9]}, {"y": None})
    )
    (inferred,) = onnx.shape_inference.infer_shapes(made, strict_mode=True).graph.output
    found = load_text(read(made, tmp_path).text, "net")
    ours = next(iter(found.outputs.values())).output
    assert (1, *ours) == tuple(size.dim_value for size in inferred.type.tensor_type.shape.dim)


def test_before_version_13_a_softmax_is_along_all_dimensions_from_one_on(tmp_path: Path) -> None:
    def made(opset: int) -> ModelProto:
        nodes = [node("Softmax", ["x"], ["y"], axis=1)]
        return model(graph(nodes, {}, {"x": [1, 4, 5]}, {"y": [1, 4, 5]}), opset)

    assert "flatten" in layers(read(made(11), tmp_path))
    assert layers(read(made(13), tmp_path)) == "layers: [softmax]\n"


def test_an_initializer_may_be_an_input_as_well(tmp_path: Path) -> None:
    made = sized(1, 3, 9, 9)
    plain = read(made, tmp_path).text
    made.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [4, 3, 3, 3]))
    assert read(made, tmp_path).text == plain


GELU = [
    node("Div", ["x", "root"], ["a"]),
    node("Erf", ["a"], ["b"]),
    node("Add", ["b", "one"], ["c"]),
    node("Mul", ["x", "c"], ["d"]),
    node("Mul", ["d", "half"], ["y"]),
]
NORM = [
    node("ReduceMean", ["x"], ["m"], axes=[-1]),
    node("Sub", ["x", "m"], ["c"]),
    node("Pow", ["c", "two"], ["s"]),
    node("ReduceMean", ["s"], ["v"], axes=[-1]),
    node("Add", ["v", "eps"], ["e"]),
    node("Sqrt", ["e"], ["r"]),
    node("Div", ["c", "r"], ["n"]),
    node("Mul", ["n", "scale"], ["k"]),
    node("Add", ["k", "shift"], ["y"]),
]
TOGETHER = {
    "gelu": (GELU, "gelu", 0),
    "silu": ([node("Sigmoid", ["x"], ["a"]), node("Mul", ["x", "a"], ["y"])], "silu", 0),
    "layer_norm": (NORM, "layer_norm", 16),
    "linear": (
        [node("MatMul", ["x", "w"], ["a"]), node("Add", ["shift", "a"], ["y"])],
        "linear: {out_features: 8, per_position: true}",
        8 * 8 + 8,
    ),
    "linear on the columns": (
        [
            node("MatMul", ["rows", "x"], ["a"]),
            node("Reshape", ["five", "column"], ["b"]),
            node("Add", ["a", "b"], ["y"]),
        ],
        "linear: {out_features: 5, per_position: true}",
        5 * 5 + 5,
    ),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_several_operations_are_the_layer_that_they_are_together(name: str, tmp_path: Path) -> None:
    nodes, wanted, params = TOGETHER[name]
    tensors = {key: np.array(n, np.float32) for key, n in (("root", 2**0.5), ("one", 1), ("half", 0.5))}
    tensors |= {"two": np.array(2, np.float32), "eps": np.array(1e-5, np.float32)}
    tensors |= {"scale": learned(8), "shift": learned(8), "w": learned(8, 8)}
    tensors |= {"rows": learned(5, 5), "five": learned(5), "column": np.array([5, 1], np.int64)}
    used = {key: value for key, value in tensors.items() if any(key in one.input for one in nodes)}
    made = model(graph(nodes, used, {"x": [1, 5, 8]}, {"y": [1, 5, 8]}), 13)
    found = read(made, tmp_path)
    transposed = {"transpose"}
    kinds = [n.kind for n in load_text(found.text, "net") if n.kind not in transposed]
    assert kinds == [wanted.split(":")[0]]
    assert found.parameters == params


@pytest.mark.parametrize("way", ["qdq", "operator", "dynamic"])
def test_a_quantized_model_is_the_network_that_it_quantizes(way: str, tmp_path: Path) -> None:
    plain, quantized = (read(models.quantized(one), tmp_path) for one in ("plain", way))
    assert quantized.text == plain.text
    assert quantized.notes == ("its weights are quantized (int8)",)
    assert (plain.notes, plain.unread, quantized.unread) == ((), 0, 0)


def test_functions_of_the_file_are_written_out(tmp_path: Path) -> None:
    found = read(models.calling(), tmp_path)
    acts = [n.layer.model_dump() for n in load_text(found.text, "net") if n.kind == "leaky_relu"]
    slopes = [fields["negative_slope"] for fields in acts]
    assert slopes == [0.25, 0.25]
    assert found.parameters == 4 * 27 + 4 * 36


def recurrent(length: int | str) -> ModelProto:
    tensors = {"w": learned(1, 64, 8), "r": learned(1, 64, 16), "b": learned(1, 128)}
    nodes = [node("LSTM", ["x", "w", "r", "b"], ["a"], hidden_size=16), node("Relu", ["a"], ["y"])]
    return model(graph(nodes, tensors, {"x": [length, 1, 8]}, {"y": None}))


def test_a_recurrent_layer_goes_over_its_sequence(tmp_path: Path) -> None:
    found = read(recurrent(12), tmp_path)
    assert found.parameters == 64 * 8 + 64 * 16 + 128
    assert macs(found) == 12 * (64 * 8 + 64 * 16)


def test_a_sequence_whose_open_length_looks_like_a_batch_is_refused(tmp_path: Path) -> None:
    assert "which was taken for the batch" in refused(recurrent("n"), tmp_path)


def noted(op: str, inputs: list[str], output: str, scopes: list[str], classes: list[str]) -> onnx.NodeProto:
    """An operation with the modules it stands in, as PyTorch's newer exporter notes them."""
    made = node(op, inputs, [output], f"node_{output}")
    for key, value in (("name_scopes", scopes), ("class_hierarchy", classes)):
        made.metadata_props.add(key=f"pkg.torch.onnx.{key}", value=repr(value))
    return made


def test_modules_and_classes_are_those_that_pytorch_notes(tmp_path: Path) -> None:
    """What the exporter made anew, and noted nothing of, stands where it is read."""
    names, classes = ["", "stage", "stage.0"], ["net.Net", "torch.nn.Sequential", "net.Block"]
    nodes = [
        noted("Conv", ["x", "w", "b"], "a", [*names, "_native_batch_norm_1"], [*classes, "aten.batch_norm"]),
        node("Identity", ["a"], ["i"]),
        node("Relu", ["i"], ["r"]),
        noted("Sigmoid", ["r"], "y", [*names, "sigmoid"], [*classes, "aten.sigmoid"]),
    ]
    made = model(graph(nodes, {"w": learned(3, 3, 1, 1), "b": learned(3)}, {"x": [1, 3, 4, 4]}, {"y": None}))
    source = onnx_files.read(saved(made, tmp_path / "net.onnx"), {})
    assert [one.module for one in source.model.operations] == ["stage.0"] * 3
    assert source.model.classes == {"": "Net", "stage": "Sequential", "stage.0": "Block"}
    assert source.model.notes[0].startswith("1 batch norm folded into convolutions before export")


def test_a_resize_at_other_places_is_said(tmp_path: Path) -> None:
    def made(way: str) -> ModelProto:
        nodes = [
            node("Resize", ["x", "", "s"], ["y"], mode="linear", coordinate_transformation_mode=way),
        ]
        tensors = {"s": np.array([1, 1, 2, 2], np.float32)}
        return model(graph(nodes, tensors, {"x": [1, 3, 4, 4]}, {"y": [1, 3, 8, 8]}))

    assert read(made("half_pixel"), tmp_path).notes == ()
    assert read(made("asymmetric"), tmp_path).notes == (
        "1 resize interpolating at other places than a spec says, at the same cost",
    )


# -- branches -----------------------------------------------------------------------------------------------


def test_a_branch_whose_condition_is_known_stands_in_place_of_the_choice(tmp_path: Path) -> None:
    then, other = (read(models.branching(np.array(one)), tmp_path) for one in (True, False))
    assert [n.kind for n in load_text(then.text, "net")] == ["conv"]
    assert [n.kind for n in load_text(other.text, "net")] == ["relu"]


def test_a_branch_that_depends_on_what_arrives_is_refused(tmp_path: Path) -> None:
    said = refused(models.branching(), tmp_path)
    assert "choice (If): its condition depends on what arrives, so that either branch may run" in said


# -- what cannot be imported --------------------------------------------------------------------------------


def test_an_unknown_operation_is_refused_with_its_place(tmp_path: Path) -> None:
    made = model(graph([node("Det", ["x"], ["y"], "/head/Det")], {}, {"x": [1, 3, 3]}, {"y": None}))
    assert refused(made, tmp_path).endswith("/head/Det (Det in head): there is no rule for this operation")


def test_an_attribute_that_is_not_followed_is_refused(tmp_path: Path) -> None:
    nodes = [node("Resize", ["x", "", "scales"], ["y"], keep_aspect_ratio_policy="not_larger", surprise=1)]
    tensors = {"scales": np.array([1, 1, 2, 2], np.float32)}
    made = model(graph(nodes, tensors, {"x": [1, 3, 4, 4]}, {"y": None}))
    assert "surprise is not followed" in refused(made, tmp_path)


def test_weights_that_two_layers_share_count_once(tmp_path: Path) -> None:
    nodes = [node("Conv", ["x", "w"], ["a"]), node("Conv", ["a", "w"], ["y"])]
    made = model(graph(nodes, {"w": learned(3, 3, 1, 1)}, {"x": [1, 3, 4, 4]}, {"y": None}))
    found = read(made, tmp_path)
    assert found.parameters == 9
    assert found.text.count("share: w") == 2


def test_external_data_are_known_by_their_shape_and_never_opened(tmp_path: Path) -> None:
    made = sized(1, 3, 9, 9)
    plain = read(made, tmp_path).text
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/dev/stdin")
    assert read(made, tmp_path).text == plain


def test_a_file_that_is_cut_off_says_where(tmp_path: Path) -> None:
    data = models.small().SerializeToString()
    assert re.search(r"byte [\d,]+: .*; it is no ONNX model, or damaged", refused(data[:-40], tmp_path))
    assert "there is no graph of operations in it" in refused(b"\x08\x09", tmp_path)
    assert "it is no ONNX model" in refused(b"", tmp_path)


def test_graphs_that_are_nested_without_end_are_refused(tmp_path: Path) -> None:
    data = b""
    for _ in range(
        3000
    ):  # an If in a graph, in an attribute of an If, …; written by hand, for onnx would not
        data = field(1, field(4, b"If") + field(5, field(1, b"then_branch") + field(6, data)))
    assert "graphs are nested deeper than" in refused(field(7, data), tmp_path)


def field(number: int, data: bytes) -> bytes:
    """A field of a message."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    """A number in seven bits a byte."""
    return bytes([value & 127 | 128]) + varint(value >> 7) if value > 127 else bytes([value])


def test_functions_that_call_themselves_are_refused(tmp_path: Path) -> None:
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("own", 1)]
    twice = [node("F", ["x"], ["t"], domain="own"), node("F", ["t"], ["y"], domain="own")]
    function = helper.make_function("own", "F", ["x"], ["y"], twice, opsets)
    made = graph([node("F", ["x"], ["y"], "call", domain="own")], {}, {"x": [1, 3, 4, 4]}, {"y": None})
    assert "functions call each other" in refused(model(made, functions=[function]), tmp_path)


def test_a_cycle_is_refused(tmp_path: Path) -> None:
    nodes = [node("Relu", ["b"], ["a"]), node("Relu", ["a"], ["b"])]
    made = model(graph(nodes, {}, {"x": [1, 3, 4, 4]}, {"b": None}))
    assert "a (Relu): nothing before it makes 'b'" in refused(made, tmp_path)


def test_sizes_beyond_any_are_refused(tmp_path: Path) -> None:
    nodes = [node("Expand", ["x", "shape"], ["a"]), node("Relu", ["a"], ["y"])]
    tensors = {"shape": whole(1, 2**62, 2**62, 2**62)}
    assert refused(model(graph(nodes, tensors, {"x": [1, 1, 1, 1]}, {"y": None})), tmp_path)
    assert "a size is beyond" in refused(sized(1, 3, 2**60, 9), tmp_path)
    fill = [
        node("ConstantOfShape", ["shape"], ["c"]),
        node("Mul", ["c", "c"], ["d"]),
        node("Add", ["x", "d"], ["y"]),
    ]
    tensors = {"shape": whole(1, 2**20, 2**20)}
    assert refused(model(graph(fill, tensors, {"x": [1, 1, 1]}, {"y": None})), tmp_path)
