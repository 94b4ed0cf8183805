"""The first layer that sees more than there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.passes.receptive_field import receptive_fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.network import Network

    Said = Callable[..., list[str]]

RULE = "field-exceeds-input"
CONVS = "- {name: deep, repeat: 4, body: [conv: {out_channels: 3, kernel_size: 3, padding: 1}]}"
AFTER = ": from here on every output sees beyond a border, and one in the middle gains nothing but padding"


def test_only_the_first_such_layer_is_named(said: Said) -> None:
    assert said(RULE, CONVS, x="[3, 6, 8]") == [
        f"deep.2.conv: its receptive field of 7×7 is larger than the input of 6×8 in height{AFTER}",
    ]


def test_a_field_as_large_as_the_input_is_not_larger(said: Said) -> None:
    assert said(RULE, CONVS, x="[3, 9, 9]") == []


def test_operations_over_all_positions_are_left_out(said: Said) -> None:
    layers = "- std/squeeze_excite: {ratio: 1}\n- global_avg_pool\n"
    assert said(RULE, layers, x="[3, 4, 4]") == []
    assert said(RULE, f"- std/squeeze_excite: {{ratio: 1}}\n{CONVS}", x="[3, 6, 6]") == [
        f"deep.2.conv: its receptive field of 7×7 is larger than the input of 6×6 in height and width{AFTER}",
    ]


def test_every_input_has_a_first_layer_of_its_own(said: Said) -> None:
    layers = """
        - {name: a, from: near, conv: {out_channels: 3, kernel_size: 5, padding: 2}}
        - {name: b, from: far, conv: {out_channels: 3, kernel_size: 7, padding: 3}}
        - {add, from: [a, b]}
        """
    assert said(RULE, layers, x="{near: [3, 4, 4], far: [3, 4, 4]}") == [
        f"a: its receptive field of 5×5 is larger than the input 'near' of 4×4 in height and width{AFTER}",
        f"b: its receptive field of 7×7 is larger than the input 'far' of 4×4 in height and width{AFTER}",
    ]


def test_a_layer_that_remembers_all_before_is_left_out_and_what_follows_it(said: Said) -> None:
    conv = "- conv: {out_channels: 4, kernel_size: %d, padding: same}\n"
    layers = f"- lstm: {{hidden_size: 4}}\n{conv % 3}- gru: {{hidden_size: 4}}"
    assert said(RULE, layers, x="[3, 9]") == []
    assert [line.partition(":")[0] for line in said(RULE, f"{conv % 11}{layers}", x="[3, 9]")] == ["conv"]


def test_it_is_said_only_where_every_output_sees_so_much(said: Said) -> None:
    """A score of positions 0 and 31 spans 34, that of two neighbours 4."""
    conv = "- conv: {out_channels: 8, kernel_size: %d, padding: same}\n"
    attention = "- std/attention: {heads: 2}"
    assert said(RULE, conv % 3 + attention, x="[8, 32]") == []
    # Of an up-sampling's outputs some see 9 positions, others 10.
    up = conv % 5 + "- upsample: {scale_factor: 2}\n" + conv % 11
    assert [len(said(RULE, up, x=f"[8, {length}]")) for length in (10, 9, 8)] == [0, 1, 1]


def test_vectors_have_no_field(said: Said) -> None:
    assert said(RULE, "- linear: {out_features: 4}", x="[3]") == []


def test_an_upper_bound_proves_nothing(said: Said, network: Callable[..., Network]) -> None:
    far = "- conv: {out_channels: 1, kernel_size: 3, dilation: %s, padding: same}"
    field = receptive_fields(network(far % 2**18, x="[1, 64]"))[-1]["input"]
    assert (field.size, field.upper_bound) == ((2**19 + 1,), True)
    assert said(RULE, far % 2**18, x="[1, 64]") == []
    assert len(said(RULE, far % 2**16, x="[1, 64]")) == 1
