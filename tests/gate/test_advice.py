"""Advice against the spec it describes: each change is written out by hand, analyzed, and has the number."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcost
from archcost.advice import IDEAS, advice, hints
from archcost.advice.question import Question
from archcost.advice.rebuild import rebuilt
from archcost.analysis.facts import Facts
from archcost.analysis.measures import MEASURES
from archcost.limits import DEFAULT
from archcost.results.report import COUNTS
from archcost.spec.zoo import zoo
from archcost.words.numbers import si

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from archcost.advice.question import Hint, Number, Reload
    from archcost.network import Network
    from archcost.results.report import NodeRow
    from archcost.spec.variables import Setting

    Load = Callable[..., Network]

NOTHING_IS_ENOUGH = -1
"""A limit that makes ideas say all they can."""


def measured(network: Network, measure: str) -> Number | None:
    return MEASURES[measure].of(Facts.of(network))


def all_hints(network: Network, measure: str, limit: Number = NOTHING_IS_ENOUGH) -> dict[str, Number]:
    """Every hint of every idea, by its text before the colon that parts it from the number."""
    question = Question(Facts.of(network), measure, limit)
    found = [hint for idea in IDEAS for hint in idea(question)]
    return {hint.text.rpartition(": ")[0]: hint.value for hint in found}


def reloader(path: str | Path) -> Reload:
    def reload(
        *,
        set: Mapping[str, Setting] | None = None,  # noqa: A002 - as `Reload` has it
        input: Mapping[str, tuple[int, ...]] | None = None,  # noqa: A002 - likewise
        variant: str | None = None,
    ) -> Network:
        return archcost.load(path, set=set, input=input, variant=variant)

    return reload


# -- convolutions in another form -------------------------------------------------------------------------

HEAD = "- conv: {out_channels: 16, kernel_size: 1}\n"
CHANGED = " (changes what is learned)"


class Form(NamedTuple):
    name: str
    layer: str
    instead: str


FORMS = [
    Form(
        "groups: 2",
        "- conv: {out_channels: 32, kernel_size: 3, padding: same}",
        "- conv: {out_channels: 32, kernel_size: 3, padding: same, groups: 2}",
    ),
    Form(
        "groups: 8",
        "- conv: {out_channels: 32, kernel_size: 3, stride: 2, bias: false}",
        "- conv: {out_channels: 32, kernel_size: 3, stride: 2, bias: false, groups: 8}",
    ),
    Form(
        "a bottleneck: 1×1 to a quarter of the channels, 3×3, 1×1",
        "- conv: {out_channels: 32, kernel_size: 3, stride: 2, padding: 1, in_channels: 16}",
        "- conv: {out_channels: 8, kernel_size: 1}\n"
        "- conv: {out_channels: 8, kernel_size: 3, stride: 2, padding: 1}\n"
        "- conv: {out_channels: 32, kernel_size: 1}",
    ),
    Form(
        "depthwise_conv 3×3 without bias, then conv 1×1",
        "- conv: {out_channels: 32, kernel_size: 3, stride: 2, padding: same, dilation: 2}",
        "- depthwise_conv: {kernel_size: 3, stride: 2, padding: same, dilation: 2, bias: false}\n"
        "- conv: {out_channels: 32, kernel_size: 1}",
    ),
    Form(
        "2 of 3×3",
        "- conv: {out_channels: 16, kernel_size: 5, padding: same, in_channels: 16}",
        "- conv: {out_channels: 16, kernel_size: 3, padding: same}\n"
        "- conv: {out_channels: 16, kernel_size: 3, padding: same}",
    ),
    Form(
        "3 of 3×3",
        "- conv: {out_channels: 16, kernel_size: 7, padding: 6, dilation: 2, bias: false}",
        "- conv: {out_channels: 16, kernel_size: 3, padding: 2, dilation: 2, bias: false}\n"
        "- conv: {out_channels: 16, kernel_size: 3, padding: 2, dilation: 2, bias: false}\n"
        "- conv: {out_channels: 16, kernel_size: 3, padding: 2, dilation: 2, bias: false}",
    ),
    Form(
        "3×1 and 1×3",
        "- conv: {out_channels: 16, kernel_size: 3, stride: 2, padding: [[1, 0], [0, 1]]}",
        "- conv: {out_channels: 16, kernel_size: [3, 1], stride: [2, 1], padding: [[1, 0], [0, 0]]}\n"
        "- conv: {out_channels: 16, kernel_size: [1, 3], stride: [1, 2], padding: [[0, 0], [0, 1]]}",
    ),
    Form(
        "5×1 and 1×3",
        "- conv: {out_channels: 16, kernel_size: [5, 3], padding: same}",
        "- conv: {out_channels: 16, kernel_size: [5, 1], padding: same}\n"
        "- conv: {out_channels: 16, kernel_size: [1, 3], padding: same}",
    ),
]


@pytest.mark.parametrize("measure", ["params", "macs", "multiplications", "additions", "memory_access"])
@pytest.mark.parametrize("form", FORMS, ids=[form.name for form in FORMS])
def test_a_convolution_in_another_form_costs_what_the_changed_spec_costs(
    network: Load, form: Form, measure: str
) -> None:
    before = network(HEAD + form.layer, "[16, 20, 20]")
    after = network(HEAD + form.instead, "[16, 20, 20]")
    heaviest = before.nodes[1].path
    expected = measured(after, measure)
    assert expected is not None
    found = all_hints(before, measure).get(f"{heaviest} as {form.name}{CHANGED}")
    if expected < (measured(before, measure) or 0):
        assert found == expected
    else:
        assert found is None, "what does not help is not said"
    assert after.nodes[-1].output == before.nodes[-1].output


def test_convolutions_of_three_axes_are_taken_axis_by_axis(network: Load) -> None:
    before = network("- conv: {out_channels: 4, kernel_size: 3}", "[4, 9, 9, 9]")
    after = network(
        """
        - conv: {out_channels: 4, kernel_size: [3, 1, 1]}
        - conv: {out_channels: 4, kernel_size: [1, 3, 1]}
        - conv: {out_channels: 4, kernel_size: [1, 1, 3]}
        """,
        "[4, 9, 9, 9]",
    )
    found = all_hints(before, "macs")
    assert found[f"conv as 3×1×1 and 1×3×1 and 1×1×3{CHANGED}"] == measured(after, "macs")


REPEATED = """
- repeat: 3
  body:
    - conv: {{out_channels: 8, kernel_size: 3, padding: same{groups}}}
"""


def test_where_one_convolution_is_not_enough_all_that_one_line_writes_are_changed(network: Load) -> None:
    after = measured(network(REPEATED.format(groups=", groups: 2"), "[8, 16, 16]"), "params")
    assert after is not None
    before = network(REPEATED.format(groups=""), "[8, 16, 16]")
    found = advice(Facts.of(before), "params", after)
    line = before.nodes[0].place.line
    assert found == [f"all 3 convolutions at {before.path}:{line} (0.conv, …) as groups: 2{CHANGED}: 888"]
    assert after == 888


def test_what_cannot_have_the_form_is_left_as_it_is(network: Load) -> None:
    found = all_hints(network(REPEATED.format(groups=""), "[3, 16, 16]"), "params")
    (text,) = [text for text in found if "groups: 4" in text and "convolutions" in text]
    assert text.startswith("2 of the 3 convolutions at ")


@pytest.mark.parametrize(
    "layer",
    [
        "- conv: {out_channels: 6, kernel_size: 3, groups: 3}",
        "- depthwise_conv: {kernel_size: 3}",
        "- conv: {out_channels: 2, kernel_size: 1}",
        "- conv: {out_channels: 2, kernel_size: 2, connections: [[0], [1, 2]]}",
        "- max_pool: {kernel_size: 2}",
    ],
)
def test_what_is_cheap_already_is_not_made_cheaper(network: Load, layer: str) -> None:
    found = all_hints(network(layer, "[3, 8, 8]"), "params")
    assert not any("groups" in text or "depthwise" in text or "bottleneck" in text for text in found)


def test_shared_weights_are_not_replaced_at_one_of_their_uses(network: Load) -> None:
    shared = network(
        """
        - conv: {out_channels: 3, kernel_size: 3, padding: same}
          share: both
        - conv: {out_channels: 3, kernel_size: 3, padding: same}
          share: both
        """
    )
    assert not all_hints(shared, "params")


# -- biases, heads, strides, order ------------------------------------------------------------------------


def test_biases_before_batch_norms_are_found_and_others_are_kept(network: Load) -> None:
    spec = """
        - conv: {{out_channels: 8, kernel_size: 3{first}}}
        - batch_norm:
        - relu:
        - conv: {{out_channels: 8, kernel_size: 3}}
        - relu:
        - batch_norm:
        - depthwise_conv: {{kernel_size: 3{second}}}
        - batch_norm:
        """
    before = network(spec.format(first="", second=""), "[3, 16, 16]")
    after = network(spec.format(first=", bias: false", second=", bias: false"), "[3, 16, 16]")
    for measure in ("params", "additions"):
        found = all_hints(before, measure)
        text = "bias: false in conv and 1 more, whose bias a batch norm undoes"
        assert found[text] == measured(after, measure)
    assert not any("bias: false in" in text for text in all_hints(after, "params"))


READ_ELSEWHERE = """
- conv: {out_channels: 3, kernel_size: 1}
  name: a
- batch_norm:
  name: b
- add:
  from: [a, b]
"""
USED_ELSEWHERE = """
- conv: {out_channels: 3, kernel_size: 1}
  share: one
- batch_norm:
- conv: {out_channels: 3, kernel_size: 1}
  share: one
- relu:
"""


@pytest.mark.parametrize("layers", [READ_ELSEWHERE, USED_ELSEWHERE])
def test_a_bias_that_matters_elsewhere_is_kept(network: Load, layers: str) -> None:
    assert not any("bias: false" in text for text in all_hints(network(layers), "params"))


def test_a_shared_bias_that_batch_norms_undo_everywhere_is_undone_once(network: Load) -> None:
    spec = """
        - conv: {{out_channels: 3, kernel_size: 3, padding: same{bias}}}
          share: one
        - batch_norm:
        - conv: {{out_channels: 3, kernel_size: 3, padding: same{bias}}}
          share: one
        - batch_norm:
        """
    before, after = network(spec.format(bias="")), network(spec.format(bias=", bias: false"))
    found = all_hints(before, "params")
    assert [*found.values()] == [measured(after, "params")]


def test_pooling_before_a_linear_layer_saves_a_weight_per_position(network: Load) -> None:
    spec = """
        - conv: {{out_channels: 8, kernel_size: 3}}
        {pool}
        - flatten:
        - dropout:
        - linear: {{out_features: 10{assertion}}}
        """
    before = network(spec.format(pool="- relu:", assertion=", in_features: 288"), "[3, 8, 8]")
    after = network(spec.format(pool="- relu:\n        - global_avg_pool:", assertion=""), "[3, 8, 8]")
    for measure in ("params", "macs", "memory_access"):
        found = all_hints(before, measure)
        assert found[f"global_avg_pool before flatten{CHANGED}"] == measured(after, measure)
    assert not any("global_avg_pool" in text for text in all_hints(after, "params"))


def test_a_stride_may_come_before_the_layers_that_lead_to_it(network: Load) -> None:
    spec = """
        - conv: {{out_channels: 8, kernel_size: 3, padding: same{first}}}
        - relu:
        - conv: {{out_channels: 8, kernel_size: 3, padding: same}}
        - relu:
        {pool}
        """
    before = network(spec.format(first="", pool="- max_pool: {kernel_size: 2}"), "[3, 32, 32]")
    after = network(spec.format(first=", stride: 2", pool=""), "[3, 32, 32]")
    for measure in ("macs", "activations", "peak", "best_peak", "comparisons"):
        found = all_hints(before, measure)
        assert found[f"stride 2 already in conv, without max_pool{CHANGED}"] == measured(after, measure)


def test_a_stride_of_a_convolution_moves(network: Load) -> None:
    spec = """
        - conv: {{out_channels: 8, kernel_size: 3, padding: 1{first}}}
        - relu:
        - conv: {{out_channels: 8, kernel_size: 3, padding: 1{second}}}
        """
    before = network(spec.format(first="", second=", stride: 2"), "[3, 32, 32]")
    after = network(spec.format(first=", stride: 2", second=""), "[3, 32, 32]")
    found = all_hints(before, "peak")
    assert found[f"stride 2 already in conv, not in conv_2{CHANGED}"] == measured(after, "peak")


def test_a_stride_does_not_pass_what_others_read(network: Load) -> None:
    forked = network(
        """
        - conv: {out_channels: 8, kernel_size: 3, padding: same}
          name: fork
        - max_pool: {kernel_size: 2}
        - upsample: {scale_factor: 2}
          name: back
        - concat:
          from: [fork, back]
        """,
        "[3, 32, 32]",
    )
    assert not any("stride" in text for text in all_hints(forked, "macs"))


WIDE_FIRST = """
- conv: {out_channels: 64, kernel_size: 1}
  name: wide
- conv: {out_channels: 64, kernel_size: 1}
  from: input
  name: wider
- conv: {out_channels: 1, kernel_size: 1}
  from: wide
  name: narrow
- conv: {out_channels: 1, kernel_size: 1}
  from: wider
  name: narrower
- add:
  from: [narrow, narrower]
"""


def test_another_order_of_the_layers_is_said_if_it_needs_less(network: Load) -> None:
    facts = Facts.of(network(WIDE_FIRST))
    peak = facts.report.totals.peak_activations
    assert peak.best < peak.as_written
    (found,) = advice(facts, "peak", peak.best)
    assert found == f"the layers in the order that needs least memory: {peak.best / 1000:.3f} k"


# -- settings ---------------------------------------------------------------------------------------------

SIZED = """
archcost: 1
name: sized
vars: {width: 16}
variants:
  slim: {width: 8}
  slimmer: {width: 4}
  wide: {width: 32}
input: [3, 64, 96]
layers:
  - conv: {out_channels: $width, kernel_size: 3, padding: same, stride: 2}
  - max_pool: {kernel_size: 2}
  - conv: {out_channels: $width, kernel_size: 1}
  - global_avg_pool:
  - linear: {out_features: 10}
"""


@pytest.fixture
def sized(tmp_path: Path) -> Path:
    path = tmp_path / "sized.yaml"
    path.write_text(SIZED)
    return path


def test_the_largest_input_that_fits_is_named(sized: Path) -> None:
    facts = Facts.of(archcost.load(sized))
    sizes = [(64 - 4 * (4 * n * 64 // 96 // 4), 96 - 4 * n) for n in range(24)]
    macs_of = {size: archcost.analyze(archcost.load(sized, input=(3, *size))).totals.macs for size in sizes}
    for tenths in range(3, 10):
        limit = facts.report.totals.macs * tenths // 10
        largest = next(size for size in sizes if macs_of[size] <= limit)
        text = f"input 3×{largest[0]}×{largest[1]} instead of 3×64×96: {si(macs_of[largest])}"
        assert text in advice(facts, "macs", limit, reload=reloader(sized))


def test_a_variant_that_fits_is_named_and_of_several_the_largest(sized: Path) -> None:
    facts = Facts.of(archcost.load(sized))
    values = {name: measured(archcost.load(sized, variant=name), "params") for name in ("slim", "slimmer")}
    assert advice(facts, "params", values["slim"] or 0, reload=reloader(sized)) == [
        f"variant slim: {values['slim']}"
    ]
    assert advice(facts, "params", values["slimmer"] or 0, reload=reloader(sized))[0] == (
        f"variant slimmer: {values['slimmer']}"
    )


def test_without_a_way_to_read_the_spec_anew_nothing_is_said_about_settings(sized: Path) -> None:
    found = advice(Facts.of(archcost.load(sized)), "macs", 1000)
    assert not any("variant" in text or "input" in text for text in found)


def test_a_network_that_asserts_its_size_is_not_told_to_shrink(tmp_path: Path) -> None:
    path = tmp_path / "fixed.yaml"
    path.write_text(
        SIZED.replace("global_avg_pool", "flatten").replace("features: 10", "features: 10, in_features: 6144")
    )
    found = advice(Facts.of(archcost.load(path)), "macs", 1000, reload=reloader(path))
    assert not any("input" in text for text in found)


def test_fewer_bytes_for_each_element_help_a_limit_in_bytes(sized: Path) -> None:
    facts = Facts.of(archcost.load(sized, variant="wide"))
    params = facts.report.totals.params
    found = advice(facts, "params", params // 2 + 1, dtype="float32")
    assert f"float16 instead of float32: {2 * params / 1000:.3f} kB" in found
    assert not any("float" in text for text in advice(facts, "params", params // 2 + 1))


def test_the_number_is_never_written_like_a_limit_it_does_not_equal(network: Load) -> None:
    facts = Facts.of(network("- conv: {out_channels: 64, kernel_size: 3}\n- batch_norm:", "[64, 8, 8]"))
    found = advice(facts, "params", 36_993)
    assert found[0] == "bias: false in conv, whose bias a batch norm undoes: 36,992"


# -- fields -----------------------------------------------------------------------------------------------

STACK = """
- conv: {{out_channels: 4, kernel_size: 3, stride: 2, padding: same}}
- conv: {{out_channels: 4, kernel_size: 3, padding: {p[0]}, dilation: {d[0]}}}
- relu:
- conv: {{out_channels: 4, kernel_size: 3, padding: {p[1]}, dilation: {d[1]}}}
- conv: {{out_channels: 4, kernel_size: 3, padding: {p[2]}, dilation: {d[2]}}}
"""


def stack(d: tuple[int, ...], padding: str | None = None) -> str:
    return STACK.format(d=d, p=(padding,) * 3 if padding else d)


def rates_in(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", re.split(" instead| \\(", text)[0])))


@pytest.mark.parametrize("padding", [None, "same"])
def test_other_dilations_reach_a_field_without_holes(network: Load, padding: str | None) -> None:
    before = network(stack((1, 1, 1), padding), "[3, 64, 64]")
    (text, value), *_ = all_hints(before, "field", 31).items()
    assert text.endswith(" (no holes) from conv_2 to conv_4")
    after = network(stack(rates_in(text), padding), "[3, 64, 64]")
    assert (value, 1.0) == (measured(after, "field"), measured(after, "coverage"))


def test_more_layers_reach_a_field_too(network: Load) -> None:
    before = network(stack((1, 2, 2)), "[3, 64, 64]")
    limit = (measured(before, "field") or 0) + 9
    found = all_hints(before, "field", limit)
    after = network(
        stack((1, 2, 2)) + "- conv: {out_channels: 4, kernel_size: 3, padding: 2, dilation: 2}\n" * 2,
        "[3, 64, 64]",
    )
    assert found["2 more convolutions like conv_4 behind it, 8 positions each"] == measured(after, "field")


def test_holes_are_closed_at_the_same_field_or_by_the_fewest_changes(network: Load) -> None:
    before = network(stack((4, 4, 4)), "[3, 64, 64]")
    found = all_hints(before, "coverage", 1.0)
    first, second = found
    for text in (first, second):
        after = network(stack(rates_in(text)), "[3, 64, 64]")
        assert found[text] == measured(after, "coverage")
        assert measured(after, "coverage") == 1.0
        assert (measured(after, "field") or 0) >= (measured(before, "field") or 0) * (text == first)
    assert advice(Facts.of(before), "coverage", 1.0) == [f"{first}: 100.0 %"]


# -- parts ------------------------------------------------------------------------------------------------


def rows_of(facts: Facts, chosen: Callable[[NodeRow], bool]) -> list[NodeRow]:
    return [row for row in facts.report.nodes if chosen(row)]


def test_a_limit_of_a_block_counts_what_the_block_becomes(network: Load) -> None:
    spec = """
        - conv: {{out_channels: 32, kernel_size: 3, padding: same}}
        - name: tail
          body:
            - conv: {{out_channels: 8, kernel_size: 3, padding: same{groups}}}
        """
    before, after = (Facts.of(network(spec.format(groups=g), "[32, 8, 8]")) for g in ("", ", groups: 2"))
    part, changed = (rows_of(one, lambda row: row.path.startswith("tail.")) for one in (before, after))
    limit = sum(row.params for row in changed)
    question = Question(before, "params", limit, frozenset(row.path for row in part))
    found = {hint.text: hint.value for idea in IDEAS for hint in idea(question)}
    assert found[f"tail.conv as groups: 2{CHANGED}: 1.160 k"] == limit == 1160
    assert all(hint.startswith("tail.") for hint in advice(before, "params", limit, rows=part))


def test_a_limit_of_a_kind_counts_that_kind_alone(network: Load) -> None:
    facts = Facts.of(network(HEAD + "- conv: {out_channels: 32, kernel_size: 3}", "[16, 8, 8]"))
    question = Question(facts, "params", 0, kind="conv")
    found = {hint.text: hint.value for idea in IDEAS for hint in idea(question)}
    separable = f"conv_2 as depthwise_conv 3×3 without bias, then conv 1×1{CHANGED}: 816"
    assert found[separable] == (16 * 16 + 16) + (16 * 32 + 32), "the depthwise part is of another kind"


# -- what is said -----------------------------------------------------------------------------------------


def test_where_nothing_is_enough_the_best_is_said_and_that_it_is_not(network: Load) -> None:
    facts = Facts.of(network(REPEATED.format(groups=""), "[8, 16, 16]"))
    (found,) = advice(facts, "params", 10)
    assert found.endswith(", which is not enough")
    everything = all_hints(facts.network, "params", 10)
    (best,) = hints(Question(facts, "params", 10))
    assert best.value == min(everything.values())


def test_a_limit_that_holds_needs_no_advice(network: Load) -> None:
    facts = Facts.of(network(REPEATED.format(groups="")))
    assert advice(facts, "params", facts.report.totals.params) == []


def test_a_large_network_is_not_searched_for_long(network: Load) -> None:
    facts = Facts.of(network(REPEATED.format(groups=""), "[8, 16, 16]"))
    assert hints(Question(facts, "params", 900, work=2)) == []
    assert hints(Question(facts, "params", 900, work=300))


# -- every network of the zoo -----------------------------------------------------------------------------

NAMES = sorted({entry.file.stem for entry in zoo(DEFAULT)})


@cache
def of_the_zoo(name: str) -> Facts:
    return Facts.of(archcost.load(f"zoo:{name}"))


@pytest.mark.parametrize("name", NAMES)
def test_a_network_rebuilt_without_changes_is_the_same(name: str) -> None:
    network = of_the_zoo(name).network
    again = archcost.analyze(rebuilt(network, {}))
    before = of_the_zoo(name).report
    assert (again.totals, again.nodes, again.outputs) == (before.totals, before.nodes, before.outputs)


@settings(max_examples=50)
@given(st.sampled_from(NAMES), st.sampled_from([*MEASURES]), st.integers(1, 300))
def test_advice_about_any_limit_of_any_network_is_true(name: str, measure: str, percent: int) -> None:
    facts = of_the_zoo(name)
    value = MEASURES[measure].of(facts)
    if value is None:
        return
    limit = value * percent / 100 if isinstance(value, float) else value * percent // 100
    question = Question(facts, measure, limit, reload=reloader(f"zoo:{name}"))
    found = hints(question)
    assert len(found) <= 3
    assert all(question.gain(hint.value) > 0 for hint in found)
    assert not found or not question.fits(value)
    for hint in found:
        check_again(hint, question, name)


def check_again(hint: Hint, question: Question, name: str) -> None:
    """What a setting changes is read and analyzed once more."""
    assert hint.fits == question.fits(hint.value)
    what, _, rest = hint.text.partition(" ")
    if what == "input":
        shape = rest.partition(" instead")[0].replace("×", "x").replace(" ", "=")
        assert (
            MEASURES[question.measure].of(Facts.of(archcost.load(f"zoo:{name}", input=shape))) == hint.value
        )
    if what == "variant":
        again = archcost.load(f"zoo:{name}", variant=rest.partition(":")[0])
        assert MEASURES[question.measure].of(Facts.of(again)) == hint.value


@settings(max_examples=20)
@given(st.sampled_from(NAMES), st.sampled_from(COUNTS), st.integers(1, 99), st.data())
def test_advice_about_a_group_of_any_network_helps_that_group(
    name: str, measure: str, percent: int, data: st.DataObject
) -> None:
    facts = of_the_zoo(name)
    if not facts.report.groups:
        return
    group = data.draw(st.sampled_from(facts.report.groups))
    rows = rows_of(facts, lambda row: row.path.startswith(f"{group.path}."))
    limit = getattr(group, measure) * percent // 100
    part = frozenset(row.path for row in rows)
    question = Question(facts, measure, limit, part, reload=reloader(f"zoo:{name}"))
    assert question.value == getattr(group, measure)
    assert all(question.gain(hint.value) > 0 for hint in hints(question))


def test_a_convolution_over_other_axes_than_the_input_s_is_not_advised_about(
    network: Callable[..., Network],
) -> None:
    column = "- conv: {out_channels: 4, kernel_size: [3, 1]}\n- reshape: {shape: [4, 6]}\n"
    facts = Facts.of(network(f"{column}- conv: {{out_channels: 4, kernel_size: 3}}\n", "[3, 8, 1]"))
    assert facts.output_fields[0].size == (5, 1)
    assert all("conv_2" not in hint for hint in advice(facts, "field", 9))
