"""What `verify` would need is known beforehand, and no run takes more; what is too much is refused."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

import archcost
from archcost.errors import TooLargeError
from archcost.execute.need import need
from archcost.execute.verification import runs, verify
from archcost.limits import Limits
from tests.execute.heavy_layers import LAYERS, spec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archcost.network import Network

    Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str], str]:
    """The file with a network of a single layer."""

    def write(x: str, layer: str) -> str:
        path = tmp_path / "net.yaml"
        path.write_text(spec(x, layer))
        return str(path)

    return write


def peak(network: Network, dtype: str, samples: int) -> int:
    """Bytes that were allocated at once while it ran."""
    tracemalloc.start()
    verify(network, samples=samples, dtype=dtype)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def check(network: Network, dtype: str) -> None:
    width, probes = {"float64": 8, "float32": 4}[dtype], runs(network, 1) - 1
    needed = need(network, width, probes=probes).memory
    most = peak(network, dtype, samples=1)
    assert most <= needed <= 8 * most + 2e6


# -- it is a bound ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "layer"), LAYERS, ids=[f"{layer} on {x}" for x, layer in LAYERS])
def test_a_layer_takes_no_more_memory_than_was_said_and_not_much_less(
    written: Callable[[str, str], str], x: str, layer: str
) -> None:
    network = archcost.load(written(x, layer))
    check(network, "float64")


@pytest.mark.parametrize(
    ("x", "layer"),
    [
        ("[16, 32, 32]", "conv: {out_channels: 16, kernel_size: 3, padding: 1}"),
        ("[16, 32, 32]", "gelu"),
        ("[1000]", "linear: {out_features: 1000}"),
        ("[16, 32, 32]", "group_norm: {num_groups: 2}"),
        ("[8, 32, 32]", "std/deform_conv: {out_channels: 8, kernel_size: 3, padding: 1}"),
    ],
)
def test_so_it_does_in_single_precision(written: Callable[[str, str], str], x: str, layer: str) -> None:
    check(archcost.load(written(x, layer)), "float32")


@pytest.mark.parametrize(("name", "shape"), [("squeezenet1_0", "3x48x48"), ("cifar_resnet20", "3x32x32")])
def test_so_does_a_network(name: str, shape: str) -> None:
    check(archcost.load(f"zoo:{name}", input=shape), "float64")


def test_a_part_of_a_tensor_does_not_keep_the_whole_alive(tmp_path: Path) -> None:
    parts = "".join(
        f"- {{upsample: {{scale_factor: 100}}, from: input}}\n- {{slice: {{end: 1}}, name: p{i}}}\n"
        f"- {{crop: {{size: 2}}, name: c{i}}}\n"
        for i in range(12)
    )
    last = f"- {{add: , from: [{', '.join(f'c{i}' for i in range(12))}]}}\n"
    (tmp_path / "net.yaml").write_text(f"archcost: 1\nname: net\ninput: [8, 2, 2]\nlayers:\n{parts}{last}")
    check(archcost.load(tmp_path / "net.yaml"), "float64")


def test_every_probe_takes_its_time(written: Callable[[str, str], str]) -> None:
    network = archcost.load(written("[8, 64, 64]", "conv: {out_channels: 8, kernel_size: 3}"))
    once, twice, often = (need(network, 8, probes=probes).seconds for probes in (0, 1, 7))
    assert once < twice
    assert abs(often - once - 7 * (twice - once)) < 1e-6


def test_what_is_declared_takes_no_time_for_it_is_not_computed(written: Callable[[str, str], str]) -> None:
    def taken(macs: str) -> float:
        return need(
            archcost.load(written("[8, 4, 4]", f"custom: {{shape: [8], macs: {macs}, reason: r}}")), 8
        ).seconds

    assert taken("0") == taken(str(10**15)) < 1


# -- and what is too much is refused --------------------------------------------------------------------


REFUSED = {
    "padding that only a dilation asks for": (
        "[1, 4]",
        "conv: {out_channels: 1, kernel_size: 3, dilation: 1000000000000, padding: same}",
        "takes about 20.00 TB (",
    ),
    "padding that windows step over": (
        "[1, 4, 4]",
        "conv: {out_channels: 1, kernel_size: 1, stride: 20000, padding: 50000}",
        "takes about 100.0 GB (",
    ),
    "outputs that are cropped": (
        "[1, 2]",
        "conv_transpose: {out_channels: 1, kernel_size: 2, dilation: 1000000000, padding: 500000000}",
        "takes about 10.00 GB (",
    ),
    "a kernel that is larger than its map": (
        "[1, 4, 4]",
        "conv: {out_channels: 1, kernel_size: 2801, padding: 1400}",
        "9 times takes about 85 minutes, more than 10 minutes (the limit `seconds`)",
    ),
    "a window of means": (
        "[1, 4, 4]",
        "avg_pool: {kernel_size: 20001, stride: 1, padding: 10000}",
        "(the limit `seconds`)",
    ),
    "a declared window": (
        "[1, 64, 64]",
        "custom: {shape: [1, 64, 64], reason: x, receptive_field: {kernel_size: 2001, padding: 1000}}",
        "(the limit `memory`)",
    ),
    "neighbours": ("[1, 4]", "local_response_norm: {size: 1000000000000}", "(the limit `memory`)"),
    "taps of an interpolation": (
        "[1, 4]",
        "upsample: {size: 100000000, mode: linear}",
        "(the limit `memory`)",
    ),
}


@pytest.mark.parametrize(("x", "layer", "said"), REFUSED.values(), ids=REFUSED)
def test_a_layer_that_would_take_too_much_is_refused(
    run: Run, written: Callable[[str, str], str], x: str, layer: str, said: str
) -> None:
    code, out, err = run("verify", written(x, layer))
    assert (code, out) == (2, "")
    assert said in err, err
    assert "would fit; or try" in err or "give it a smaller --input if you can; or try" in err


def test_the_advice_is_the_largest_input_that_fits(run: Run, written: Callable[[str, str], str]) -> None:
    path = written("[3, 4000, 4000]", "conv: {out_channels: 64, kernel_size: 3, padding: 1}")
    code, out, err = run("verify", path)
    assert (code, out) == (2, "")
    assert "more than 4.295 GB (the limit `memory`); --input 3x" in err
    advised = err.partition("--input ")[2].partition(" ")[0]
    assert need(archcost.load(path, input=advised), 8, probes=8).memory <= Limits().memory
    doubled = "x".join(str(int(n) * 2) if i else n for i, n in enumerate(advised.split("x")))
    assert need(archcost.load(path, input=doubled), 8, probes=8).memory > Limits().memory


def test_fewer_samples_are_advised_where_time_is_short(run: Run, written: Callable[[str, str], str]) -> None:
    path = written("[8, 300, 300]", "conv: {out_channels: 8, kernel_size: 9, padding: 4}")
    often, fewer = (need(archcost.load(path), 8, probes=probes).seconds for probes in (8, 4))
    limit = int(fewer) + 1
    assert fewer < limit < often
    code, _, err = run("verify", path, "--limit", f"seconds={limit}")
    assert code == 2
    assert "; --samples 4 or --input 8x150x150 would fit; or try" in err


def test_any_number_of_samples_is_thought_through(run: Run, written: Callable[[str, str], str]) -> None:
    code, _, err = run("verify", written("[1, 100000, 1000]", "relu"), "--samples", "1000000000")
    assert code == 2
    assert "(the limit `" in err


def test_limits_can_be_set(run: Run, written: Callable[[str, str], str]) -> None:
    path = written("[3, 8, 8]", "conv: {out_channels: 4, kernel_size: 3}")
    assert run("verify", path, "--limit", "memory=1000")[0] == 2
    assert run("verify", path, "--limit", "memory=10000000")[0] == 0
    assert run("verify", path, "--limit", "seconds=1")[0] == 0


def test_the_api_refuses_as_well(written: Callable[[str, str], str]) -> None:
    network = archcost.load(written("[3, 64, 64]", "conv: {out_channels: 64, kernel_size: 9}"))
    needed = need(network, 4, probes=8)
    verify(network, dtype="float32", limits=Limits(memory=needed.memory))
    with pytest.raises(TooLargeError, match="the limit `memory`"):
        verify(network, limits=Limits(memory=needed.memory))
    with pytest.raises(
        TooLargeError,
        match=r"running net 9 times takes about \d seconds?, more than 0 seconds \(the limit `seconds`\)",
    ):
        verify(network, limits=Limits(seconds=0))
