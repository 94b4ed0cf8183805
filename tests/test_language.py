"""The spec language, rule by rule: a spec, and the nodes it must become.

A case lists every node as `path: kind output <- inputs`. The rules are the language's own; nothing here is
computed by the code under test.
"""

from __future__ import annotations

from textwrap import dedent, indent
from typing import TYPE_CHECKING

import numpy as np
import pytest

from archcost.execute.kernels import KERNELS
from archcost.layers.activation import LeakyRelu, Softmax
from archcost.loading.load import load
from archcost.passes.cost import costs

if TYPE_CHECKING:
    from pathlib import Path

    from archcost.network import Network

CONV = "conv: {out_channels: 4, kernel_size: 1}"


def network(folder: Path, layers: str, head: str = "", **options: object) -> Network:
    """A network from the layers of a spec; the input is 4×8×8 unless `head` gives one."""
    given = "" if "input:" in head else "input: [4, 8, 8]\n"
    text = f"archcost: 1\nname: case\n{given}{dedent(head)}layers:\n{indent(dedent(layers), '  ')}"
    (folder / "case.yaml").write_text(text)
    return load(folder / "case.yaml", **options)  # pyright: ignore[reportArgumentType] - options vary by case


def lines(net: Network) -> list[str]:
    return [
        f"{n.path}: {n.word} {'x'.join(map(str, n.output))} <- {', '.join(i.path for i in n.inputs)}"
        for n in net
    ]


def paths(net: Network) -> list[str]:
    return [node.path for node in net]


# -- items and paths ------------------------------------------------------------------------------------


def test_an_item_is_a_bare_word_or_a_mapping_and_reads_the_one_before(tmp_path: Path) -> None:
    net = network(
        tmp_path, "- relu\n- {relu: , name: act}\n- {relu6: {}}\n- conv2d: {out_channels: 2, kernel_size: 3}"
    )
    assert lines(net) == [
        "relu: relu 4x8x8 <- input",
        "act: relu 4x8x8 <- relu",
        "relu6: relu6 4x8x8 <- act",
        "conv2d: conv2d 2x6x6 <- relu6",
    ]


def test_later_siblings_of_a_word_are_numbered_and_names_are_not_counted(tmp_path: Path) -> None:
    assert paths(network(tmp_path, "- relu\n- {relu: , name: x}\n- relu\n- relu6\n- relu")) == [
        "relu",
        "x",
        "relu_2",
        "relu6",
        "relu_3",
    ]


def test_skipped_items_keep_their_number_so_setting_a_variable_renumbers_nothing(tmp_path: Path) -> None:
    layers = "- relu\n- {relu: , when: $on}\n- relu"
    head = "vars: {on: true}\n"
    assert paths(network(tmp_path, layers, head)) == ["relu", "relu_2", "relu_3"]
    assert paths(network(tmp_path, layers, head, set={"on": False})) == ["relu", "relu_3"]


def test_unnamed_structures_add_nothing_and_number_on_with_the_sequence_around_them(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        f"""
        - {CONV}
        - body:
            - {CONV}
            - relu
        - residual:
            - {CONV}
            - relu
          shortcut:
            - {CONV}
        - residual: [{{{CONV}}}]
          shortcut: [{{{CONV}}}]
        - relu
        """,
    )
    assert lines(net) == [
        "conv: conv 4x8x8 <- input",
        "conv_2: conv 4x8x8 <- conv",
        "relu: relu 4x8x8 <- conv_2",
        "conv_3: conv 4x8x8 <- relu",
        "relu_2: relu 4x8x8 <- conv_3",
        "shortcut.conv: conv 4x8x8 <- relu",
        "add: add 4x8x8 <- relu_2, shortcut.conv",
        "conv_4: conv 4x8x8 <- add",
        "shortcut_2.conv: conv 4x8x8 <- add",
        "add_2: add 4x8x8 <- conv_4, shortcut_2.conv",
        "relu_3: relu 4x8x8 <- add_2",
    ]


def test_named_structures_number_on_their_own(tmp_path: Path) -> None:
    net = network(tmp_path, "- relu\n- {name: stem, body: [relu, relu]}\n- relu")
    assert paths(net) == ["relu", "stem.relu", "stem.relu_2", "relu_2"]


def test_the_order_in_a_residual_is_body_shortcut_merge_whatever_order_is_written(tmp_path: Path) -> None:
    net = network(tmp_path, f"- shortcut: [{{{CONV}}}]\n  merge: max\n  residual: [relu]\n  name: unit")
    assert lines(net) == [
        "unit.relu: relu 4x8x8 <- input",
        "unit.shortcut.conv: conv 4x8x8 <- input",
        "unit.max: max 4x8x8 <- unit.relu, unit.shortcut.conv",
    ]


def test_branches_add_their_names_and_the_merge_its_word(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        f"""
        - name: mix
          merge: concat
          branches:
            1x1: [{{{CONV}}}]
            same: []
        - branches: {{a: [relu], b: [relu, relu]}}
          merge: add
        """,
    )
    assert lines(net) == [
        "mix.1x1.conv: conv 4x8x8 <- input",
        "mix.concat: concat 8x8x8 <- mix.1x1.conv, input",
        "a.relu: relu 8x8x8 <- mix.concat",
        "b.relu: relu 8x8x8 <- mix.concat",
        "b.relu_2: relu 8x8x8 <- b.relu",
        "add: add 8x8x8 <- a.relu, b.relu_2",
    ]


def test_a_merge_may_carry_fields(tmp_path: Path) -> None:
    net = network(tmp_path, "- branches: {a: [], b: []}\n  merge: {concat: {axis: 1}}")
    assert lines(net) == ["concat: concat 4x16x8 <- input, input"]


# -- conditions -----------------------------------------------------------------------------------------


def test_a_false_when_inside_a_shortcut_leaves_the_identity(tmp_path: Path) -> None:
    net = network(tmp_path, f"- residual: [relu]\n  shortcut: [{{{CONV}, when: $(in_channels != 4)}}]")
    assert lines(net) == ["relu: relu 4x8x8 <- input", "add: add 4x8x8 <- relu, input"]


def test_a_shortcut_left_out_adds_nothing(tmp_path: Path) -> None:
    net = network(tmp_path, "- residual: [relu]\n  shortcut: {when: false, body: []}\n- relu6")
    assert lines(net) == ["relu: relu 4x8x8 <- input", "relu6: relu6 4x8x8 <- relu"]


def test_branches_left_out_leave_the_others_and_one_alone_needs_no_merge(tmp_path: Path) -> None:
    layers = "- branches: {a: [relu], b: {when: $both, body: [relu6]}}\n  merge: concat\n- relu"
    assert paths(network(tmp_path, layers, "vars: {both: true}\n")) == ["a.relu", "b.relu6", "concat", "relu"]
    assert lines(network(tmp_path, layers, "vars: {both: false}\n"))[-1] == "relu: relu 4x8x8 <- a.relu"


def test_a_skipped_item_yields_what_it_reads_and_its_name_taps_that(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - {relu: , name: a}
        - {relu6: , name: b}
        - {tanh: , name: c, from: a, when: false}
        - add: {}
          from: [c, b]
        """,
    )
    assert lines(net)[-1] == "add: add 4x8x8 <- a, b"


def test_when_sees_the_tensor_arriving_after_from(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - {conv: {out_channels: 9, kernel_size: 1}, name: nine}
        - conv: {out_channels: 3, kernel_size: 1}
        - {relu: , when: $(in_channels == 9), from: nine}
        """,
    )
    assert lines(net)[-1] == "relu: relu 9x8x8 <- nine"


# -- repeats --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "channels"),
    [
        ("repeat: 3", [4, 4, 4]),
        ("repeat: {i: 3}", [1, 2, 3]),
        ("repeat: {i: $n}", [1, 2]),
        ("repeat: {i: [5, 7]}", [6, 8]),
        ("repeat: {i: $list, j: 2}", [9, 3]),
        ("repeat: [{i: 1, j: 2}, {i: 4, j: $n}]", [2, 5]),
        ("repeat: 0", []),
        ("repeat: []", []),
        ("repeat: {i: []}", []),
    ],
)
def test_repeats_count_step_in_lock_step_or_go_row_by_row(
    tmp_path: Path, head: str, channels: list[int]
) -> None:
    value = "$(i+1)" if "i:" in head else "4"
    layers = f"- {head}\n  body: [{{conv: {{out_channels: {value}, kernel_size: 1}}}}]\n- relu"
    net = network(tmp_path, layers, "vars: {n: 2, list: [8, 2]}\n")
    assert [node.output[0] for node in net][:-1] == channels
    assert paths(net)[:-1] == [f"{i}.conv" for i in range(len(channels))]


def test_unnamed_repeats_after_the_first_are_numbered(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - {repeat: 1, body: [relu]}
        - {repeat: 1, body: [relu]}
        - {body: [{repeat: 1, body: [relu]}]}
        - {name: tail, repeat: 2, body: [relu, relu]}
        """,
    )
    assert paths(net) == [
        "0.relu",
        "repeat_2.0.relu",
        "repeat_3.0.relu",
        "tail.0.relu",
        "tail.0.relu_2",
        "tail.1.relu",
        "tail.1.relu_2",
    ]


def test_repeat_with_merge_runs_side_by_side(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        f"""
        - {{repeat: 2, merge: concat, name: mix, body: [{{{CONV}}}]}}
        - {{repeat: 2, merge: add, body: [relu]}}
        - {{repeat: 2, merge: add, body: [relu]}}
        """,
    )
    assert lines(net) == [
        "mix.0.conv: conv 4x8x8 <- input",
        "mix.1.conv: conv 4x8x8 <- input",
        "mix.concat: concat 8x8x8 <- mix.0.conv, mix.1.conv",
        "0.relu: relu 8x8x8 <- mix.concat",
        "1.relu: relu 8x8x8 <- mix.concat",
        "add: add 8x8x8 <- 0.relu, 1.relu",
        "repeat_2.0.relu: relu 8x8x8 <- add",
        "repeat_2.1.relu: relu 8x8x8 <- add",
        "repeat_2.add: add 8x8x8 <- repeat_2.0.relu, repeat_2.1.relu",
    ]


def test_collect_chains_and_merges_the_input_with_every_iteration(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        f"- {{repeat: 2, collect: concat, name: osa, body: [{{{CONV}}}]}}\n- {{relu: , from: osa.0}}",
    )
    assert lines(net) == [
        "osa.0.conv: conv 4x8x8 <- input",
        "osa.1.conv: conv 4x8x8 <- osa.0.conv",
        "osa.concat: concat 12x8x8 <- input, osa.0.conv, osa.1.conv",
        "relu: relu 4x8x8 <- osa.0.conv",
    ]


def test_dense_concatenates_each_iterations_input_with_its_output(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        f"- {{repeat: 2, dense: concat, name: dense, body: [{{{CONV}}}]}}\n- {{relu: , from: dense.0}}",
    )
    assert lines(net) == [
        "dense.0.conv: conv 4x8x8 <- input",
        "dense.0.concat: concat 8x8x8 <- input, dense.0.conv",
        "dense.1.conv: conv 4x8x8 <- dense.0.concat",
        "dense.1.concat: concat 12x8x8 <- dense.0.concat, dense.1.conv",
        "relu: relu 8x8x8 <- dense.0.concat",
    ]


@pytest.mark.parametrize(
    "mode", ["merge: concat", "collect: concat", "dense: concat", "carry: [a]", "note: plain"]
)
def test_zero_iterations_are_the_identity(tmp_path: Path, mode: str) -> None:
    net = network(tmp_path, f"- {{repeat: 0, {mode}, name: none, body: [relu]}}\n- {{relu6: , from: none}}")
    assert lines(net) == ["relu6: relu6 4x8x8 <- input"]


def test_carry_binds_names_to_the_last_items_outputs(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - {relu: , name: p}
        - {relu6: , name: q}
        - name: stage
          repeat: 2
          carry: [high, low]
          from: [p, q]
          body: [swap]
        - {tanh: , from: stage.high}
        - {tanh: , from: stage.0.low}
        """,
        """
        blocks:
          swap:
            inputs: [a, b]
            outputs: [b, a]
            body: [{relu: , name: a, from: a}, {relu6: , name: b, from: b}]
        """,
    )
    assert lines(net) == [
        "p: relu 4x8x8 <- input",
        "q: relu6 4x8x8 <- p",
        "stage.0.swap.a: relu 4x8x8 <- p",
        "stage.0.swap.b: relu6 4x8x8 <- q",
        "stage.1.swap.a: relu 4x8x8 <- stage.0.swap.b",
        "stage.1.swap.b: relu6 4x8x8 <- stage.0.swap.a",
        "tanh: tanh 4x8x8 <- stage.1.swap.b",
        "tanh_2: tanh 4x8x8 <- stage.0.swap.a",
    ]


def test_carry_falls_back_to_taps_of_the_names_which_may_be_named_again(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - {relu: , name: p}
        - name: stage
          repeat: 2
          carry: [x, y]
          from: [input, p]
          body:
            - {add: , name: x}
            - {relu6: , from: x}
        - {concat: , from: stage}
        """,
    )
    assert lines(net) == [
        "p: relu 4x8x8 <- input",
        "stage.0.x: add 4x8x8 <- input, p",
        "stage.0.relu6: relu6 4x8x8 <- stage.0.x",
        "stage.1.x: add 4x8x8 <- stage.0.x, p",
        "stage.1.relu6: relu6 4x8x8 <- stage.1.x",
        "concat: concat 8x8x8 <- stage.1.x, p",
    ]


def test_an_item_of_any_number_of_tensors_takes_none_from_an_empty_list(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - {one: , from: [], name: x}
        - {custom: {shape: [4, 1, 1], reason: a choice}, from: [], name: y}
        - {constant: {shape: [4, 1, 1], values: 2}, from: []}
        - branches:
            a: [{constant: {shape: [4, 8, 8], values: 1}}]
            b: [{custom: {shape: [4, 8, 8], reason: a choice}}]
          merge: add
          from: []
          name: z
        - {add: , from: [input, x, y, z]}
        """,
        "blocks: {one: {body: [{parameter: {shape: [4, 8, 8]}}, relu]}}\n",
    )
    assert lines(net) == [
        "x.parameter: parameter 4x8x8 <- ",
        "x.relu: relu 4x8x8 <- x.parameter",
        "y: custom 4x1x1 <- ",
        "constant: constant 4x1x1 <- ",
        "z.a.constant: constant 4x8x8 <- ",
        "z.b.custom: custom 4x8x8 <- ",
        "z.add: add 4x8x8 <- z.a.constant, z.b.custom",
        "add: add 4x8x8 <- input, x.relu, y, z.add",
    ]


# -- blocks ---------------------------------------------------------------------------------------------


def test_block_defaults_are_expressions_of_earlier_parameters_and_the_tensor_at_the_entry(
    tmp_path: Path,
) -> None:
    net = network(
        tmp_path,
        "- wide\n- wide: {by: 3}\n- wide: {out: 5}",
        """
        vars: {base: 2}
        blocks:
          wide:
            params: {by: $base, out: $(by*in_channels)}
            body:
              - conv: {out_channels: 1, kernel_size: 1}
              - conv: {out_channels: $out, kernel_size: 1}
        """,
    )
    assert [n.output[0] for n in net] == [1, 8, 1, 24, 1, 5]
    assert paths(net)[2:4] == ["wide_2.conv", "wide_2.conv_2"]


def test_inside_a_block_input_is_the_blocks_and_names_outside_are_not_seen(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        "- {relu: , name: x}\n- twice\n- {twice: , name: second}",
        "blocks: {twice: {body: [{relu: , name: x}, {add: , from: [x, input]}]}}\n",
    )
    assert lines(net) == [
        "x: relu 4x8x8 <- input",
        "twice.x: relu 4x8x8 <- x",
        "twice.add: add 4x8x8 <- twice.x, x",
        "second.x: relu 4x8x8 <- twice.add",
        "second.add: add 4x8x8 <- second.x, twice.add",
    ]


def test_several_outputs_arrive_together_and_are_read_by_name(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        "- {forked: , name: s}\n- concat\n- {relu: , from: s.low}",
        """
        blocks:
          forked:
            outputs: [high, low]
            body: [{slice: {end: 1}, name: high}, {slice: {start: 1}, name: low, from: input}]
        """,
    )
    assert lines(net)[2:] == ["concat: concat 4x8x8 <- s.high, s.low", "relu: relu 3x8x8 <- s.low"]


def test_a_split_is_a_slice_per_part_read_by_number_or_name(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - {name: s, split: {parts: 2}}
        - add
        - {name: t, from: s.1, split: {sizes: {top: $n, rest: -1}, axis: -2}}
        - {relu, from: t.rest}
        """,
        "vars: {n: 3}\noutputs: [s, t]\n",
    )
    assert lines(net) == [
        "s.0: slice 2x8x8 <- input",
        "s.1: slice 2x8x8 <- input",
        "add: add 2x8x8 <- s.0, s.1",
        "t.top: slice 2x3x8 <- s.1",
        "t.rest: slice 2x5x8 <- s.1",
        "relu: relu 2x5x8 <- t.rest",
    ]
    assert [*net.outputs] == ["s.0", "s.1", "t.top", "t.rest"]
    assert not net.unused
    assert net.nodes[1].layer is network(tmp_path, "- {name: s, split: {parts: 2}}").nodes[1].layer


def test_a_split_that_is_left_out_hands_on_what_arrives(tmp_path: Path) -> None:
    net = network(tmp_path, "- {split: {parts: 2}, when: $(in_channels > 4)}\n- relu")
    assert lines(net) == ["relu: relu 4x8x8 <- input"]


def test_a_standard_block_adds_its_last_word(tmp_path: Path) -> None:
    assert (
        paths(network(tmp_path, "- std/hdc: {rates: [1, 2], norm: false}"))[0] == "hdc.0.conv_norm_act.conv"
    )


# -- variables ------------------------------------------------------------------------------------------


def test_variables_are_evaluated_in_the_order_of_their_dependencies_after_variant_and_set(
    tmp_path: Path,
) -> None:
    head = """
    vars: {half: $(width/2), width: $(unit*8), unit: 1}
    variants: {wide: {unit: 4}, odd: {width: 20}}
    """
    layers = "- conv: {out_channels: $half, kernel_size: 1}"
    assert network(tmp_path, layers, head).nodes[0].output[0] == 4
    assert network(tmp_path, layers, head, variant="wide").nodes[0].output[0] == 16
    assert network(tmp_path, layers, head, variant="odd").nodes[0].output[0] == 10
    assert network(tmp_path, layers, head, variant="wide", set={"unit": 2}).nodes[0].output[0] == 8
    assert network(tmp_path, layers, head, set={"width": "$(unit+5)"}).nodes[0].output[0] == 3


def test_lists_are_used_whole_per_axis_and_elementwise(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - repeat: {k: [[1, 3], 5]}
          body: [{conv: {out_channels: 1, kernel_size: $k, padding: $((k-1)//2)}}]
        """,
    )
    assert [n.output for n in net] == [(1, 8, 8), (1, 8, 8)]
    assert [getattr(n.layer, "padding", None) for n in net] == [(0, 1), (2,)]


def test_the_input_may_be_computed_and_overridden(tmp_path: Path) -> None:
    head = "vars: {size: 32}\ninput: [3, $size, $(size*2)]\n"
    assert network(tmp_path, "- relu", head).nodes[0].output == (3, 32, 64)
    assert network(tmp_path, "- relu", head, input="3x5x6").nodes[0].output == (3, 5, 6)
    assert network(tmp_path, "- relu", head, input=(7, 8, 9)).nodes[0].output == (7, 8, 9)


# -- several inputs, outputs, sharing -------------------------------------------------------------------

SIAMESE = "input: {left: [1, 9, 9], right: [1, 9, 9]}\n"


def test_several_inputs_are_read_by_name_or_arrive_together(tmp_path: Path) -> None:
    net = network(tmp_path, "- add\n- {relu: , from: right}", SIAMESE)
    assert lines(net) == ["add: add 1x9x9 <- left, right", "relu: relu 1x9x9 <- right"]
    wider = network(tmp_path, "- concat", SIAMESE, input="left=1x4x4,right=2x4x4")
    assert wider.nodes[0].output == (3, 4, 4)


def test_outputs_are_listed_by_name_and_default_to_the_last_item(tmp_path: Path) -> None:
    layers = "- {relu: , name: a}\n- {repeat: 2, name: r, body: [relu]}"
    assert list(network(tmp_path, layers).outputs) == ["r"]
    assert list(network(tmp_path, layers, "outputs: [a, r.0, input]\n").outputs) == ["a", "r.0", "input"]
    assert list(network(tmp_path, "- {body: [relu]}").outputs) == ["relu"]


def test_sharing_makes_nodes_use_one_set_of_weights(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - {name: a, body: [{conv: {out_channels: 2, kernel_size: 3}}, batch_norm], from: left, share: tower}
        - {name: b, body: [{conv: {out_channels: 2, kernel_size: 3}}, batch_norm], from: right, share: tower}
        """,
        SIAMESE,
    )
    keys = [node.shared for node in net]
    assert keys[:2] == keys[2:]
    assert len(set(keys)) == 2


def test_expectations_know_their_nodes_and_their_printed_precision(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        f"- relu\n- name: x\n  body: [relu, {{{CONV}}}]\n  expect: {{params: 1.2M, shape: [4, 8, 8]}}",
    )
    params, shape = net.expectations
    assert (params.path, params.first, params.last) == ("x", 1, 3)
    assert (params.expected, params.tolerance, params.text) == (1_200_000, 50_000, "1.2M")
    assert (shape.expected, shape.tolerance) == ((4, 8, 8), 0)
    assert [out.path for out in shape.outputs] == ["x.conv"]


def test_an_upsample_takes_the_size_of_a_tap(tmp_path: Path) -> None:
    net = network(tmp_path, "- {relu: , name: big}\n- max_pool: {kernel_size: 2}\n- upsample: {like: big}")
    assert net.nodes[-1].output == (4, 8, 8)


def test_includes_bring_blocks_from_below_the_folder(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.yaml").write_text("include: [b.yaml]\nblocks: {outer: {body: [inner, inner]}}\n")
    (tmp_path / "lib" / "b.yaml").write_text("blocks: {inner: {body: [relu]}}\n")
    net = network(tmp_path, "- outer", "include: [lib/a.yaml, lib/b.yaml]\n")
    assert paths(net) == ["outer.inner.relu", "outer.inner_2.relu"]


def test_a_parameter_brings_its_own_tensor(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - {reshape: {shape: [4, 64]}, name: tokens}
        - {parameter: {shape: [4, 1]}, name: cls}
        - {concat: {axis: 1}, from: [cls, tokens]}
        """,
    )
    assert lines(net)[1:] == ["cls: parameter 4x1 <- ", "concat: concat 4x65 <- cls, tokens"]


def test_an_activation_by_its_word_takes_that_activations_fields(tmp_path: Path) -> None:
    net = network(tmp_path, "- activation: {function: $f, negative_slope: 0.1}", "vars: {f: leaky_relu}\n")
    assert [getattr(node.layer, "chosen", None) for node in net] == [LeakyRelu(negative_slope=0.1)]


# -- stacks ---------------------------------------------------------------------------------------------


def test_what_is_pushed_last_is_popped_first_across_repeats(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        f"""
        - {{repeat: 3, body: [{{{CONV}, push: skips}}]}}
        - {{repeat: 3, name: up, body: [{{concat: , from: [pop(skips), previous]}}]}}
        """,
    )
    assert lines(net)[3:] == [
        "up.0.concat: concat 8x8x8 <- 2.conv, 2.conv",
        "up.1.concat: concat 12x8x8 <- 1.conv, up.0.concat",
        "up.2.concat: concat 16x8x8 <- 0.conv, up.1.concat",
    ]


def test_pops_follow_the_order_of_the_nodes_and_stacks_do_not_mix(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - {relu: , push: a}
        - {relu6: , push: b}
        - {tanh: , push: a}
        - branches:
            x: [{relu: , from: pop(a)}]
            y: [{relu: , from: pop(b)}, {add: , from: [previous, pop(a)]}]
          merge: add
        """,
    )
    assert lines(net)[3:] == [
        "x.relu: relu 4x8x8 <- tanh",
        "y.relu: relu 4x8x8 <- relu6",
        "y.add: add 4x8x8 <- y.relu, relu",
        "add: add 4x8x8 <- x.relu, y.add",
    ]


def test_several_pops_in_one_list_take_one_after_the_other(tmp_path: Path) -> None:
    net = network(tmp_path, "- {relu: , push: s}\n- {tanh: , push: s}\n- {add: , from: [pop(s), pop(s)]}")
    assert lines(net)[2:] == ["add: add 4x8x8 <- tanh, relu"]


def test_an_item_that_is_left_out_neither_pushes_nor_pops(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - {relu: , push: s}
        - {tanh: , push: s, when: false}
        - {add: , from: [previous, pop(s)], when: $(in_channels(input) == 9)}
        - {relu6: }
        - {add: , from: [previous, pop(s)]}
        """,
    )
    assert lines(net) == [
        "relu: relu 4x8x8 <- input",
        "relu6: relu6 4x8x8 <- relu",
        "add_2: add 4x8x8 <- relu6, relu",
    ]


def test_every_call_of_a_block_has_stacks_of_its_own(tmp_path: Path) -> None:
    head = "blocks: {unit: {body: [{relu: , push: s}, tanh, {add: , from: [previous, pop(s)]}]}}\n"
    net = network(
        tmp_path, "- {sigmoid: , push: s}\n- unit\n- unit\n- {add: , from: [pop(s), previous]}", head
    )
    assert lines(net)[-1] == "add: add 4x8x8 <- sigmoid, unit_2.add"
    assert lines(net)[3] == "unit.add: add 4x8x8 <- unit.tanh, unit.relu"


def test_all_that_was_pushed_is_read_in_its_order_and_the_stack_is_empty(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - {repeat: 2, name: step, body: [{relu: , push: s}]}
        - {tanh: , push: s}
        - {add: , from: [all(s), previous], when: false}
        - {add: , from: [previous, pop(s), all(s)]}
        - {relu6: , push: s}
        - {name: side, body: [], from: all(s)}
        """,
    )
    assert lines(net)[3:] == [
        "add_2: add 4x8x8 <- tanh, tanh, step.0.relu, step.1.relu",
        "relu6: relu6 4x8x8 <- add_2",
    ]
    assert [node.path for node in net.outputs.values()] == ["relu6"]


def test_what_a_stack_holds_in_all_may_be_one_tensor_or_many(tmp_path: Path) -> None:
    net = network(tmp_path, "- {relu: , push: s}\n- {tanh: , from: all(s)}")
    assert lines(net)[1:] == ["tanh: tanh 4x8x8 <- relu"]


def test_what_is_popped_may_be_given_a_name(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - {relu: , push: s}
        - max_pool: {kernel_size: 2}
        - {name: low, body: []}
        - {name: side, body: [], from: pop(s)}
        - {upsample: {like: side}, from: low}
        - {add: , from: [side, previous]}
        """,
    )
    assert lines(net)[2:] == ["upsample: upsample 4x8x8 <- max_pool", "add: add 4x8x8 <- relu, upsample"]


# -- previous, and leaving out what reads several --------------------------------------------------------


def test_previous_is_the_item_before_all_of_it_unless_one_has_that_name(tmp_path: Path) -> None:
    net = network(tmp_path, "- {relu: , name: a}\n- tanh\n- {add: , from: [a, previous]}")
    assert lines(net)[-1] == "add: add 4x8x8 <- a, tanh"
    net = network(tmp_path, "- {add: , from: [previous, left]}", TWO_INPUTS)
    assert lines(net)[-1].endswith("<- left, right, left")
    net = network(tmp_path, "- {relu: , name: previous}\n- tanh\n- {sigmoid: , from: previous}")
    assert lines(net)[-1] == "sigmoid: sigmoid 4x8x8 <- previous"


TWO_INPUTS = "input: {left: [4, 8, 8], right: [4, 8, 8]}\n"


def test_what_reads_several_and_is_left_out_passes_on_the_item_before(tmp_path: Path) -> None:
    layers = "- {relu: , name: a}\n- {tanh: , name: b}\n- {name: c, add: , from: [a, b], when: false}\n"
    net = network(tmp_path, layers + "- sigmoid\n- {relu6: , from: c}")
    assert lines(net)[2:] == ["sigmoid: sigmoid 4x8x8 <- b", "relu6: relu6 4x8x8 <- b"]
    net = network(tmp_path, "- relu\n- {custom: {shape: [3], reason: test}, from: [], when: false}\n- tanh")
    assert lines(net)[1:] == ["tanh: tanh 4x8x8 <- relu"]
    net = network(tmp_path, "- {add: , when: false}\n- concat", TWO_INPUTS)
    assert lines(net) == ["concat: concat 8x8x8 <- left, right"]


def test_a_block_or_carry_that_is_left_out_passes_on_what_it_gives_by_name(tmp_path: Path) -> None:
    body = "[{add: , from: [x, y], name: y}]"
    head = f"{TWO_INPUTS}blocks: {{mix: {{inputs: [x, y], outputs: [y], body: {body}}}}}\n"
    net = network(tmp_path, "- {mix: , from: [left, right], when: false}\n- relu", head)
    assert lines(net) == ["relu: relu 4x8x8 <- right"]
    stage = f"- {{name: stage, repeat: 2, carry: [x, y], from: [right, left], body: {body}, when: false}}\n"
    net = network(tmp_path, stage + "- {relu: , from: stage.x}", TWO_INPUTS)
    assert lines(net) == ["relu: relu 4x8x8 <- right"]


def test_a_size_may_be_that_of_a_tensor_with_a_name(tmp_path: Path) -> None:
    head = """
    input: {left: [4, 8, 6], right: [2, 4, 4]}
    blocks:
      fuse:
        inputs: [high, low]
        params: {out: $(in_channels(high) + in_channels(low))}
        body:
          - {conv: {out_channels: $out, kernel_size: 1}, from: low, name: low}
          - {conv: {out_channels: $(in_channels(low) * in_width(high)), kernel_size: 1}}
    """
    layers = "- {fuse: , from: [left, right]}\n- {relu: , when: $(in_height( left ) > in_height)}"
    assert lines(network(tmp_path, layers, head)) == [
        "fuse.low: conv 6x4x4 <- right",
        "fuse.conv: conv 36x4x4 <- fuse.low",
        "relu: relu 36x4x4 <- fuse.conv",
    ]


# -- shares that are computed ----------------------------------------------------------------------------

STEPS = f"""
vars: {{set: a}}
blocks:
  steps:
    params: {{cell: required, times: 2}}
    body:
      - {{repeat: $times, body: [{{{CONV}, share: $cell}}]}}
"""


def sets(net: Network) -> list[str | None]:
    return [node.shared for node in net]


def test_a_block_is_told_whose_weights_it_has(tmp_path: Path) -> None:
    net = network(tmp_path, "- steps: {cell: a}\n- steps: {cell: b}\n- steps: {cell: $set, times: 1}", STEPS)
    assert sets(net) == ["a:", "a:", "b:", "b:", "a:"]
    assert sum(cost.params for cost in costs(net)) == 2 * (4 * 4 + 4)


def test_a_set_may_be_named_by_a_number_or_by_parts_and_false_shares_nothing(tmp_path: Path) -> None:
    layers = "- {repeat: {i: 2}, body: [steps: {cell: [deep, $i]}, steps: {cell: $i, times: 1}]}"
    net = network(tmp_path, layers + "\n- steps: {cell: false}\n- steps: {cell: deep}", STEPS)
    deep = [["deep.0:"] * 2 + ["0:"], ["deep.1:"] * 2 + ["1:"]]
    assert sets(net) == [*deep[0], *deep[1], None, None, "deep:", "deep:"]


def test_a_list_that_begins_with_false_shares_nothing(tmp_path: Path) -> None:
    block = (
        "blocks:\n  unit:\n    params: {cell: required}\n    body:\n      - repeat: {i: 2}\n        body:\n"
    )
    block += f"          - {{{CONV}, share: [$cell, $i]}}\n"
    layers = "- unit: {cell: false}\n- unit: {cell: a}\n- unit: {cell: 0}\n- unit: {cell: 0}"
    net = network(tmp_path, layers, block)
    assert sets(net) == [None, None, "a.0:", "a.1:", *["0.0:", "0.1:"] * 2]


def test_words_and_parts_that_make_one_name_are_one_set(tmp_path: Path) -> None:
    net = network(tmp_path, f"- {{{CONV}, share: [a]}}\n- {{{CONV}, share: a}}")
    assert sets(net) == ["a:", "a:"]


# -- rearrange -------------------------------------------------------------------------------------------


def test_windows_by_name_are_the_reshapes_and_the_transpose_that_make_them(tmp_path: Path) -> None:
    layers = """
        - {name: windows, rearrange: {pattern: c (y a) (x b) -> c (y x) (a b), sizes: {a: 2, b: $n}}}
        - rearrange: {pattern: c (y x) (a b) -> c (y a) (x b), sizes: {y: 4, b: $n}}
    """
    net = network(tmp_path, layers, "vars: {n: 4}\n")
    assert lines(net) == [
        "windows.reshape: reshape 4x4x2x2x4 <- input",
        "windows.transpose: transpose 4x4x2x2x4 <- windows.reshape",
        "windows.reshape_2: reshape 4x8x8 <- windows.transpose",
        "rearrange.reshape: reshape 4x4x2x2x4 <- windows.reshape_2",
        "rearrange.transpose: transpose 4x4x2x2x4 <- rearrange.reshape",
        "rearrange.reshape_2: reshape 4x8x8 <- rearrange.transpose",
    ]
    by_hand = """
        - reshape: {shape: [4, 4, 2, 2, 4]}
        - transpose: {axes: [0, 1, 3, 2, 4]}
        - reshape: {shape: [4, 8, 8]}
    """
    assert [node.layer for node in net.nodes[:3]] == [node.layer for node in network(tmp_path, by_hand)]


def test_a_rearrangement_of_one_step_has_the_path_of_its_item(tmp_path: Path) -> None:
    layers = """
        - {name: tokens, rearrange: {pattern: c h w -> c (h w)}}
        - rearrange: {pattern: c l -> l c}
        - {name: alone, rearrange: {pattern: l c -> l 1 c}}
        - rearrange: {pattern: a (1) (g b) -> (a g) b, sizes: {g: 2}}
    """
    assert lines(network(tmp_path, layers)) == [
        "tokens: reshape 4x64 <- input",
        "rearrange: transpose 64x4 <- tokens",
        "alone: reshape 64x1x4 <- rearrange",
        "rearrange_2: reshape 128x2 <- alone",
    ]


def test_einops_moves_the_elements_likewise(tmp_path: Path) -> None:
    layers = "- {rearrange: {pattern: (g c) (y a) x -> y (c x) (a g), sizes: {g: 2, a: 4}}}"
    net = network(tmp_path, layers, "input: [4, 8, 3]\n")
    x = np.arange(4 * 8 * 3).reshape(4, 8, 3)
    moved = x
    for node in net:
        moved = node.layer.run(KERNELS, moved)
    found = {
        (y, c * 3 + i, a * 2 + g): x[g * 2 + c, y * 4 + a, i] for g, c, y, a, i in np.ndindex(2, 2, 2, 4, 3)
    }
    assert {index: moved[index] for index in np.ndindex(moved.shape)} == found


# -- axes by name ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "layers", "found"),
    [
        ("[4, 8]", "- softmax: {axis: length}", {"axis": 1}),
        ("[4]", "- softmax: {axis: channels}", {"axis": 0}),
        ("[4, 8, 6]", "- layer_norm: {axis: [width, channels, 1]}", {"axis": (2, 0, 1)}),
        ("[4, 8, 6]", "- transpose: {axes: [height, width, channels]}", {"axes": (1, 2, 0)}),
        ("[4, 8, 6, 5]", "- slice: {axis: depth, end: 3}", {"axis": 1}),
        ("[4, 8]", "- concat: {axis: $where}\n  from: [input, input]", {"axis": 1}),
        ("[4, 8]", "- {branches: {a: [], b: []}, merge: {concat: {axis: length}}}", {"axis": 1}),
        ("[4, 8]", "- {split: {parts: 2, axis: length}, name: x}\n- {relu: , from: x.0}", {}),
    ],
)
def test_an_axis_by_its_name_is_that_axis(
    tmp_path: Path, shape: str, layers: str, found: dict[str, object]
) -> None:
    net = network(tmp_path, layers, f"vars: {{where: length}}\ninput: {shape}\n")
    assert {name: getattr(net.nodes[0].layer, name) for name in found} == found


def test_a_name_of_an_axis_is_looked_up_where_it_stands(tmp_path: Path) -> None:
    net = network(
        tmp_path,
        """
        - repeat: {i: 2}
          body: [{softmax: {axis: $('height' if i == 0 else 'length')}}, {reshape: {shape: [4, 64]}}]
        - {softmax: {axis: channels}}
        - {transpose: {axes: [1, 0]}}
        - {softmax: {axis: channels}}
        """,
    )
    assert [node.layer.axis for node in net if isinstance(node.layer, Softmax)] == [1, 1, 0, 0]
