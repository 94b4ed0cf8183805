"""Models of a layer or two each as specs, beside the shapes and the parameters that Keras says of them.

tests/data/models/keras/layers.json holds what `to_json()` of Keras 3.15 says of each (initializers and such
left out), the shapes of its outputs, with channels last, and its trainable parameters.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archcost.errors import ModelFileError
from archcost.importing.imported import imported

LAYERS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "models" / "keras" / "layers.json").read_text()
)

REFUSED = {
    "lora_dense": "dense has lora_rank: what it learns besides is not followed",
    "quantized_dense": "dense_1 is quantized: its weights and scales are not followed",
    "quantized_int4": "dense_1 is quantized: its weights and scales are not followed",
    "nested_training": "functional is called with training=True",
    "td_gap_cf": "GlobalAveragePooling2D at every step, with channels first, is not followed",
    "act_glu": "there is no rule for the activation glu",
    "act_squareplus": "there is no rule for the activation squareplus",
    "act_sparse_plus": "there is no rule for the activation sparse_plus",
    "act_threshold": "there is no rule for the activation threshold",
    "gru_v1": "a GRU whose gate resets before the product is another one",
    "lstm_state": "return_state is not followed",
    "embed_mask_lstm": "a mask is not followed",
    "gqa": "there is no rule for this operation",
    "att_scale": "use_scale is not followed",
    "addatt": "there is no rule for this operation",
    "lambda": "a Lambda layer carries code, which is never run; write what it does as layers",
    "op_take": "there is no rule for this operation",
    "op_roll": "there is no rule for this operation",
    "op_where": "there is no rule for this operation",
    "op_repeat": "there is no rule for this operation",
    "op_l2": "there is no rule for this operation",
    **dict.fromkeys(
        (*("act_linear", "perm", "op_new", "op_tr", "op_exp", "op_cast", "op_swap", "op_moveaxis"),),
        "there is no layer in it",
    ),
}
"""What is no layer of ours, or none at all -> what is said."""


def saved(name: str, folder: Path) -> Path:
    path = folder / "model.json"
    path.write_text(json.dumps(LAYERS[name]["model"]))
    return path


@pytest.mark.parametrize("name", sorted({*LAYERS} - {*REFUSED}))
def test_shapes_and_parameters_are_those_of_keras(name: str, tmp_path: Path) -> None:
    found = imported(saved(name, tmp_path))
    shapes = [sorted(n for n in tensor.output if n > 1) for tensor in found.network.outputs.values()]
    theirs = [sorted(n for n in shape if n > 1) for shape in LAYERS[name]["outputs"]]
    if name in {"einsum_dense", "einsum_heads"}:  # Keras leaves the length of a sequence open there
        theirs = [sorted([9, *shape]) for shape in theirs]
    assert (found.parameters, shapes) == (LAYERS[name]["params"], theirs)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_layer_of_ours_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError) as raised:
        imported(saved(name, tmp_path))
    assert REFUSED[name] in str(raised.value)


def test_a_layer_that_is_called_twice_has_one_set_of_weights(tmp_path: Path) -> None:
    found = imported(saved("shared", tmp_path))
    assert [node.kind for node in found.network].count("linear") == 2
    assert found.text.count("share: dense") == 2


def test_a_nested_model_that_is_called_twice_has_one_set_of_weights(tmp_path: Path) -> None:
    found = imported(saved("nested_shared", tmp_path))
    assert found.parameters == LAYERS["nested_shared"]["params"]
    assert found.text.count("share: ") == 3 + 2 * 2


def test_a_layer_that_may_be_in_two_models_is_told() -> None:
    """It is one layer here, of 72 parameters, and the file looks the same if there are two."""
    file = Path(__file__).parents[2] / "data" / "models" / "keras" / "shared_across.json"
    found = imported(file)
    told = "in several models of it there is shared: if that is the same layer, its weights count once"
    assert (found.parameters, told in found.notes) == (144, True)


def test_layouts_vanish(tmp_path: Path) -> None:
    """Channels are last there and first here; what brings features to the end of a sequence is no layer."""
    assert "transpose" not in imported(saved("conv2d_groups", tmp_path)).text
    assert "transpose" not in imported(saved("dense_seq", tmp_path)).text


def test_a_shape_of_other_things_than_sizes_is_refused(tmp_path: Path) -> None:
    model = json.loads(json.dumps(LAYERS["conv2d_groups"]["model"]))
    path = tmp_path / "net.json"
    for shape in ({"a": 1}, [None, "8", 8], [None, -1, 8], [None, 10**30, 8, 3]):
        model["config"]["layers"][0]["config"]["batch_shape"] = shape
        path.write_text(json.dumps(model))
        with pytest.raises(ModelFileError, match=r"which are no sizes|is no list"):
            imported(path)


@pytest.mark.parametrize("place", [-1, 2**31])
def test_a_layer_gives_no_end_of_tensors(place: int, tmp_path: Path) -> None:
    model = json.loads(json.dumps(LAYERS["conv2d_groups"]["model"]))
    path = tmp_path / "net.json"
    model["config"]["output_layers"][-1] = place
    path.write_text(json.dumps(model))
    with pytest.raises(ModelFileError, match=f"gives no tensor {place}"):
        imported(path)
