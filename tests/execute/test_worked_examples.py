"""The examples that explain convolutions everywhere, run: their own numbers come out.

The specs are those under `docs/examples`, which `docs/convolutions-by-example.md` shows (and
`pytest tests/execute/test_worked_examples.py --renew` copies there), and those that
`docs/worked-examples.md` counts. What should come out is computed here by loops, or is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from runpy import run_path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from archcost import load
from archcost.execute.executor import steps
from archcost.execute.tensors import Tensors
from archcost.passes.paths import paths

if TYPE_CHECKING:
    from archcost.execute.arrays import Array
    from archcost.execute.executor import ExecutedNode
    from archcost.network import Network
    from archcost.windows.window import Axes, Shape

DOCS = Path(__file__).parent.parent.parent / "docs"
EXAMPLES = sorted((DOCS / "examples").glob("*.yaml"))
PAGE = DOCS / "convolutions-by-example.md"

FEW = settings(max_examples=20)
"""Every example is linear (or a pool): a few images tell as much as many."""

KERNEL = np.arange(1.0, 10).reshape(3, 3)


@dataclass(frozen=True)
class Run:
    """A network that has run: its steps by path, and where its weights are."""

    steps: dict[str, ExecutedNode]
    tensors: Tensors

    def __getitem__(self, path: str) -> Array:
        return self.steps[path].value

    def products(self, path: str) -> int:
        """The multiplications that ran for a node."""
        return self.steps[path].tally.multiplications

    def weights(self, *paths: str) -> int:
        """The numbers that were allocated for nodes."""
        held = [self.tensors.of(self.steps[path].node) for path in paths]
        return sum(tensor.size for one in held for tensor in one.values())


def run(network: Network, tensors: Tensors | None = None, /, **images: Array) -> Run:
    """Run it on images that have as many numbers as the inputs of their names, or on random ones."""
    tensors = tensors or Tensors.of_network(network)
    values = tensors.inputs(network)
    for name, image in images.items():
        values[name] = np.reshape(image, values[name].shape).astype(float)
    return Run({step.node.path: step for step in steps(network, tensors, values)}, tensors)


@cache
def loaded(name: str, size: Shape | None = None) -> Network:
    return load(DOCS / "examples" / f"{name}.yaml", input=size)


def example(name: str, size: Shape | None = None, /, **images: Array) -> Run:
    return run(loaded(name, size), **images)


def weighted(image: Array, kernel: Array, at: Axes, rate: int = 1) -> float:
    """The sum of products of a kernel that lies on an image with its first corner there; beyond are zeros."""
    total = 0.0
    for row, column in product(range(kernel.shape[0]), range(kernel.shape[1])):
        y, x = at[0] + row * rate, at[1] + column * rate
        if 0 <= y < image.shape[0] and 0 <= x < image.shape[1]:
            total += float(kernel[row, column]) * float(image[y, x])
    return total


def slid(image: Array, kernel: Array, padding: int = 0) -> Array:
    """Every place of the kernel, by the definition."""
    height, width = (n + 2 * padding - k + 1 for n, k in zip(image.shape, kernel.shape, strict=True))
    corners = [[(y - padding, x - padding) for x in range(width)] for y in range(height)]
    return np.array([[weighted(image, kernel, corner) for corner in row] for row in corners])


def images(*shape: int) -> st.SearchStrategy[Any]:
    """Images of whole numbers, which floating point adds up exactly."""
    return arrays(np.int64, shape, elements=st.integers(-9, 9))


def impulse(side: int) -> Array:
    image = np.zeros((side, side))
    image[side // 2, side // 2] = 1
    return image


# -- kernels made by hand ---------------------------------------------------------------------------------

HAND_MADE = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "diagonal_edges": [[1, 0, -1], [0, 0, 0], [-1, 0, 1]],
    "all_edges": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "box_blur": np.ones((3, 3)) / 9,
    "gaussian_blur": np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16,
}


@pytest.mark.parametrize("name", HAND_MADE)
@settings(FEW)
@given(image=images(9, 9))
def test_a_kernel_made_by_hand_does_what_a_loop_does(name: str, image: Array) -> None:
    values = example("kernels", input=image)[f"{name}.conv"][0]
    assert values == pytest.approx(slid(image, np.array(HAND_MADE[name]), padding=1))


@settings(FEW)
@given(images(9, 9))
def test_the_identity_gives_the_image(image: Array) -> None:
    assert np.array_equal(example("kernels", input=image)["identity.conv"][0], image)


@pytest.mark.parametrize("name", ["diagonal_edges", "all_edges"])
def test_where_nothing_changes_an_edge_kernel_gives_nothing(name: str) -> None:
    values = example("kernels", input=np.full((9, 9), 7))[f"{name}.conv"][0]
    assert not values[1:-1, 1:-1].any()


@pytest.mark.parametrize("name", ["box_blur", "gaussian_blur"])
def test_where_nothing_changes_a_blur_changes_nothing(name: str) -> None:
    values = example("kernels", input=np.full((9, 9), 7))[f"{name}.conv"][0]
    assert values[1:-1, 1:-1] == pytest.approx(np.full((7, 7), 7))


@pytest.mark.parametrize(("centre", "sharpened"), [(3, 7), (1, -3)])
def test_sharpening_drives_a_pixel_away_from_its_neighbours(centre: int, sharpened: int) -> None:
    image = np.full((5, 5), 2)
    image[2, 2] = centre
    assert example("kernels", (1, 5, 5), input=image)["sharpen.conv"][0, 2, 2] == sharpened


# -- the kernel is not flipped ----------------------------------------------------------------------------


def convolved(f: Array, g: Array) -> Array:
    """The mathematician's convolution, where g lies within f: the sum of f[t] * g[u - t] over t."""
    sides = [n + k - 1 for n, k in zip(f.shape, g.shape, strict=True)]
    full = np.zeros(sides)
    for (y, x), value in np.ndenumerate(f):
        for (row, column), weight in np.ndenumerate(g):
            full[y + row, x + column] += value * weight
    (top, left), (height, width) = (k - 1 for k in g.shape), f.shape
    return full[top:height, left:width]


@settings(FEW)
@given(images(5, 5))
def test_a_convolution_is_a_cross_correlation(image: Array) -> None:
    ran = example("flip", input=image)
    assert np.array_equal(ran["as_given"][0], slid(image, KERNEL))
    assert np.array_equal(ran["flipped"][0], convolved(image, KERNEL))


def test_an_impulse_shows_the_kernel_from_behind() -> None:
    ran = example("flip", input=impulse(5))
    assert ran["as_given"][0].tolist() == [[9, 8, 7], [6, 5, 4], [3, 2, 1]]
    assert ran["flipped"][0].tolist() == KERNEL.tolist()


# -- separable --------------------------------------------------------------------------------------------


@settings(FEW)
@given(images(5, 5))
def test_two_vectors_do_what_sobels_kernel_does(image: Array) -> None:
    ran = example("sobel", input=image)
    assert np.array_equal(ran["square"], ran["separable.row"])
    assert np.array_equal(ran["square"][0], slid(image, np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])))


def test_two_vectors_hold_six_numbers_and_make_72_products_for_nine_and_81() -> None:
    ran = example("sobel")
    column, row = "separable.column", "separable.row"
    assert (ran.weights("square"), ran.weights(column, row)) == (9, 6)
    assert (ran.products("square"), ran.products(column), ran.products(row)) == (81, 45, 27)
    assert ran.products(column) + ran.products(row) == 72


def test_depthwise_separable_makes_an_eighth_of_the_products() -> None:
    ran = example("depthwise")
    assert ran["full"].shape == ran["separable.conv"].shape == (128, 5, 5)
    parts = ran.products("separable.depthwise_conv"), ran.products("separable.conv")
    assert (ran.products("full"), parts, sum(parts)) == (86400, (675, 9600), 10275)
    assert round(100 * 10275 / 86400) == 12


def test_depthwise_separable_is_a_convolution_whose_kernels_are_multiples_of_a_few() -> None:
    """Channel by channel, all 128 kernels are one kernel times a number."""
    network = loaded("depthwise")
    random = np.random.default_rng(1)
    depthwise, pointwise = random.normal(size=(3, 1, 3, 3)), random.normal(size=(128, 3, 1, 1))
    tensors = {
        ("full", "weight"): pointwise * depthwise[:, 0],
        ("separable.depthwise_conv", "weight"): depthwise,
        ("separable.conv", "weight"): pointwise,
    }
    ran = run(network, Tensors(given=tensors))
    assert ran["full"] == pytest.approx(ran["separable.conv"])


@settings(FEW)
@given(images(2, 5, 5))
def test_filters_in_three_directions_do_what_their_product_does(image: Array) -> None:
    ran = example("flattened", input=image)
    assert np.array_equal(ran["full"], ran["flattened.horizontal"])
    parts = [f"flattened.{part}" for part in ("lateral", "vertical", "horizontal")]
    assert (ran.weights("full"), ran.weights(*parts)) == (2 * 3 * 3, 2 + 3 + 3)


# -- channels ---------------------------------------------------------------------------------------------


def test_the_digits_show_which_channels_were_read() -> None:
    ran = example("channels", input=np.array([1, 10, 100, 1000]))
    digits = {path: ran[path].ravel().tolist() for path in ran.steps}
    assert digits == {
        "pointwise": [1111],
        "depthwise": [1, 2, 10, 20, 100, 200, 1000, 2000],
        "grouped.conv": [11, 11, 1100, 1100],
        "grouped_twice.conv": [22, 22, 2200, 2200],
        "shuffled": [11, 1100, 11, 1100],
        "mixed.conv": [1111, 1111, 1111, 1111],
    }
    assert ran.products("shuffled") == 0


# -- fields -----------------------------------------------------------------------------------------------


@cache
def readings(name: str) -> dict[str, set[Axes]]:
    """Per node the input positions its output in the middle reads, relative to it: NaN at each in turn."""
    network = loaded(name)
    side = network.inputs[0].output[-1]
    found: dict[str, set[Axes]] = {node.path: set() for node in network}
    for y, x in product(range(side), repeat=2):
        image = np.zeros((1, side, side))
        image[0, y, x] = np.nan
        for node, value, _ in steps(network, inputs={"input": image}, count=False):
            if np.isnan(value[0, value.shape[1] // 2, value.shape[2] // 2]):
                found[node.path].add((y - side // 2, x - side // 2))
    return found


def squares(*offsets: int) -> set[Axes]:
    return set(product(offsets, repeat=2))


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("alone_2", squares(-2, 0, 2)),
        ("alone_4", squares(-4, 0, 4)),
        ("stack_1", squares(*range(-1, 2))),
        ("stack_2", squares(*range(-3, 4))),
        ("stack_4", squares(*range(-7, 8))),
    ],
)
def test_rates_see_what_is_said_of_them_stacked_and_less_alone(path: str, read: set[Axes]) -> None:
    """Nine of 5×5 and of 9×9 positions alone; all of 3×3, 7×7 and 15×15 on top of each other."""
    assert readings("dilated")[f"{path}.conv"] == read


def test_a_rate_adds_no_weights() -> None:
    ran = example("dilated")
    assert [ran.weights(path) for path in ran.steps] == [9] * 5


@settings(FEW)
@given(images(9, 9))
def test_two_small_kernels_do_what_a_large_one_does(image: Array) -> None:
    ran = example("small", input=image)
    assert np.array_equal(ran["one"], ran["two.ones_2.conv"])
    assert (ran.weights("one"), ran.weights("two.ones.conv", "two.ones_2.conv")) == (25, 18)


@pytest.mark.parametrize("path", ["one", "two.ones_2.conv"])
def test_two_small_kernels_see_what_a_large_one_sees(path: str) -> None:
    assert readings("small")[path] == squares(*range(-2, 3))


# -- transposed -------------------------------------------------------------------------------------------


def columns(path: str, name: str, size: int) -> Array:
    """The matrix of what lies between an input and a node: the images of unit vectors, side by side."""
    return np.stack([example("transposed", **{name: unit})[path].ravel() for unit in np.eye(size)], axis=1)


def unrolled() -> Array:
    """The matrix of a 3×3 on 4×4: a row for each position that leaves, a column for each that arrives."""
    matrix = np.zeros((4, 16))
    for y, x in product(range(2), repeat=2):
        for row, column in product(range(3), repeat=2):
            matrix[2 * y + x, 4 * (y + row) + x + column] = KERNEL[row, column]
    return matrix


def test_a_convolution_is_a_sparse_matrix_and_the_transposed_one_its_transpose() -> None:
    down, up = columns("smaller.conv", "large", 16), columns("larger.conv_transpose", "small", 4)
    assert np.array_equal(down, unrolled())
    assert [np.count_nonzero(row) for row in down] == [9] * 4
    assert np.array_equal(up, down.T)


@settings(FEW)
@given(images(2, 2))
def test_a_transposed_convolution_multiplies_by_the_transpose(small: Array) -> None:
    values = example("transposed", small=small)["larger.conv_transpose"]
    assert np.array_equal(values.ravel(), unrolled().T @ small.ravel())


def test_there_and_back_is_not_the_identity() -> None:
    """The rank is that of the smaller side, so no weights whatsoever could make it the identity."""
    both = columns("back.conv_transpose", "large", 16)
    assert np.array_equal(both, unrolled().T @ unrolled())
    assert both.shape == (16, 16)
    assert np.linalg.matrix_rank(both) == 4
    assert not np.array_equal(both, np.eye(16))


def test_a_transposed_convolution_restores_the_shape() -> None:
    ran = example("transposed")
    shapes = {path: step.value.shape[1:] for path, step in ran.steps.items()}
    assert shapes == {
        "smaller.conv": (2, 2),
        "back.conv_transpose": (4, 4),
        "larger.conv_transpose": (4, 4),
        "strided.conv_transpose": (5, 5),
        "halved.conv": (2, 2),
        "doubled.conv_transpose": (5, 5),
    }


def test_a_kernel_of_three_at_stride_two_makes_a_checkerboard() -> None:
    ran = example("checkerboard", input=np.ones(16))
    along = np.array([1, 1, 2, 1, 2, 1, 2, 1, 1])
    assert np.array_equal(ran["uneven"][0], np.outer(along, along))
    assert set(ran["uneven"].ravel()) == {1, 2, 4}
    assert (ran["even"][0, 2:-2, 2:-2] == 4).all()


# -- deformable -------------------------------------------------------------------------------------------


def moved(down: float, right: float) -> Array:
    """The same offset for all nine taps, at all positions."""
    return np.stack([np.full((9, 5, 5), down), np.full((9, 5, 5), right)], axis=1)


@settings(FEW)
@given(images(7, 7))
def test_without_offsets_a_deformable_convolution_is_a_convolution(image: Array) -> None:
    ran = example("deformable", image=image, offsets=moved(0, 0))
    assert np.array_equal(ran["deformed"], ran["plain"])


@settings(FEW)
@given(images(7, 7), st.integers(-8, 8), st.integers(-8, 8))
def test_offsets_of_whole_positions_move_the_window(image: Array, down: int, right: int) -> None:
    ran = example("deformable", image=image, offsets=moved(down, right))
    expected = [[weighted(image, KERNEL, (y + down, x + right)) for x in range(5)] for y in range(5)]
    assert ran["deformed"][0].tolist() == expected


@settings(FEW)
@given(images(7, 7), st.integers(0, 4), st.integers(0, 4))
def test_between_positions_the_nearer_ones_weigh_more(image: Array, down: int, right: int) -> None:
    """Offsets in quarters, with which floating point makes no mistake: half of one reads a mean of two."""
    ran = example("deformable", image=image, offsets=moved(down / 4, right / 4))
    shares = [(4 - down) * (4 - right), (4 - down) * right, down * (4 - right), down * right]
    expected = np.zeros((5, 5))
    for (row, column), share in zip(product((0, 1), repeat=2), shares, strict=True):
        corner = [[weighted(image, KERNEL, (y + row, x + column)) for x in range(5)] for y in range(5)]
        expected += np.array(corner) * share / 16
    assert np.array_equal(ran["deformed"][0], expected)


# -- other examples ---------------------------------------------------------------------------------------


def test_a_3d_convolution_slides_over_slices_and_a_2d_one_sums_over_channels() -> None:
    slices = np.repeat(np.arange(1, 6), 9)
    ran = example("volume", input=slices)
    assert ran["slices"].ravel().tolist() == [9 * (1 + 2 + 3), 9 * (2 + 3 + 4), 9 * (3 + 4 + 5)]
    assert ran["channels"].ravel().tolist() == [9 * (1 + 2 + 3 + 4 + 5)]


@settings(FEW)
@given(images(5, 5))
def test_a_pool_takes_the_largest_or_the_mean(image: Array) -> None:
    ran = example("pooling", input=image)

    def window(y: int, x: int) -> list[int]:
        return [int(n) for n in image[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].ravel()]

    assert ran["largest"][0].tolist() == [[max(window(y, x)) for x in range(2)] for y in range(2)]
    assert ran["mean"][0].tolist() == [[sum(window(y, x)) / 4 for x in range(2)] for y in range(2)]
    assert ran["rounded_up"][0].tolist() == [[max(window(y, x)) for x in range(3)] for y in range(3)]
    assert ran.weights(*ran.steps) == 0


def test_three_residual_blocks_are_eight_paths() -> None:
    """Every path multiplies by its own power of ten: (1 + 10) (1 + 100) (1 + 10,000)."""
    network = loaded("paths")
    ran = run(network, input=np.array([1]))
    assert ran["2.add"].item() == 11_111_111
    lengths = [sum(taken) for taken in product((0, 1), repeat=3)]
    found = paths(network, network.nodes[-1])
    assert found.total == len(lengths) == 8
    assert found.modules == tuple(lengths.count(n) for n in range(4)) == (1, 3, 3, 1)


# -- what is only counted ---------------------------------------------------------------------------------

_SPEC = re.compile(r"^```yaml.*\n(# (\S+)\.yaml\n(?:.*\n)*?)```$", re.MULTILINE)


def specs(page: Path) -> dict[str, str]:
    """The specs a page shows, by their names."""
    return {name: text for text, name in _SPEC.findall(page.read_text("utf-8"))}


COUNTED = specs(DOCS / "worked-examples.md")


def counted(name: str, folder: Path, size: Shape | None = None) -> Run:
    file = folder / f"{name}.yaml"
    file.write_text(COUNTED[name], "utf-8")
    return run(load(file, input=size))


def test_16_to_32_channels_hold_4608_or_656_weights(tmp_path: Path) -> None:
    ran = counted("weights", tmp_path, (16, 5, 5))
    separable = ran.weights("separable.depthwise"), ran.weights("separable.pointwise")
    assert (ran.weights("full"), separable, sum(separable)) == (4608, (144, 512), 656)


def test_a_bottleneck_holds_69632_weights_for_589824(tmp_path: Path) -> None:
    ran = counted("bottleneck", tmp_path, (256, 3, 3))
    parts = [f"bottleneck.{part}" for part in ("reduce", "spatial", "expand")]
    assert (ran.weights("full"), ran.weights(*parts)) == (589824, 69632)
    assert round(589824 / 69632, 2) == 8.47


def test_a_codebook_gives_every_position_its_nearest_code(tmp_path: Path) -> None:
    ran = counted("codebook", tmp_path)
    codes, tokens = ran.tensors.of(ran.steps["products"].node)["weight"], ran["tokens"]
    assert codes.shape == (512, 64)
    for place in range(64):
        nearest = min(codes, key=lambda code: float(((code - tokens[:, place]) ** 2).sum()))
        assert (ran["quantized"].reshape(64, -1)[:, place] == nearest).all()


def test_coordinates_go_from_the_first_corner_to_the_last(tmp_path: Path) -> None:
    grid = counted("coordinates", tmp_path)["grid"]
    assert np.allclose(
        [grid[:, 0, 0], grid[:, 0, 63], grid[:, 63, 0], grid[:, 63, 63]], [(-1, -1), (1, -1), (-1, 1), (1, 1)]
    )


def test_128_filters_make_128_channels(tmp_path: Path) -> None:
    ran = counted("filters", tmp_path)
    assert ran["one"].shape == (1, 5, 5)
    assert ran["many"].shape == (128, 5, 5)


def runs_as_predicted(network: Network) -> None:
    for step in run(network).steps.values():
        node = step.node
        assert step.value.shape == node.output
        if node.layer.values_unknown:  # declared: nothing of it is computed
            continue
        predicted = node.formulas().operations()._asdict()
        del predicted["macs"]
        assert {name: getattr(step.tally, name) for name in predicted} == predicted, node.path


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_does_what_is_predicted(file: Path) -> None:
    runs_as_predicted(load(file))


@pytest.mark.parametrize("name", COUNTED)
def test_a_counted_example_does_what_is_predicted(name: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.yaml"
    file.write_text(COUNTED[name], "utf-8")
    runs_as_predicted(load(file, input=small_enough(load(file))))


def small_enough(network: Network) -> Shape | None:
    """The only input, with fewer positions than the larger examples have."""
    if len(network.inputs) != 1:
        return None
    channels, *axes = network.inputs[0].output
    return (channels, *(min(n, 16) for n in axes))


# -- the page ---------------------------------------------------------------------------------------------


def test_the_page_shows_the_examples_as_they_are(request: pytest.FixtureRequest) -> None:
    page, kept = PAGE.read_text("utf-8"), {f"examples/{file.stem}": file for file in EXAMPLES}
    shown = specs(PAGE)
    assert shown.keys() == kept.keys()
    if request.config.getoption("--renew"):
        for name, text in shown.items():
            page = page.replace(text, kept[name].read_text("utf-8"))
        PAGE.write_text(page, "utf-8")
        return
    assert [name for name, text in shown.items() if text != kept[name].read_text("utf-8")] == []


def test_the_pictures_are_what_the_examples_compute() -> None:
    drawn = run_path(str(DOCS / "draw_examples.py"))["pictures"]()
    kept = {file.name: file.read_text("utf-8") for file in (DOCS / "examples" / "pictures").iterdir()}
    assert kept.keys() == drawn.keys()
    differing = [name for name in drawn if kept[name] != drawn[name]]
    assert differing == [], "renew with `python docs/draw_examples.py`"
    page = PAGE.read_text("utf-8")
    assert [name for name in kept if f"](examples/pictures/{name})" not in page] == []
