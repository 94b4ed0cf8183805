"""Blocks of other frameworks and their parameters, and how tensors are joined there."""

from __future__ import annotations

STANDARD = {
    "se": "squeeze_excite",
    "squeezeexcitation": "squeeze_excite",
    "separable": "separable_conv",
    "depthwiseseparableconv": "separable_conv",
    "mhsa": "attention",
    "multiheadattention": "attention",
    "selfattention": "attention",
    "crossattention": "cross_attention",
    "ffn": "mlp",
    "feedforward": "mlp",
    "encoderlayer": "transformer_encoder_layer",
    "transformerlayer": "transformer_encoder_layer",
    "transformerblock": "transformer_encoder_layer",
    "decoderlayer": "transformer_decoder_layer",
    "residual": "basic_block",
    "convbnrelu": "conv_norm_act",
    "convbnact": "conv_norm_act",
    "convbn": "conv_norm_act",
    "dcn": "deform_conv",
    "invertedbottleneck": "inverted_residual",
    "densenetlayer": "dense_layer",
    "shufflenetunit": "shuffle_unit",
    "preactivationbottleneck": "preact_bottleneck",
    "preactivationbasicblock": "preact_basic_block",
}
"""A standard block's name elsewhere, without `std/` -> ours."""

PARAMETERS = {
    "reduction": "ratio",
    "squeeze_factor": "ratio",
    "rd_ratio": "ratio",
    "squeeze_channels": "hidden",
    "activation": "act",
    "act_layer": "act",
    "num_heads": "heads",
    "num_kv_heads": "kv_heads",
    "num_key_value_heads": "kv_heads",
    "is_causal": "causal",
    "window_size": "window",
    "shift_size": "shift",
    "qkv_bias": "bias",
    "dim_feedforward": "hidden",
    "hidden_dim": "hidden",
    "intermediate_size": "hidden",
    "expansion": "expand",
    "expand_ratio": "expand",
    "growth_rate": "growth",
    "planes": "width",
    "channels": "out_channels",
    "base_width": "group_width",
}
"""A standard block's parameter elsewhere -> ours, beside `FIELDS`."""

MERGES = {
    "sum": "add",
    "plus": "add",
    "+": "add",
    "addition": "add",
    "elementwise": "add",
    "eltwise": "add",
    "cat": "concat",
    "concatenate": "concat",
    "concatenation": "concat",
    "stack": "concat",
    "mul": "multiply",
    "product": "multiply",
    "prod": "multiply",
    "*": "multiply",
    "maximum": "max",
    "mean": "average",
    "avg": "average",
}
"""How tensors are joined elsewhere -> ours."""
