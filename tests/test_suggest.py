"""What is offered for a word that is not known: never a layer that computes something else.

`data/operators.txt` and `data/arguments.txt` have the words of other frameworks.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from archcost import analyze, foreign, load
from archcost.errors import SpecError
from archcost.layers import KINDS, find_item, words
from archcost.spec.keywords import MERGES, STRUCTURES
from archcost.spec.unknown_words import Slips, field_tail, kind_tail
from archcost.spec.zoo import standard_names
from archcost.words.suggest import meant, nearest, plain, suggest, translate

DATA = Path(__file__).parent / "data"


def listed(file: str) -> list[str]:
    """The words of a list, each once."""
    lines = (DATA / file).read_text().splitlines()
    return list(dict.fromkeys(word for line in lines if line[:1] != "#" for word in line.split()))


OPERATORS, ARGUMENTS = listed("operators.txt"), listed("arguments.txt")
KNOWN = [*words(), *STRUCTURES, *(f"std/{name}" for name in standard_names())]


def offered(tail: str) -> str | None:
    """The word that the end of a message offers as the one that was meant."""
    return tail.partition("did you mean '")[2].partition("'")[0] or None


# -- kinds ----------------------------------------------------------------------------------------------


def test_the_lists_are_long() -> None:
    assert len(OPERATORS) > 1_500
    assert len(ARGUMENTS) > 400


def test_no_operator_is_taken_for_another() -> None:
    """What is offered is the same word in other letters, or in the table of those that mean the same."""
    found = {word: offered(kind_tail(word, STRUCTURES, [])) for word in OPERATORS}
    mistaken = {
        word: ours
        for word, ours in found.items()
        if ours
        and plain(ours.removeprefix("std/")) != plain(word)
        and foreign.layers.KINDS.get(plain(word)) != ours
    }
    assert mistaken == {}


def test_an_operator_with_a_sentence_gets_the_sentence() -> None:
    for word, sentence in foreign.layers.INSTEAD.items():
        assert kind_tail(word, STRUCTURES, []) == f": {sentence}"
        assert kind_tail(f"nn.{word.title()}", STRUCTURES, []) == f": {sentence}"


ELSEWHERE = {
    "reglu": "glu",
    "permute": "transpose: {axes:",
    "mean": "reduce: {function: mean, axis:",
    "tf.reduce_sum": "reduce: {function: sum, axis:",
    "argmax": "reduce: {function: argmax, axis:",
    "topk": "custom",
    "flow_warp": "grid_sample",
    "bilstm": "`lstm` with `bidirectional: true`",
    "rope": "std/rotary: {heads: 8}",
    "conv_bn": "std/conv_norm_act",
    "view": "reshape: {shape:",
    "unbind": "split: {parts:",
    "reflection_pad": "pad: {padding: 1, mode: reflect}",
    "focus": "pixel_unshuffle: {downscale_factor: 2}",
    "reorg": "pixel_unshuffle: {downscale_factor: 2}",
    "cls_token": "parameter: {shape:",
    "positional_encoding": "parameter: {shape:",
    "conv3x3": "kernel_size: 3",
    "max_pool_3x3": "write `max_pool` with `kernel_size: 3`",
    "sep_conv_3x3": "std/separable_conv",
    "fc6": "if that is its name, write `linear`, and `name: fc6`",
    "conv_1": "if that is its name, write `conv`, and `name: conv_1`",
    "relu5_3": "if that is its name, write `relu`, and `name: relu5_3`",
    "linear_layer": "if that is its name, write `linear`",
    "pool5": "`max_pool` or `avg_pool`",
}


@pytest.mark.parametrize(("word", "way"), ELSEWHERE.items())
def test_the_way_out_is_named(word: str, way: str) -> None:
    assert way in kind_tail(word, STRUCTURES, [])


TRANSLATED = {
    "conv_dw": "depthwise_conv",
    "lrelu": "leaky_relu",
    "leaky": "leaky_relu",
    "zero_pad": "pad",
    "ZeroPad2d": "pad",
    "nn.Conv2d": "conv",
    "tf.keras.layers.Dense": "linear",
    "std/se": "std/squeeze_excite",
    "std/squeeze": "std/squeeze_excite",
    "squeeze_excite": "std/squeeze_excite",
    "BasicBlock": "std/basic_block",
    "rellu": "relu",
    "rleu": "relu",
    "dropuot": "dropout",
    "batch_nrom": "batch_norm",
    "max_pol": "max_pool",
}


@pytest.mark.parametrize(("word", "ours"), TRANSLATED.items())
def test_the_same_under_another_name_is_translated(word: str, ours: str) -> None:
    assert offered(kind_tail(word, STRUCTURES, [])) == ours


@pytest.mark.parametrize("kind", words())
def test_a_kind_in_other_letters_is_that_kind(kind: str) -> None:
    camel = "".join(part.title() for part in kind.split("_"))
    for written in (kind.upper(), camel, f"nn.{camel}", kind.replace("_", ""), kind.replace("_", "-")):
        assert plain(offered(kind_tail(written, STRUCTURES, [])) or "") == plain(kind)


def test_a_block_of_the_spec_is_offered_first() -> None:
    assert offered(kind_tail("conv_bnn", STRUCTURES, ["conv_bn"])) == "conv_bn"
    assert offered(kind_tail("std/unit", STRUCTURES, ["unit"])) == "unit"
    assert offered(kind_tail("stem_3", STRUCTURES, ["stem_1", "stem_2"])) in {"stem_1", "stem_2"}


def test_standard_blocks_whose_names_begin_alike_are_all_named() -> None:
    assert kind_tail("std/inception_v3", STRUCTURES, []).count("std/inception_v3_") == 5


def test_every_translation_is_a_word_of_the_language_and_looked_up_as_it_is_written() -> None:
    assert set(foreign.layers.KINDS.values()) <= set(KNOWN)
    assert set(foreign.blocks.STANDARD.values()) <= set(standard_names())
    assert set(foreign.blocks.MERGES.values()) == set(MERGES)
    for table in (foreign.layers.KINDS, foreign.layers.INSTEAD, foreign.blocks.STANDARD):
        assert all(word == plain(word) or word == "conv4d" for word in table)
    assert not set(foreign.layers.KINDS) & set(foreign.layers.INSTEAD)


def test_no_translation_hides_a_word_of_the_language() -> None:
    ours = {plain(word) for word in [*words(), *STRUCTURES]}
    assert not ours & {*foreign.layers.KINDS, *foreign.layers.INSTEAD}


def test_kinds_that_sentences_name_are_there(tmp_path: Path) -> None:
    """Every `kind: {…}` of a sentence that is complete can be written as it stands."""
    examples = {
        "conv_norm_act": "std/conv_norm_act: {out_channels: 64, kernel_size: 3, act: relu}",
        "upsampling": "upsample: {scale_factor: 2, mode: bilinear, align_corners: true}",
        "reflect": "pad: {padding: 1, mode: reflect}",
        "focus": "pixel_unshuffle: {downscale_factor: 2}",
        "downsample": "upsample: {scale_factor: 0.5}",
    }
    sentences = " ".join(foreign.layers.INSTEAD.values())
    for example in examples.values():
        assert example in sentences
        path = tmp_path / "net.yaml"
        path.write_text(f"archcost: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n  - {example}\n")
        assert load(path)


def test_multi_head_attention_has_the_parameters_of_the_one_it_is_taken_for(tmp_path: Path) -> None:
    """PyTorch's has 4 e² weights and 4 e biases."""
    path = tmp_path / "net.yaml"
    path.write_text("archcost: 1\nname: net\ninput: [16, 9]\nlayers:\n  - std/attention: {heads: 4}\n")
    assert analyze(load(path)).totals.params == 4 * 16**2 + 4 * 16


# -- fields ---------------------------------------------------------------------------------------------


def unknown_fields(tmp_path: Path, kind: str, fields: list[str]) -> dict[str, str]:
    """The messages about fields of a kind, by the field."""
    path = tmp_path / "net.yaml"
    given = "".join(f"      {field}: 1\n" for field in fields)
    path.write_text(f"archcost: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n  - {kind}:\n{given}")
    with pytest.raises(SpecError) as caught:
        load(path)
    found = (one.message.partition("unknown field '")[2] for one in caught.value.diagnostics)
    return {message.partition("'")[0]: message for message in found if message}


def test_no_argument_is_taken_for_another_field() -> None:
    for kind in KINDS:
        own, table = fields_of(kind), foreign.fields.FIELDS | foreign.fields.FIELDS_OF.get(kind, {})
        found = {word: offered(field_tail(word, own, kind)) for word in ARGUMENTS if word not in own}
        mistaken = {
            word: ours
            for word, ours in found.items()
            if ours and plain(ours) != plain(word) and table.get(word) != ours
        }
        assert mistaken == {}, kind


def fields_of(kind: str) -> list[str]:
    found = find_item(kind)
    assert found
    return list(found[0].model_fields)


FIELD_WORDS = {
    ("conv", "size"): "kernel_size",
    ("conv", "filters"): "out_channels",
    ("conv", "num_output"): "out_channels",
    ("conv", "dilation_rate"): "dilation",
    ("conv", "kernal"): "kernel_size",
    ("linear", "features"): "out_features",
    ("linear", "units"): "out_features",
    ("linear", "out_channels"): "out_features",
    ("depthwise_conv", "out_channels"): "multiplier",
    ("depthwise_conv", "depth_multiplier"): "multiplier",
    ("max_pool", "pool_size"): "kernel_size",
    ("upsample", "scale"): "scale_factor",
    ("upsample", "interpolation"): "mode",
    ("leaky_relu", "alpha"): "negative_slope",
    ("dropout", "rate"): "p",
    ("batch_norm", "epsilon"): "eps",
    ("batch_norm", "channels"): "num_features",
    ("group_norm", "groups"): "num_groups",
    ("transpose", "perm"): "axes",
    ("pixel_shuffle", "block_size"): "upscale_factor",
    ("embedding", "vocab_size"): "num_embeddings",
    ("custom", "mult_adds"): "macs",
}


@pytest.mark.parametrize(("kind", "field"), FIELD_WORDS)
def test_a_field_is_translated(kind: str, field: str, tmp_path: Path) -> None:
    assert offered(unknown_fields(tmp_path, kind, [field])[field]) == FIELD_WORDS[kind, field]


FIELD_SENTENCES = {
    ("conv", "padding_mode"): "`pad: {padding: 1, mode: reflect}`",
    ("conv", "data_format"): "channels come first",
    ("conv", "kernel_initializer"): "no cost",
    ("conv", "activation"): "an item of its own",
    ("conv", "max_pool"): "an item of its own",
    ("relu", "inplace"): "no cost",
    ("flatten", "start_dim"): "`start` and `end`",
    ("depthwise_conv", "groups"): "a group of its own",
    ("scale", "bias_term"): "`layer_scale: {bias: true}`",
    ("custom", "flops"): "write `macs`",
}


@pytest.mark.parametrize(("kind", "field"), FIELD_SENTENCES)
def test_a_field_that_is_not_here_says_what_to_write(kind: str, field: str, tmp_path: Path) -> None:
    message = unknown_fields(tmp_path, kind, [field])[field]
    assert FIELD_SENTENCES[kind, field] in message
    assert offered(message) is None


def test_every_field_that_is_translated_to_is_one_of_its_kind() -> None:
    for kind, table in foreign.fields.FIELDS_OF.items():
        assert set(table.values()) <= set(fields_of(kind))
        assert not set(table) & set(fields_of(kind))
        assert not set(table) & set(foreign.fields.NO_FIELDS_OF.get(kind, {}))
    for kind, table in foreign.fields.NO_FIELDS_OF.items():
        assert not set(table) & set(fields_of(kind))
    everything = {field for kind in KINDS for field in fields_of(kind)}
    assert set(foreign.fields.FIELDS.values()) <= everything
    assert not set(foreign.fields.FIELDS) & set(foreign.fields.NO_FIELDS)


def test_a_parameter_of_a_standard_block_is_translated() -> None:
    assert Slips(["ratio", "act"], [], block="std/squeeze_excite").missing(["ratio"]) == ["ratio"]
    assert foreign.blocks.PARAMETERS["reduction"] == "ratio"


# -- words in general -----------------------------------------------------------------------------------

FIELDS = ["out_channels", "kernel_size", "stride", "padding", "out_features", "bias", "p"]

NEAREST: dict[str, tuple[str, list[str], str | None]] = {
    "a slip of the fingers": ("kernal_size", FIELDS, "kernel_size"),
    "the beginning of a word": ("kernal", FIELDS, "kernel_size"),
    "other letters": ("Kernel-Size", FIELDS, "kernel_size"),
    "a word nobody knows": ("quux", FIELDS, None),
    "nothing": ("", FIELDS, None),
    "two characters": ("2d", FIELDS, None),
}


@pytest.mark.parametrize(("word", "known", "expected"), NEAREST.values(), ids=NEAREST)
def test_the_nearest_word_is_suggested(word: str, known: list[str], expected: str | None) -> None:
    assert nearest(word, known) == expected
    assert suggest(word, known) == (f" (did you mean '{expected}'?)" if expected else "")


STRICT: dict[str, tuple[str, str, bool]] = {
    "a letter too many": ("drropout", "dropout", True),
    "a letter too few": ("dropot", "dropout", True),
    "a wrong letter": ("dripout", "dropout", True),
    "two letters exchanged": ("dorpout", "dropout", True),
    "two slips": ("drpoot", "dropout", False),
    "the first letter": ("tropout", "dropout", False),
    "a digit": ("conv4d", "conv3d", False),
    "a missing digit": ("relu", "relu6", False),
    "a wrong letter in a short word": ("celu", "selu", False),
    "a letter more in a short word": ("relun", "relu", False),
    "a doubled letter in a short word": ("rellu", "relu", True),
    "letters exchanged in a short word": ("sliu", "silu", True),
    "other separators": ("batch-norm", "batch_norm", True),
}


@pytest.mark.parametrize(("typed", "known", "same"), STRICT.values(), ids=STRICT)
def test_a_word_of_the_language_is_meant_by_one_slip_only(typed: str, known: str, *, same: bool) -> None:
    assert (meant(typed, [known], {}) == known) is same
    assert (translate(typed, [known], {}) != "") is same


def test_a_translation_must_be_among_what_is_known() -> None:
    assert meant("filters", ["relu"], foreign.fields.FIELDS) is None


def test_a_very_long_word_is_not_compared_at_length() -> None:
    assert suggest("x" * 1_000_000, FIELDS) == ""
    assert translate("x" * 1_000_000, FIELDS, {}) == ""
