"""`archcost verify`: what it compares, what it says, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest

from archcost.execute.kernels import activation
from archcost.execute.proof_report import verify_report
from archcost.execute.tensors import Tensors
from archcost.execute.verification import NOT_FINITE, runs, verify
from archcost.report.verification.blocks import remarks
from archcost.results.verification import TorchProof
from archcost.schemas import schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archcost.execute.arrays import Array
    from archcost.network import Network

    Load = Callable[..., Network]
    Run = Callable[..., tuple[int, str, str]]

LAYERS = """
- {name: a, conv: {out_channels: 4, kernel_size: 3, padding: 1}}
- {name: b, relu: }
- {name: c, max_pool: {kernel_size: 2}}
- {name: d, global_avg_pool: }
"""


@pytest.fixture
def spec(network: Load, tmp_path: Path) -> str:
    network(LAYERS)
    return str(tmp_path / "net.yaml")


def differences(network: Network, *, torch: bool = False) -> list[tuple[str, str]]:
    return [(p.node.path, d.what) for p in verify(network, torch=torch).proofs for d in p.differences()]


def costlier(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that computes more than its formula says."""
    relu = activation.relu

    def shifted(x: Array) -> Array:
        return relu(x) + 1.0

    monkeypatch.setattr(activation, "relu", shifted)


def test_behind_what_is_no_number_fields_are_not_compared(network: Load) -> None:
    """NaN is compared like a number, so that a node has numbers where NaN arrives for another reason."""
    net = network("- {name: a, log: }\n- {name: b, greater: {value: 0}}\n- {name: c, tanh: }")
    found = verify(net)
    assert found.agrees
    assert [proof.touched.untold for proof in found.proofs] == [NOT_FINITE] * 3


def test_a_choice_reads_what_it_does_not_choose(network: Load) -> None:
    net = network(
        "- {name: a, max_pool: {kernel_size: 3, stride: 1, padding: 1}}\n"
        "- {name: b, greater: {value: 9}}\n"
        "- {name: c, where: , from: [b, a, input]}"
    )
    found = verify(net)
    assert found.agrees
    assert all(proof.touched.pairs and not proof.touched.untold for proof in found.proofs)


# -- what is measured -----------------------------------------------------------------------------------


def test_every_node_stands_with_its_measured_shape_counts_and_params(network: Load) -> None:
    found = verify(network(LAYERS))
    assert [p.shape for p in found.proofs] == [(4, 8, 8), (4, 8, 8), (4, 4, 4), (4, 1, 1)]
    assert [p.tally.comparisons for p in found.proofs] == [0, 256, 192, 0]
    assert [p.allocated for p in found.proofs] == [112, 0, 0, 0]
    assert found.agrees


def test_products_with_padding_are_told_apart(network: Load) -> None:
    tally = verify(network(LAYERS), samples=0).proofs[0].tally
    # Along an axis of 8, three taps read 24 positions, two of which are padding.
    assert tally.multiplications - tally.on_padding == 4 * 3 * 22 * 22


def test_float32_agrees_as_float64_does(network: Load) -> None:
    assert verify(network(LAYERS), dtype="float32").agrees


def test_weights_that_are_shared_are_allocated_once(network: Load) -> None:
    layers = """
    - {name: a, conv: {out_channels: 3, kernel_size: 1}, share: s}
    - {name: b, conv: {out_channels: 3, kernel_size: 1}, share: s}
    """
    assert [p.allocated for p in verify(network(layers)).proofs] == [12, 0]


def test_another_seed_gives_other_numbers_and_the_same_verdict(network: Load) -> None:
    net = network(LAYERS)
    first, second = (Tensors(seed).of(net.nodes[0])["weight"] for seed in (0, 1))
    assert not np.array_equal(first, second)
    assert verify(net, seed=1).agrees


def test_what_is_declared_is_not_proved_and_what_follows_ran_on_made_up_values(network: Load) -> None:
    layers = """
    - {name: a, custom: {shape: [2, 8, 8], params: 9000000000000, macs: 5, reason: a secret}}
    - {name: b, relu: }
    """
    found = verify(network(layers))
    assert found.agrees
    assert [(p.is_made_up, p.follows_made_up) for p in found.proofs] == [(True, False), (False, True)]


def test_every_node_of_every_run_ticks(network: Load) -> None:
    net, ticks = network(LAYERS), list[int]()
    verify(net, samples=3, tick=lambda: ticks.append(1))
    assert len(ticks) == runs(net, 3) * len(net)


def test_an_input_with_few_positions_is_probed_at_all_of_them(network: Load) -> None:
    found = verify(network("- relu", x="[3, 2, 3]"), samples=10)
    assert sorted(found.positions["input"]) == [(i, j) for i in range(2) for j in range(3)]


MOVED = {
    "a map again": "[{flatten: }, {reshape: {shape: [1, 4, 4]}}]",
    "a map by way of channels": "[{flatten: }, {reshape: {shape: [8, 2]}}, {reshape: {shape: [1, 4, 4]}}]",
    "a part of a vector": "[{flatten: }, {slice: {start: 0, end: 1}}, {linear: {out_features: 3}}]",
    "tokens": "[{flatten: }, {embedding: {num_embeddings: 5, embedding_dim: 3}}]",
    "pixels": "[{flatten: }, {reshape: {shape: [16, 1, 1]}}, {pixel_shuffle: {upscale_factor: 4}}]",
    "there and back": "[{pixel_unshuffle: {downscale_factor: 2}}, {pixel_shuffle: {upscale_factor: 2}}]",
}


@pytest.mark.parametrize("layers", MOVED.values(), ids=MOVED)
def test_positions_that_became_channels_are_not_said_to_touch_all_that_these_become(
    network: Load, layers: str
) -> None:
    assert not differences(network(f"- body: {layers}", x="[1, 4, 4]"))


def test_what_reads_a_whole_vector_is_still_compared_to_the_position(network: Load) -> None:
    layers = "- body: [{flatten: }, {linear: {out_features: 16}}, {reshape: {shape: [1, 4, 4]}}]"
    _, linear, reshaped = verify(network(layers, x="[1, 4, 4]")).proofs
    assert not linear.touched.is_bounded
    assert not reshaped.touched.is_bounded


def test_a_vector_has_no_positions_to_probe(network: Load) -> None:
    found = verify(network("- {linear: {out_features: 2}}", x="[5]"))
    assert found.positions == {}
    assert found.agrees


# -- differences ----------------------------------------------------------------------------------------


def test_a_kernel_that_computes_more_than_the_formula_says_is_found(
    network: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    costlier(monkeypatch)
    assert differences(network(LAYERS)) == [("b", "additions")]


def test_a_kernel_that_gives_another_shape_is_found(network: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    relu = activation.relu

    def cropped(x: Array) -> Array:
        return relu(x)[:, :1, :1]

    monkeypatch.setattr(activation, "relu", cropped)
    assert differences(network("- {name: b, relu: }")) == [("b", "shape")]


def test_the_table_counts_the_shapes_that_agree(run: Run, spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    relu = activation.relu
    cells = [line.split() for line in run("verify", spec)[1].splitlines()]
    assert ["shapes", "4", "4"] in cells

    def cropped(x: Array) -> Array:
        return relu(x)[:, :2, :2]

    monkeypatch.setattr(activation, "relu", cropped)
    code, out, _ = run("verify", spec)
    assert code == 1
    assert ["shapes", "2", "4", "differs"] in [line.split() for line in out.splitlines()]  # the pool, too


def test_a_difference_is_exit_1_with_the_node_and_the_numbers(
    run: Run, spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    costlier(monkeypatch)
    code, out, err = run("verify", spec, "--quiet")
    assert (code, err) == (1, "")
    assert "net: 1 node differs from what was predicted, of 4" in out
    assert "net.yaml:6:13: b: additions: measured 256, predicted 0" in out


# -- the command ----------------------------------------------------------------------------------------


def test_agreement_is_exit_0_in_one_line_with_quiet(run: Run, spec: str) -> None:
    code, out, err = run("verify", spec, "--quiet")
    assert (code, err) == (0, "")
    assert out == "net: all 4 nodes agree: shapes, params, 5 counts, fields (8 positions, 1.160 k pairs)\n"


def test_a_network_whose_inputs_have_no_positions_says_that_no_field_was_compared(
    run: Run, network: Load, tmp_path: Path
) -> None:
    network("- linear: {out_features: 2}", "[4]")
    code, out, err = run("verify", str(tmp_path / "net.yaml"), "--quiet")
    assert (code, err) == (0, "")
    assert out == "net: the node agrees: shapes, params, 5 counts; no fields, for no input has positions\n"


def test_values_that_differ_from_those_of_pytorch_are_not_called_the_same(network: Load) -> None:
    report = verify_report(verify(network(LAYERS)))
    proofs = (TorchProof(difference=d, tolerance=1e-9, untold="") for d in (0.0, 1e-15, None, 2.3))
    nodes = tuple(replace(node, torch=proof) for node, proof in zip(report.nodes, proofs, strict=True))
    said = [line for line in remarks(replace(report, nodes=nodes)) if "PyTorch" in line]
    assert said[0] == "PyTorch gives the same values at 2 nodes: at most 1.0e-15 off, relatively."
    assert said[1].startswith("PyTorch gives other values at c, d. Where terms cancel")
    assert len(said) == 2


def test_the_report_is_the_same_every_time(run: Run, spec: str) -> None:
    assert run("verify", spec) == run("verify", spec)


def test_json_follows_its_schema(run: Run, spec: str) -> None:
    _, out, _ = run("verify", spec, "--format", "json", "--samples", "2")
    report = json.loads(out)
    jsonschema.validate(report, schema("verify"))
    (entry,) = report["specs"]
    assert entry["agrees"] is True
    assert entry["nodes"][0]["counts"]["multiplications"] == {"measured": 6912, "predicted": 6912}


def test_many_nodes_are_gathered_unless_all_are_asked_for(run: Run) -> None:
    short = run("verify", "zoo:cifar_resnet20", "--samples", "0")[1]
    long = run("verify", "zoo:cifar_resnet20", "--samples", "0", "--all")[1]
    assert len(short.splitlines()) < 60
    assert len(long.splitlines()) > 72


@pytest.mark.parametrize(
    "wrong", [["--samples", "-1"], ["--dtype", "int8"], ["--against", "keras"], ["--seed", "x"]]
)
def test_wrong_usage_is_exit_2_and_prints_nothing(run: Run, spec: str, wrong: list[str]) -> None:
    code, out, _ = run("verify", spec, *wrong)
    assert (code, out) == (2, "")


def test_weights_that_cannot_be_read_are_exit_2_and_nothing_is_written(
    run: Run, network: Load, tmp_path: Path
) -> None:
    network("- {conv: {out_channels: 1, kernel_size: 1}, weights: none.npz}")
    code, out, err = run("verify", str(tmp_path / "net.yaml"), "--output", str(tmp_path / "result.txt"))
    assert (code, out) == (2, "")
    assert "net.yaml:5:54: weights 'none.npz': no such file" in err
    assert not (tmp_path / "result.txt").exists()


# -- PyTorch --------------------------------------------------------------------------------------------


def test_without_pytorch_the_comparison_is_refused(
    run: Run, spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("archcost.execute.against_torch.import_module", absent)
    code, out, err = run("verify", spec, "--against", "torch")
    assert (code, out) == (2, "")
    assert "PyTorch" in err


def test_a_value_that_differs_from_pytorch_is_a_difference(
    network: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archcost.execute import verification  # noqa: PLC0415 - to be patched
    from archcost.execute.against_torch import Answer  # noqa: PLC0415 - likewise
    from archcost.execute.executor import steps  # noqa: PLC0415 - likewise

    def ours_with_a_slip(network: Network, tensors: Tensors, inputs: dict[str, Array]) -> Any:  # noqa: ANN401 - an iterator of answers
        for node, value, _ in steps(network, tensors, inputs):
            yield Answer(node, value + (1.0 if node.path == "b" else 0.0))

    monkeypatch.setattr(verification, "against_torch", ours_with_a_slip)
    assert differences(network(LAYERS), torch=True) == [("b", "values, against PyTorch's")]
