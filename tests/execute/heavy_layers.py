"""Layers whose running takes more than what arrives and what leaves: each kernel, and some of the worst."""

from __future__ import annotations

ACTIVATIONS = ("relu", "gelu: {approximate: tanh}", "silu", "mish", "elu", "softmax", "log_softmax")

LAYERS: list[tuple[str, str]] = [
    ("[3, 64, 64]", "conv: {out_channels: 16, kernel_size: 3, padding: 1}"),
    ("[3, 64, 64]", "conv: {out_channels: 16, kernel_size: 31, padding: 15}"),
    ("[1, 4, 4]", "conv: {out_channels: 1, kernel_size: 101, padding: 50}"),
    ("[1, 4, 4]", "conv: {out_channels: 1, kernel_size: 1, stride: 200, padding: 700}"),
    ("[1, 4]", "conv: {out_channels: 1, kernel_size: 3, dilation: 100000, padding: same}"),
    ("[128, 16, 16]", "conv: {out_channels: 128, kernel_size: 3, padding: 1}"),
    ("[32, 32, 32]", "conv: {out_channels: 32, kernel_size: 3, padding: 1, groups: 4}"),
    ("[8, 256, 256]", "conv: {out_channels: 8, kernel_size: 1}"),
    ("[6, 64, 64]", "conv: {out_channels: 2, kernel_size: 5, connections: [[0, 1], [2, 3, 4]]}"),
    ("[32, 64, 64]", "depthwise_conv: {kernel_size: 5, padding: 2}"),
    ("[32, 32, 32]", "masked_conv: {out_channels: 32, kernel_size: 5, mask: A, padding: 2}"),
    ("[32, 24, 24]", "dynamic_conv: {groups: 32, padding: 12}, from: [input, input]"),
    ("[4, 96, 96]", "dynamic_conv: {padding: 8}, from: [input, input]"),
    ("[16, 32, 32]", "conv_transpose: {out_channels: 8, kernel_size: 4, stride: 2, padding: 1}"),
    ("[4, 16, 16]", "conv_transpose: {out_channels: 4, kernel_size: 3, stride: 40, padding: 1}"),
    ("[2, 3, 3]", "conv_transpose: {out_channels: 2, kernel_size: 3, dilation: 400, padding: 390}"),
    ("[8, 48, 48]", "std/deform_conv: {out_channels: 8, kernel_size: 3, padding: 1}"),
    ("[8, 48, 48]", "std/deform_conv: {out_channels: 8, kernel_size: 5, padding: 2, mask: true}"),
    ("[32, 56, 56]", "max_pool: {kernel_size: 3, stride: 2, padding: 1}"),
    ("[8, 64, 64]", "max_pool: {kernel_size: 21, stride: 1, padding: 10}"),
    ("[64, 57, 57]", "avg_pool: {kernel_size: 2, ceil_mode: true}"),
    ("[16, 64, 64]", "blur_pool: {kernel_size: 7, stride: 1}"),
    ("[16, 48, 48]", "correlation: {max_displacement: 6}, from: [input, input]"),
    ("[2, 128, 128]", "grid_sample: , from: [input, input]"),
    (
        "[4, 64]",
        "body: [{name: x, reshape: {shape: [4, 8, 8]}}, {roi_align: {output_size: 7}, from: [x, input]}]",
    ),
    ("[64, 57, 57]", "adaptive_avg_pool: {output_size: 7}"),
    ("[16, 7, 7]", "adaptive_avg_pool: {output_size: 57}"),
    ("[8, 17, 17, 17]", "adaptive_max_pool: {output_size: 5}"),
    ("[64, 56, 56]", "global_avg_pool"),
    ("[16, 32, 32]", "upsample: {scale_factor: 3, mode: bilinear}"),
    ("[16, 32, 32]", "upsample: {scale_factor: 3, mode: bicubic}"),
    ("[4, 16, 16, 16]", "upsample: {scale_factor: 2, mode: trilinear}"),
    ("[1, 500]", "upsample: {scale_factor: 2, mode: linear}"),
    ("[1, 2000]", "upsample: {scale_factor: 2}"),
    ("[64, 64, 64]", "batch_norm"),
    ("[64, 64, 64]", "group_norm: {num_groups: 8}"),
    ("[64, 64, 64]", "layer_norm: {axis: all}"),
    ("[64, 64, 64]", "local_response_norm: {size: 5}"),
    ("[8, 64, 64]", "local_response_norm: {size: 300}"),
    ("[64, 64, 64]", "rms_norm: {axis: [1, 2]}"),
    ("[64, 64, 64]", "global_response_norm"),
    ("[64, 64, 64]", "normalize"),
    ("[64, 64, 64]", "reduce: {function: std, axis: all, keepdim: true}"),
    ("[64, 64, 64]", "reduce: {function: l1, axis: 1}"),
    ("[64, 64, 64]", "reduce: {function: max, axis: [0, 2]}"),
    *(("[64, 64, 64]", kind) for kind in ACTIVATIONS),
    ("[64, 32, 32]", "gelu"),
    ("[16, 32, 32]", "activation: {function: gelu}"),
    ("[1000]", "linear: {out_features: 1000}"),
    ("[128, 16, 16]", "linear: {out_features: 128, per_position: true}"),
    ("[1000]", "linear: {out_features: 1000, parametrization: scaled_weight_standardization}"),
    ("[256, 8, 8]", "conv: {out_channels: 256, kernel_size: 3, parametrization: weight_norm}"),
    ("[256, 8, 8]", "conv_transpose: {out_channels: 256, kernel_size: 3, parametrization: spectral_norm}"),
    ("[200]", "embedding: {num_embeddings: 1000, embedding_dim: 256}"),
    ("[64, 500]", "lstm: {hidden_size: 64}"),
    ("[8, 200]", "gru: {hidden_size: 32, num_layers: 2, bidirectional: true}"),
    ("[64, 200]", "selective_scan: , from: [input, input, input, input]"),
    ("[64, 64, 64]", "pad: {padding: 40, mode: reflect}"),
    ("[64, 64, 64]", "crop: {cropping: 20}"),
    ("[64, 64, 64]", "transpose: {axes: [2, 0, 1]}"),
    ("[64, 64, 64]", "channel_shuffle: {groups: 4}"),
    ("[64, 64, 64]", "pixel_shuffle: {upscale_factor: 4}"),
    ("[64, 64, 64]", "maxout: {pieces: 4}"),
    ("[64, 64, 64]", "layer_scale"),
    ("[64, 64, 64]", "custom: {shape: [64, 64, 64], reason: x}"),
    (
        "[4, 64, 64]",
        "custom: {shape: [4, 64, 64], reason: x, receptive_field: {kernel_size: 31, padding: 15}}",
    ),
    ("[4, 8]", "constant: {shape: [1, 500, 500], values: causal}"),
    ("[4, 8]", "constant: {shape: [8, 200, 200], values: 1}"),
    ("[4, 8]", "constant: {shape: [512, 500], values: sinusoids}"),
    ("[4, 8]", "constant: {values: shifted_windows, map_size: [56, 56], window_size: 7, shift: 3}"),
    ("[1, 961]", "gather: {axis: 1, index: relative_positions, window_size: [16, 16]}"),
    ("[16, 169]", "gather: {axis: 1, index: relative_positions, window_size: [7, 7]}"),
    ("[4, 400]", "gather: {axis: 1, index: declared, index_shape: [200, 200]}"),
    ("[64, 64, 64]", "gather: {index: [3, 2, 1, 0]}"),
    ("[64, 64, 64]", "glu"),
    ("[128, 48, 48]", "geglu"),
    ("[64, 64, 64]", "rsqrt"),
    ("[64, 64, 64]", "power: {exponent: 3}"),
    ("[64, 64, 64]", "clamp: {min: 0, max: 1}"),
    ("[64, 64, 64]", "greater: {value: 0}"),
    ("[64, 64, 64]", "less: , from: [input, input]"),
    ("[64, 64, 64]", "where: , from: [input, input, input]"),
    ("[64, 64, 64]", "divide: , from: [input, input]"),
    ("[64, 64, 64]", "concat: , from: [input, input]"),
    ("[64, 64, 64]", "add: , from: [input, input, input]"),
    ("[64, 256]", "matmul: {heads: 4, transpose_a: true}, from: [input, input]"),
    ("[64, 4, 64]", "matmul: {heads: 16, tokens: true, transpose_a: true}, from: [input, input]"),
    ("[64, 64]", "matmul: {heads: 1, kv_heads: 1}, from: [input, input]"),
    ("[64, 16, 16]", "matmul: {heads: 64, kv_heads: 64, transpose_b: true}, from: [input, input]"),
    (
        "[64, 4096]",
        (
            "body: [{name: q, slice: {axis: 1, end: 1}}, "
            "{name: all, concat, from: [q, q, q, q, q, q, q, q]}, "
            "{matmul: {heads: 64, kv_heads: 8, transpose_a: true}, from: [all, input]}]"
        ),
    ),
    ("[16, 40, 40]", 'einsum: {equation: "chw,cvw->hvc"}, from: [input, input]'),
    ("[256, 64]", 'einsum: {equation: "lc,mc->lm"}, from: [input, input]'),
    ("[64, 400]", 'einsum: {equation: "cl,cm->cml"}, from: [input, input]'),
    (
        "[256, 128]",
        (
            "body: [{name: k, slice: {end: 32}}, "
            "{matmul: {heads: 16, kv_heads: 2, transpose_a: true}, from: [input, k]}]"
        ),
    ),
]
"""What arrives, and the layer."""


def spec(x: str, layer: str) -> str:
    """A network of that layer alone."""
    item = f"{{{layer}}}" if ":" in layer else layer
    return f"archcost: 1\nname: net\ninput: {x}\nlayers:\n- {item}\n"
