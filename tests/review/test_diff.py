"""Differences of networks that people know, with their numbers worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from archcost import analyze, diff, load

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost import Diff, Network

    Compare: TypeAlias = Callable[..., Diff]
    Spec: TypeAlias = Callable[[str], Network]

SPECS = Path(__file__).parents[2] / "specs"


@pytest.fixture
def edited(tmp_path: Path) -> Compare:
    """The difference that replacing a text in a spec of the zoo makes."""

    def change(name: str, before: str, after: str) -> Diff:
        text = (SPECS / f"{name}.yaml").read_text("utf-8")
        assert text.count(before) == 1
        (tmp_path / "net.yaml").write_text(text, "utf-8")
        base = load(tmp_path / "net.yaml")
        (tmp_path / "net.yaml").write_text(text.replace(before, after), "utf-8")
        return diff(base, load(tmp_path / "net.yaml"))

    return change


@pytest.fixture
def written(tmp_path: Path) -> Compare:
    """The difference between two lists of layers."""

    def compare(before: str, after: str, x: str = "[4, 8, 8]") -> Diff:
        networks: list[Network] = []
        for name, layers in (("base", before), ("head", after)):
            path = tmp_path / f"{name}.yaml"
            path.write_text(f"archcost: 1\nname: net\ninput: {x}\nlayers:\n{layers}", "utf-8")
            networks.append(load(path))
        return diff(*networks)

    return compare


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    """The network of a whole spec."""

    def network(text: str) -> Network:
        (tmp_path / "net.yaml").write_text(text, "utf-8")
        return load(tmp_path / "net.yaml")

    return network


def changes(found: Diff) -> dict[str, str]:
    return {node.path: node.status for node in found.changes}


def whats(found: Diff) -> list[str]:
    return [cause.what for cause in found.causes]


# -- networks of the zoo ----------------------------------------------------------------------------------


def test_the_stride_moves_into_the_first_convolution_of_resnet50() -> None:
    """The 1×1 convolutions before the stride give a quarter of their positions: 3/4 of three layers' MACs."""
    found = diff(load("zoo:resnet50"), load("zoo:resnet50_v1"))
    first = [256 * 128 * 56 * 56, 512 * 256 * 28 * 28, 1024 * 512 * 14 * 14]
    assert whats(found) == ["stride_in_1x1: false → true"]
    (cause,) = found.causes
    assert (cause.macs, cause.params) == (-sum(3 * macs // 4 for macs in first), 0)
    # Three pairs of convolutions exchange strides; batch norm and ReLU between them have fewer positions.
    assert (cause.nodes, cause.rippled) == (6, 6)
    assert {change.name for node in found.changes for change in node.fields} == {"stride"}


def test_batch_norm_comes_to_vgg16() -> None:
    """Two parameters for each channel of 13 convolutions."""
    channels = 2 * 64 + 2 * 128 + 3 * 256 + 6 * 512
    found = diff(load("zoo:vgg16"), load("zoo:vgg16_bn"))
    (cause,) = found.causes
    assert (cause.what, cause.nodes, cause.rippled) == ("batch_norm: false → true", 13, 0)
    assert (cause.params, cause.buffers, cause.macs) == (2 * channels, 2 * channels, 0)
    assert set(changes(found).values()) == {"added"}


def test_an_input_of_vgg16_grows_by_one() -> None:
    """Only before the first pooling: 225 positions and 224 become 112. 225² / 224² of two convolutions."""
    found = diff(load("zoo:vgg16"), load("zoo:vgg16", input="3x225x225"))
    before = (3 * 64 + 64 * 64) * 9 * 224 * 224
    assert whats(found) == ["input: 3×224×224 → 3×225×225"]
    (cause,) = found.causes
    assert cause.macs == before * 225 * 225 // (224 * 224) - before == 17_327_808
    assert list(found.changes) == []
    assert [node.base for node in found.nodes] == [
        *(f"stage.0.{i}.{layer}" for i in (0, 1) for layer in ("conv", "relu")),
        "stage.0.max_pool",
    ]


def test_one_kernel_of_inception_changes(edited: Compare) -> None:
    """The 5×5 branches of nine modules become 3×3: 16 of 25 products go at each position."""
    found = edited("inception_v1", "k: 5", "k: 3")
    modules = [
        *((28, 16, 32), (28, 32, 96)),
        *((14, 16, 48), (14, 24, 64), (14, 24, 64), (14, 32, 64), (14, 32, 128)),
        *((7, 32, 128), (7, 48, 128)),
    ]
    (cause,) = found.causes
    assert (cause.nodes, cause.rippled) == (9, 0)
    assert cause.params == -sum(16 * reduce * out for _, reduce, out in modules)
    assert cause.macs == -sum(16 * reduce * out * size * size for size, reduce, out in modules)
    assert {change.name for node in found.nodes for change in node.fields} == {"kernel_size", "padding"}


def test_half_of_mobilenet_v2_is_booked_under_its_width() -> None:
    base, head = load("zoo:mobilenet_v2"), load("zoo:mobilenet_v2_050")
    found = diff(base, head)
    (cause,) = found.causes
    assert cause.what == "width: 1 → 0.5"
    totals = [analyze(network).totals for network in (base, head)]
    assert (cause.macs, cause.params) == (
        totals[1].macs - totals[0].macs,
        totals[1].params - totals[0].params,
    )
    # Expansions are so many times the channels that arrive: they ripple. So does whatever has no channels of
    # its own. What has is the stem and the narrow ends of 17 blocks; the last convolution keeps 1280.
    assert [node.kind for node in found.changes] == ["conv"] * 18
    assert load("zoo:mobilenet_v2", set={"width": 0.5}).nodes[-1].inputs[0].output == (1280, 1, 1)


def test_resnet101_has_seventeen_more_blocks() -> None:
    found = diff(load("zoo:resnet50"), load("zoo:resnet101"))
    (cause,) = found.causes
    assert cause.what == "depths: [3, 4, 6, 3] → [3, 4, 23, 3]"
    assert (cause.nodes, cause.rippled, len(found.nodes)) == (170, 0, 170)
    assert not found.renamed


def test_two_variables_at_once_are_told_apart_where_they_can_be() -> None:
    base = load("zoo:mobilenet_v2")
    found = diff(base, load("zoo:mobilenet_v2", set={"classes": 10, "width": 0.5}))
    by_name = {cause.what.partition(":")[0]: cause for cause in found.causes}
    assert by_name["classes"].params == -990 * 1281
    assert by_name["width"].params == 1_968_680 - 3_504_872
    assert found.together == ()


# -- edits ------------------------------------------------------------------------------------------------

CONV = "  - conv: {{out_channels: {}, kernel_size: 3, padding: 1}}\n"
RELU = "  - relu\n"


def test_an_inserted_layer_shifts_no_other(written: Compare) -> None:
    found = written(CONV.format(4) * 3, CONV.format(4) + "  - batch_norm\n" + CONV.format(4) * 2)
    assert changes(found) == {"batch_norm": "added"}
    assert found.renamed == ()


def test_an_inserted_convolution_renumbers_those_behind_it(written: Compare) -> None:
    found = written(CONV.format(4) + CONV.format(8), CONV.format(4) + CONV.format(6) + CONV.format(8))
    assert changes(found) == {"conv_2": "added"}
    (renamed,) = found.renamed
    assert (renamed.base, renamed.head, renamed.nodes, renamed.renumbered) == ("conv_2", "conv_3", 1, True)
    # The last one reads 6 channels for 4: 9 · 2 · 8 more products at each of 64 positions.
    (rippled,) = (node for node in found.nodes if node.status == "rippled")
    assert (rippled.head, rippled.macs) == ("conv_3", 9 * 2 * 8 * 64)
    assert found.causes[0].macs == (9 * 4 * 6 + 9 * 2 * 8) * 64


def test_wider_channels_ripple_to_the_next_layer_that_sets_its_own(written: Compare) -> None:
    before = CONV.format(4) + "  - batch_norm\n" + RELU + CONV.format(8) + RELU
    found = written(before, before.replace("out_channels: 4", "out_channels: 6", 1))
    (cause,) = found.causes
    assert cause.what == "conv: out_channels 4 → 6"
    assert {node.path: node.status for node in found.nodes} == {
        "conv": "changed",
        "batch_norm": "rippled",
        "relu": "rippled",
        "conv_2": "rippled",
    }
    assert cause.macs == (9 * 4 * 2 + 9 * 2 * 8) * 64


def test_a_renamed_block_is_renamed_and_nothing_else(edited: Compare) -> None:
    found = edited("resnet50", "- name: stage", "- name: trunk")
    assert found.nodes == found.causes == ()
    (renamed,) = found.renamed
    assert (renamed.base, renamed.head, renamed.renumbered) == ("stage", "trunk", False)
    assert renamed.nodes == 168


def test_layers_that_get_a_group_around_them_are_the_same_layers(written: Compare) -> None:
    before = CONV.format(4) + RELU + CONV.format(8)
    after = "  - name: stem\n    body:\n" + "".join(
        f"    {line}\n" for line in (CONV.format(4) + RELU).splitlines()
    )
    found = written(before, after + CONV.format(8))
    assert found.nodes == ()
    assert {(one.base, one.head) for one in found.renamed} == {
        ("conv", "stem.conv"),
        ("relu", "stem.relu"),
        ("conv_2", "conv"),
    }


def test_a_layer_inserted_into_a_repeat_is_one_cause(written: Compare) -> None:
    repeat = "  - name: stage\n    repeat: 3\n    body:\n    {}    {}"
    found = written(
        repeat.format(CONV.format(4), RELU), repeat.format(CONV.format(4), "  - batch_norm\n    " + RELU)
    )
    assert changes(found) == {f"stage.{i}.batch_norm": "added" for i in range(3)}
    assert whats(found) == ["stage.*.batch_norm added"]


def test_a_fourth_repetition(written: Compare) -> None:
    repeat = "  - name: stage\n    repeat: {}\n    body:\n    {}    {}"
    found = written(*(repeat.format(times, CONV.format(4), RELU) for times in (3, 4)))
    assert changes(found) == {"stage.3.conv": "added", "stage.3.relu": "added"}
    assert whats(found) == ["stage.3: a fourth repetition"]


@pytest.mark.parametrize(
    ("times", "which"),
    [(1, "a second"), (7, "an eighth"), (10, "an 11th"), (11, "a 12th"), (20, "a 21st"), (21, "a 22nd")],
)
def test_one_more_repetition_is_counted_as_people_do(written: Compare, times: int, which: str) -> None:
    repeat = "  - name: stage\n    repeat: {}\n    body: [relu]\n"
    found = written(repeat.format(times), repeat.format(times + 1))
    assert whats(found) == [f"stage.{times}: {which} repetition"]


def test_other_nodes_that_are_read_are_a_change(written: Compare) -> None:
    layers = CONV.format(4).replace("- ", "- {name: a, ").replace("}\n", "}}\n") * 1
    layers += CONV.format(4).replace("- ", "- {name: b, ").replace("}\n", "}}\n")
    found = written(layers + "  - {relu, from: a}\n", layers + "  - {relu, from: b}\n")
    assert changes(found) == {"relu": "changed"}
    assert whats(found) == ["relu: reads b instead of a"]


def test_branches_in_another_order_are_read_in_another_order(written: Compare) -> None:
    one, other = "      a: [relu]\n", "      b: [gelu]\n"
    head = "  - branches:\n"
    tail = "    merge: concat\n"
    found = written(head + one + other + tail, head + other + one + tail)
    assert changes(found) == {"concat": "changed"}


def test_a_branch_that_comes_is_added_and_its_channels_ripple(written: Compare) -> None:
    head, tail = "  - branches:\n      a: [relu]\n      b: [gelu]\n", "    merge: concat\n" + CONV.format(4)
    found = written(head + tail, head + "      c: [tanh]\n" + tail)
    assert changes(found) == {"c.tanh": "added"}
    assert [node.path for node in found.nodes if node.status == "rippled"] == ["concat", "conv"]
    (cause,) = found.causes
    assert cause.macs == 9 * 4 * 4 * 64


def test_another_kind_in_the_same_place_is_one_change(written: Compare) -> None:
    found = written(CONV.format(4) + RELU, CONV.format(4) + "  - gelu\n")
    assert changes(found) == {"gelu": "changed"}
    assert whats(found) == ["gelu: kind relu → gelu"]


def test_what_two_causes_do_together_is_booked_under_both(written: Compare) -> None:
    """Wider channels meet a stride at the last convolution: neither alone would make that difference."""
    pool = "  - {name: pool, max_pool: {kernel_size: 1, stride: 1}}\n"
    base = CONV.format(4) + pool + CONV.format(8)
    found = written(
        base, base.replace("stride: 1", "stride: 2").replace("out_channels: 4", "out_channels: 6")
    )
    by_name = {cause.what.partition(":")[0]: i for i, cause in enumerate(found.causes)}
    assert {node.path: node.causes for node in found.nodes} == {
        "conv": (by_name["conv"],),
        "pool": tuple(sorted(by_name.values())),
        "conv_2": tuple(sorted(by_name.values())),
    }
    (together,) = found.together
    assert (together.nodes, together.macs) == (2, 9 * 6 * 8 * 16 - 9 * 4 * 8 * 64)


def test_shared_weights_that_part_are_counted_again(written: Compare) -> None:
    item = "  - {{name: {}, conv: {{out_channels: 4, kernel_size: 1}}{}}}\n"
    found = written(
        item.format("a", ", share: s") + item.format("b", ", share: s"),
        item.format("a", ", share: s") + item.format("b", ""),
    )
    (node,) = found.nodes
    assert (node.path, node.status, node.params, node.macs) == ("b", "changed", 20, 0)


def test_a_network_without_layers_is_a_network(written: Compare) -> None:
    found = written("  - {name: nothing, body: []}\n", RELU)
    assert changes(found) == {"relu": "added"}
    assert found.status == "changed"


def test_a_dilation_that_keeps_every_shape_is_a_change_of_what_is_seen(written: Compare) -> None:
    found = written(CONV.format(4), "  - conv: {out_channels: 4, kernel_size: 3, padding: 2, dilation: 2}\n")
    (node,) = found.nodes
    assert [change.name for change in node.fields] == ["padding", "dilation"]
    (seen,) = node.receptive_fields
    assert seen.base
    assert seen.head
    assert (seen.base.size, seen.head.size) == ((3, 3), (5, 5))
    assert not any(node.counts().values())


def test_a_network_that_only_one_side_has_shows_its_totals() -> None:
    network = load("zoo:lenet5")
    found = diff(None, network)
    assert (found.status, found.base, found.causes) == ("added", None, ())
    params = found.total("params")
    assert params
    assert (params.base, params.head, params.difference) == (None, 60_000, 60_000)
    assert diff(network, None).status == "removed"


# -- what stands together is one cause --------------------------------------------------------------------


def test_a_branch_that_is_gone_is_one_cause(edited: Compare) -> None:
    pool = (
        "          pool:\n            - max_pool: {kernel_size: 3, stride: 1, padding: 1}\n"
        "            - conv_relu: {out: $pool}\n"
    )
    found = edited("inception_v1", pool, "")
    (cause,) = found.causes
    assert (cause.what, cause.nodes) == ("*.pool removed", 9 * 3)
    assert cause.base
    assert (cause.base.line, cause.base.column) == (27, 11)


def test_a_group_that_came_is_one_cause_whatever_stands_in_it(written: Compare) -> None:
    found = written(
        "  - relu\n  - name: a\n    body: [gelu]\n",
        "  - relu\n  - name: a\n    body: [gelu]\n"
        "  - name: b\n    body:\n      - batch_norm\n      - body: [relu, sigmoid]\n"
        "  - name: c\n    body: [tanh, relu6]\n",
    )
    assert sorted((cause.what, cause.nodes) for cause in found.causes) == [("b added", 3), ("c added", 2)]


def test_a_layer_that_came_into_a_group_is_that_layer(written: Compare) -> None:
    found = written("  - name: a\n    body: [relu]\n", "  - name: a\n    body: [relu, gelu]\n")
    assert whats(found) == ["a.gelu added"]


def test_a_call_that_is_gone_is_one_cause_though_another_says_the_same(edited: Compare) -> None:
    found = edited(
        "vgg16",
        "  - relu\n  - dropout: {p: 0.5}\n  - linear: {out_features: 4096}\n"
        "  - relu\n  - dropout: {p: 0.5}\n  - linear: {out_features: $classes}\n",
        "  - relu\n  - dropout: {p: 0.5}\n  - linear: {out_features: $classes}\n",
    )
    assert sorted(whats(found)) == ["dropout_2 removed", "linear_2 removed", "relu_2 removed"]


def test_a_variable_that_chooses_another_block_is_the_only_cause() -> None:
    found = diff(load("zoo:mobilenet_v1"), load("zoo:mobilenet_v1_full"))
    assert whats(found) == ["separable: true → false"]
    assert found.together == ()


# -- what layers are called -------------------------------------------------------------------------------


def test_a_layer_that_is_called_what_it_does_was_not_renamed(edited: Compare) -> None:
    found = edited("inception_v1", "      - relu\n", "      - gelu\n")
    assert whats(found) == ["**.gelu (57×): kind relu → gelu"]
    assert found.renamed == ()


def test_a_layer_that_was_renamed_and_made_another_is_both(written: Compare) -> None:
    found = written("  - {name: x, relu}\n  - gelu\n", "  - {name: y, tanh}\n  - gelu\n")
    assert [(one.base, one.head) for one in found.renamed] == [("x", "y")]
    assert whats(found) == ["y: kind relu → tanh"]


def test_branches_in_another_order_are_only_that(edited: Compare) -> None:
    first = "          1x1:\n            - conv_relu: {out: $n1x1}\n"
    last = "            - conv_relu: {out: $pool}\n"
    text = (SPECS / "inception_v1.yaml").read_text("utf-8")
    middle = text.partition(first)[2].partition(last)[0]
    found = edited("inception_v1", first + middle + last, middle + last + first)
    assert whats(found) == ["*.concat (9×): reads the same in another order"]


def test_a_condition_of_what_arrives_is_no_cause_of_its_own(written: Compare) -> None:
    """The shortcut needs its convolution only since the channels before it are others."""
    block = (
        "  - residual: [{conv: {out_channels: 4, kernel_size: 3, padding: 1}}]\n"
        "    shortcut: [{conv: {out_channels: 4, kernel_size: 1}, when: $(in_channels != 4)}]\n"
    )
    found = written(
        "  - conv: {out_channels: 4, kernel_size: 3}\n" + block,
        "  - conv: {out_channels: 6, kernel_size: 3}\n" + block,
    )
    assert whats(found) == ["conv: out_channels 4 → 6; shortcut added"]


def test_a_stage_is_one_cause_though_what_is_left_says_the_same(written: Compare) -> None:
    unit = "  - name: {}\n    body: [{{conv: {{out_channels: 4, kernel_size: 1}}}}, relu]\n"
    found = written(
        unit.format("a") + unit.format("b") + "  - gelu\n  - gelu\n",
        unit.format("a")
        + "  - gelu\n  - gelu\n  - body: [{conv: {out_channels: 4, kernel_size: 1}}, relu]\n",
    )
    assert whats(found) == ["b removed", "conv, relu added"]


def test_a_variable_that_an_edit_has_nothing_to_do_with_is_no_cause(spec: Spec) -> None:
    """The convolution is edited; how often there is one does not matter to it."""
    networks = [
        spec(
            f"archcost: 1\nname: net\nvars: {{rounds: {rounds}}}\ninput: [4, 8, 8]\nlayers:\n"
            "  - name: s\n    repeat: $rounds\n    body:\n"
            f"      - conv: {{out_channels: 4, kernel_size: {size}}}\n"
        )
        for rounds, size in ((1, 1), (2, 3))
    ]
    found = diff(*networks)
    changed = next(node for node in found.nodes if node.status == "changed")
    assert [found.causes[index].kind for index in changed.causes] == ["item"]


def test_of_variables_computed_from_others_only_the_first_is_a_cause(spec: Spec) -> None:
    networks = [
        spec(
            f"archcost: 1\nname: net\nvars: {{width: {width}, wide: $(4 * width), wider: $(2 * wide)}}\n"
            "input: [4, 8, 8]\nlayers:\n  - conv: {out_channels: $wider, kernel_size: 1}\n"
        )
        for width in (2, 3)
    ]
    assert whats(diff(*networks)) == ["width: 2 → 3"]


def test_a_cover_around_what_was_there_is_looked_through(written: Compare) -> None:
    layers = "[conv: {out_channels: 4, kernel_size: 3}, relu, gelu, tanh]"
    found = written(
        "  - conv: {out_channels: 4, kernel_size: 3}\n  - relu\n  - gelu\n  - tanh\n",
        f"  - name: stage\n    body: {layers.replace('[conv', '[{conv').replace('}, relu', '}}, relu')}\n",
    )
    assert (found.causes, found.nodes) == ((), ())
    assert {one.head.partition(".")[0] for one in found.renamed} == {"stage"}


def test_an_input_that_was_renamed_is_the_same_input(spec: Spec) -> None:
    networks = [
        spec(
            f"archcost: 1\nname: net\ninput: {{{name}: [4, 8, 8]}}\nlayers:\n"
            f"  - {{conv: {{out_channels: 4, kernel_size: 1}}, from: {name}}}\n"
        )
        for name in ("image", "picture")
    ]
    found = diff(*networks)
    assert (found.causes, found.nodes) == ((), ())


def test_groups_that_are_numbered_are_no_names(written: Compare) -> None:
    """Where one of several units goes, the others are still each other, whatever their numbers."""
    units = [f"  - name: unit_{i}\n    body: [{kind}, relu]\n" for i, kind in ((1, "gelu"), (2, "tanh"))]
    found = written("".join(units), units[1].replace("unit_2", "unit_1"))
    assert whats(found) == ["unit_1 removed"]
    assert [(one.base, one.head, one.renumbered) for one in found.renamed] == [("unit_2", "unit_1", True)]


def test_a_layer_is_edited_and_covered_at_once(written: Compare) -> None:
    found = written(
        "  - conv: {out_channels: 4, kernel_size: 3}\n  - relu\n  - gelu\n  - tanh\n",
        "  - name: stage\n    body: [{conv: {out_channels: 4, kernel_size: 1}}, relu, gelu, tanh]\n",
    )
    assert whats(found) == ["stage.conv: kernel_size 3 → 1"]


def test_a_variable_in_the_input_is_the_cause(spec: Spec) -> None:
    text = "archcost: 1\nname: net\nvars: {c: %s}\ninput: [$c, 8, 8]\nlayers:\n"
    text += "  - conv: {out_channels: 4, kernel_size: 1}\n"
    (cause,) = diff(spec(text % 3), spec(text % 5)).causes
    assert cause.what == "c: 3 → 5"
    assert cause.params == 2 * 4


def test_a_list_that_a_repeat_goes_through_is_the_cause(spec: Spec) -> None:
    networks = [
        spec(
            f"archcost: 1\nname: net\nvars: {{widths: [4, {last}]}}\ninput: [4, 8, 8]\nlayers:\n"
            "  - repeat: {width: $widths}\n    body:\n      - conv: {out_channels: $width, kernel_size: 1}\n"
        )
        for last in (8, 9)
    ]
    assert whats(diff(*networks)) == ["widths: [4, 8] → [4, 9]"]


def test_an_input_that_was_renamed_and_grew_is_one_cause(spec: Spec) -> None:
    networks = [
        spec(f"archcost: 1\nname: net\ninput: {{{name}: [4, {size}, {size}]}}\nlayers:\n  - relu\n")
        for name, size in (("image", 8), ("picture", 9))
    ]
    (cause,) = diff(*networks).causes
    assert cause.what.endswith(": 4×8×8 → 4×9×9")


def test_a_layer_is_not_asked_what_it_would_cost_on_inputs_that_it_refuses(spec: Spec) -> None:
    head = "archcost: 1\nname: net\n"
    base = spec(f"{head}input: [2, 7, 7]\nlayers: [{{layer_norm: {{axis: [0, 2]}}}}]\n")
    other = spec(f"{head}input: [2, 7]\nlayers: [{{layer_norm: {{axis: [0, 1]}}}}]\n")
    for found in (diff(base, other), diff(other, base)):
        params = next(total for total in found.totals if total.measure == "params")
        assert {params.base, params.head} == {2 * (2 * 7), 2 * (2 * 7)}
        assert sum(cause.params for cause in found.causes) == 0
