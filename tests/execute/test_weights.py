"""`weights:` of an item: numbers in the spec or an .npz beside it, and all that can be wrong with them."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import archcost
from archcost.errors import SpecError
from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archcost.network import Network

    Load = Callable[..., Network]

SHARPEN = "[[[[0, -1, 0], [-1, 5, -1], [0, -1, 0]]]]"


def tensors_of(network: Network, path: str) -> dict[str, Any]:
    return Tensors.of_network(network).of(network.by_path[path])


def refused(network: Network) -> str:
    """The message of what is found when the network is run."""
    with pytest.raises(SpecError) as error:
        Tensors.of_network(network)
    return str(error.value).splitlines()[0].rpartition("net.yaml")[2]


def misread(network: Load, layers: str, **rest: str) -> str:
    """The first line of what is found when the spec is read."""
    with pytest.raises(SpecError) as error:
        network(layers, **rest)
    return str(error.value).splitlines()[0].rpartition("net.yaml")[2]


# -- numbers in the spec --------------------------------------------------------------------------------


def test_numbers_in_the_spec_are_the_weights(network: Load) -> None:
    layer = f"- {{conv: {{out_channels: 1, kernel_size: 3}}, weights: {{weight: {SHARPEN}, bias: [2]}}}}"
    found = tensors_of(network(layer, x="[1, 5, 5]"), "conv")
    assert found["weight"].tolist() == [[[[0, -1, 0], [-1, 5, -1], [0, -1, 0]]]]
    assert found["bias"].tolist() == [2]


def test_what_is_not_given_stays_random(network: Load) -> None:
    layer = "- {conv: {out_channels: 1, kernel_size: 1}, weights: {bias: [0]}}"
    given, random = (
        tensors_of(network(layer), "conv"),
        tensors_of(network(layer.partition(", weights")[0] + "}"), "conv"),
    )
    assert np.array_equal(given["weight"], random["weight"])
    assert given["bias"].tolist() == [0]


def test_expressions_and_decimals_are_numbers_like_others(network: Load) -> None:
    weights = "{weight: [[[['$(1/3)', 0.5, '$(2 * w)']]]]}"
    layer = f"- {{conv: {{out_channels: 1, kernel_size: [1, 3], bias: false}}, weights: {weights}}}"
    found = tensors_of(network(layer, x="[1, 4, 4]", vars="{w: 4}"), "conv")["weight"]
    assert found.ravel().tolist() == [1 / 3, 0.5, 8]


def test_a_single_number_is_enough_for_a_tensor_of_one(network: Load) -> None:
    layer = "- {conv: {out_channels: 1, kernel_size: 1}, weights: {weight: 3, bias: 0}}"
    assert tensors_of(network(layer, x="[1, 4, 4]"), "conv")["weight"].tolist() == [[[[3]]]]


def test_a_block_or_structure_names_tensors_by_their_paths_inside_it(network: Load) -> None:
    layers = """
    - name: unit
      residual:
        - {conv: {out_channels: 3, kernel_size: 1}}
        - batch_norm
      weights: {conv.bias: [1, 2, 3], batch_norm.running_mean: [4, 5, 6]}
    """
    found = network(layers)
    assert tensors_of(found, "unit.conv")["bias"].tolist() == [1, 2, 3]
    assert tensors_of(found, "unit.batch_norm")["running_mean"].tolist() == [4, 5, 6]


def test_every_round_of_a_repeat_gets_the_numbers(network: Load) -> None:
    layers = """
    - repeat: 2
      body: [{conv: {out_channels: 1, kernel_size: 1}, weights: {bias: [7]}}]
    """
    found = network(layers, x="[1, 4, 4]")
    assert [tensors_of(found, node.path)["bias"].tolist() for node in found] == [[7], [7]]


def test_weights_that_are_shared_are_one_array(network: Load) -> None:
    layers = """
    - {name: a, conv: {out_channels: 1, kernel_size: 1}, share: s, weights: {bias: [7]}}
    - {name: b, conv: {out_channels: 1, kernel_size: 1}, share: s}
    """
    found = network(layers, x="[1, 4, 4]")
    tensors = Tensors.of_network(found)
    a, b = (tensors.of(node) for node in found)
    assert a["weight"] is b["weight"]
    assert b["bias"].tolist() == [7]


def test_analyze_does_not_open_a_file_and_counts_the_same(network: Load) -> None:
    layer = "- {conv: {out_channels: 1, kernel_size: 1}, weights: not_there.npz}"
    assert archcost.analyze(network(layer)).totals.params == 4


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("{weight: [1, 2]}", ":5:63: weights: weight has the shape 2; conv needs 1×3×1×1"),
        ("{weight: 5}", ":5:63: weights: weight is a single number; conv needs 1×3×1×1"),
        ("{bias: [[0], [0, 1]]}", ":5:61: weights: bias is ragged: beside 1 stands 2"),
        ("{bias: [[0], 1]}", ":5:61: weights: bias is ragged: beside 1 stands a number"),
        ("{bias: [[0], [0, 1], [2, 3, 4]]}", ":5:61: weights: bias is ragged: beside 1 stands 2"),
        ("{bias: [[[0]], [0]]}", ":5:61: weights: bias is ragged: beside 1×1 stands 1"),
        ("{bais: [0]}", ":5:55: weights: there is no tensor 'bais' (did you mean 'bias'?)"),
        ("{scale: [0]}", ":5:55: weights: there is no tensor 'scale'; there are weight, bias"),
        ("{bias: ['$(1 < 2)']}", ":5:61: weights: bias has true; it must hold numbers alone"),
        ("../e.npz", ":5:54: weights '../e.npz' leaves the folder of this file; it may only go below it"),
        ("/etc/e.npz", ":5:54: weights '/etc/e.npz' leaves the folder of this file; it may only go below it"),
    ],
)
def test_numbers_that_fit_nothing_are_refused_where_they_stand(
    network: Load, weights: str, message: str
) -> None:
    layer = f"- {{conv: {{out_channels: 1, kernel_size: 1}}, weights: {weights}}}"
    assert misread(network, layer) == message


def test_a_layer_without_weights_takes_none(network: Load) -> None:
    message = misread(network, "- {relu: , weights: {weight: 3}}")
    assert message == ":5:22: weights: there is no tensor 'weight'; nothing here has weights"


def test_a_tensor_is_fixed_once(network: Load) -> None:
    layers = """
    - {name: a, conv: {out_channels: 1, kernel_size: 1}, share: s, weights: {bias: [7]}}
    - {name: b, conv: {out_channels: 1, kernel_size: 1}, share: s, weights: {bias: [8]}}
    """
    message = misread(network, layers, x="[1, 4, 4]")
    assert message == ":6:73: weights: bias is fixed on line 5 already"


# -- a file beside it -----------------------------------------------------------------------------------

WITH_FILE = "- {conv: {out_channels: 1, kernel_size: 1}, weights: edge.npz}"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_file_beside_the_spec_has_the_weights(
    tmp_path: Path, network: Load, save: Callable[..., None]
) -> None:
    save(tmp_path / "edge.npz", weight=np.arange(3, dtype=np.float32).reshape(1, 3, 1, 1), bias=np.array(5))
    found = tensors_of(network(WITH_FILE), "conv")
    assert found["weight"].ravel().tolist() == [0, 1, 2]
    assert found["bias"].tolist() == [5]


def test_a_file_is_found_beside_the_file_that_names_it(tmp_path: Path, network: Load) -> None:
    (tmp_path / "parts").mkdir()
    np.savez(tmp_path / "parts" / "edge.npz", bias=np.array([5.0]))
    block = "{body: [{conv: {out_channels: 1, kernel_size: 1}, weights: edge.npz}]}"
    (tmp_path / "parts" / "blocks.yaml").write_text(f"archcost: 1\nblocks:\n  edge: {block}\n")
    found = network("- edge", include="[parts/blocks.yaml]")
    assert tensors_of(found, "edge.conv")["bias"].tolist() == [5]


def saved(**arrays: Any) -> bytes:  # noqa: ANN401 - its keywords are names, as NumPy has it
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def zipped(name: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, data)
    return stream.getvalue()


GOOD = saved(bias=np.zeros(1))
HEADER = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,), }"
HUGE = b"\x93NUMPY\x01\x00\x76\x00" + HEADER.ljust(117) + b"\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "no such file"),
        (b"", "this is no .npz archive, or a damaged one (File is not a zip file)"),
        (b"hello", "this is no .npz archive, or a damaged one (File is not a zip file)"),
        (zipped("bias.npy", b"hello"), "this is no .npz archive, or a damaged one ("),
        (zipped("bias.npy", HUGE), "bias has the shape 1099511627776; conv needs 1"),
        (saved(bais=np.zeros(1)), "there is no tensor 'bais' (did you mean 'bias'?)"),
        (saved(bias=np.zeros(2)), "bias has the shape 2; conv needs 1"),
        (saved(weight=np.array(3.0)), "weight is a single number; conv needs 1×3×1×1"),
        (saved(bias=np.array([1j])), "bias holds complex128; it must hold real numbers"),
        (saved(bias=np.array(["a"])), "bias holds <U1; it must hold real numbers"),
        (saved(bias=np.array([True])), "bias holds bool; it must hold real numbers"),
        (saved(bias=np.array([None])), "bias is stored as pickled objects, which can run code; save numbers"),
        (saved(bias=np.array([np.nan])), "bias holds NaN; give numbers alone"),
        (saved(bias=np.array([np.inf])), "bias holds infinity; give numbers alone"),
        (saved(), "there is no tensor in this file"),
        (zipped("x" * 9000 + ".npy", b""), f"there is no tensor '{'x' * 100}... (9000 characters)'"),
    ],
)
def test_a_file_that_is_no_fit_is_refused_where_it_is_named(
    tmp_path: Path, network: Load, data: bytes | None, message: str
) -> None:
    if data is not None:
        (tmp_path / "edge.npz").write_bytes(data)
    assert refused(network(WITH_FILE)).startswith(f":5:54: weights 'edge.npz': {message}")


@pytest.mark.parametrize("place", range(0, len(GOOD), 7))
def test_a_damaged_file_is_refused_or_read_but_never_a_bug(tmp_path: Path, network: Load, place: int) -> None:
    damaged = bytearray(GOOD)
    damaged[place] ^= 0xFF
    (tmp_path / "edge.npz").write_bytes(damaged)
    loaded = network(WITH_FILE)
    try:
        tensors = Tensors.of_network(loaded)
    except SpecError as error:
        assert "weights 'edge.npz': " in str(error)  # noqa: PT017 - it may be read, too
    else:
        assert {name: x.shape for name, x in tensors.of(loaded.nodes[0]).items()} == {
            "weight": (1, 3, 1, 1),
            "bias": (1,),
        }


def headed(header: str, version: int = 1) -> bytes:
    """An archive whose tensor has such a header, and 8 bytes of numbers."""
    text = header.encode("latin1") + b"\n"
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return zipped("bias.npy", b"\x93NUMPY" + bytes([version, 0]) + length + text + bytes(8))


def described(descr: str = "'<f8'", shape: str = "(1,)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}"


@pytest.mark.parametrize(
    "header",
    [
        *(described(descr=text) for text in ("()", "('<f8',)", "''", "'f8,('", "'(2,3'", "'i4,,'", "5")),
        *(described(shape=text) for text in ("(True,)", "(1.0,)", "'x'", "(-1,)", f"({'9' * 4000},)")),
        "(" * 5000,
        "-" * 9000 + "1",
        "{1: 2, 'descr': '<f8'}",
        "{[]: 2}",
    ],
)
def test_a_header_that_is_nonsense_is_refused_in_few_words(
    tmp_path: Path, network: Load, header: str
) -> None:
    (tmp_path / "edge.npz").write_bytes(headed(header))
    said = refused(network(WITH_FILE))
    assert said.startswith(":5:54: weights 'edge.npz': ")
    assert len(said) < 300


def test_a_header_as_long_as_memory_is_not_read(tmp_path: Path, network: Load) -> None:
    (tmp_path / "edge.npz").write_bytes(headed(described() + " " * 2**26, version=2))
    tracemalloc.start()
    assert "this is no .npz archive, or a damaged one (EOF" in refused(network(WITH_FILE))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**24


def test_a_tensor_that_is_there_twice_is_refused(tmp_path: Path, network: Load) -> None:
    with zipfile.ZipFile(tmp_path / "edge.npz", "w") as archive:
        for name in ("bias", "bias.npy"):
            archive.writestr(name, b"")
    assert refused(network(WITH_FILE)) == ":5:54: weights 'edge.npz': bias is there 2 times"


def test_what_only_a_wider_float_holds_is_refused(tmp_path: Path, network: Load) -> None:
    with np.errstate(over="ignore"):  # where there are no wider floats, it is infinite from the start
        bias = np.array([np.longdouble(2)]) ** 4000
    (tmp_path / "edge.npz").write_bytes(saved(bias=bias))
    assert "bias holds infinity" in refused(network(WITH_FILE))


def test_a_cut_off_file_is_refused(tmp_path: Path, network: Load) -> None:
    (tmp_path / "edge.npz").write_bytes(GOOD[: len(GOOD) // 2])
    assert "this is no .npz archive, or a damaged one" in refused(network(WITH_FILE))


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path, network: Load) -> None:
    (tmp_path / "edges.npz").write_bytes(GOOD)
    assert (
        refused(network(WITH_FILE)) == ":5:54: weights 'edge.npz': no such file (did you mean 'edges.npz'?)"
    )


def test_a_name_longer_than_names_may_be_is_refused(network: Load) -> None:
    said = refused(network(WITH_FILE.replace("edge", "e" * 999)))
    assert said.endswith(".npz': File name too long")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, network: Load) -> None:
    (tmp_path / "edge.npz").symlink_to("/etc/hostname")
    assert "leaves the folder" in misread(network, WITH_FILE)


def test_a_run_uses_what_was_given(network: Load) -> None:
    layers = f"- {{conv: {{out_channels: 1, kernel_size: 3}}, weights: {{weight: {SHARPEN}, bias: 0}}}}"
    found = network(layers, x="[1, 3, 3]")
    picture = np.array([[[1.0, 1, 1], [1, 2, 1], [1, 1, 1]]])
    (step,) = steps(found, inputs={"input": picture})
    assert step.value.tolist() == [[[6.0]]]
