"""Fields of layers in other frameworks: ours, or what to write instead."""

from __future__ import annotations

from archcost.foreign import each

FIELDS = {
    # channels and features
    **each(
        "filters num_output num_filters output output_channels channels ch_out planes out oc outplanes "
        "out_planes out_chs out_ch c cout c2 nf n_filters num_filter out_features features units "
        "width kernels num_kernels n_out",
        "out_channels",
    ),
    **each(
        "in_planes inplanes input_channels in_ch in_chs in_chans cin c1 ch_in in_features num_features "
        "input_dim num_channels",
        "in_channels",
    ),
    # windows
    **each(
        "kernel k ksize kernel_shape pool_size size window window_shape window_size filter_size "
        "kernels_size ks kernal filter",
        "kernel_size",
    ),
    **each("strides s step subsample", "stride"),
    **each("pad pads auto_pad p paddings pad_size border_mode", "padding"),
    **each("dilations dilation_rate d atrous_rate rate rates dil", "dilation"),
    **each("group g num_groups num_group n_groups feature_group_count", "groups"),
    **each("use_bias bias_term with_bias has_bias add_bias", "bias"),
    **each("deformable_groups offset_groups deformable_group", "deform_groups"),
    "adj": "output_padding",
    **each("parametrizations parameterization reparametrization weight_norm", "parametrization"),
    "eps": "parametrization_eps",
    # axes
    **each("dims axes", "axis"),
    # names that are nearly ours
    "epsilon": "eps",
    "variance_epsilon": "eps",
    "approximation": "approximate",
}
"""A field's name elsewhere -> ours, for every kind that has such a field and no table of its own below."""

_LINEAR = {
    **each(
        "units num_output out_dim dim_out num_hidden features output_dim out_size n_out out "
        "out_channels output_size size output nodes neurons dim channels width num_classes "
        "classes hidden_units",
        "out_features",
    ),
    **each(
        "in_channels input_size in_dim input_dim in num_input in_size input",
        "in_features",
    ),
    **each("use_bias bias_term with_bias", "bias"),
}

_SHARE = each("rate ratio dropout_ratio prob probability drop_prob drop_rate dropout", "p")

_SIZE = each("size out_size output_shape bins pool_size output", "output_size")

_CHANNELS = each("channels in_channels num_channels c planes", "num_features")

_RECURRENT = {
    **each(
        "units num_units hidden hidden_dim num_hidden hidden_channels hidden_units num_output out_channels "
        "output_size size",
        "hidden_size",
    ),
    **each("layers depth n_layers", "num_layers"),
    **each("in_channels input_dim in_features", "input_size"),
    **each("bidirection bi", "bidirectional"),
    "use_bias": "bias",
    **each("p drop dropout_rate drop_rate", "dropout"),
}

_NO_RECURRENT = {
    **each(
        "return_sequences return_state",
        "every position leaves; the last one is `slice: {axis: 1, start: -1}` after it",
    ),
    **each("batch_first time_major", "there is no batch; a sequence is [channels, length]"),
    **each(
        "recurrent_dropout recurrent_activation recurrent_initializer stateful unroll go_backwards "
        "implementation reset_after zero_output_for_mask",
        "there is no such field; it works as in PyTorch",
    ),
    "direction": "write `bidirectional: true`",
}

_AXIS = each("axes concat_axis", "axis")

_NO_DIM = each(
    "dim concat_dim",
    "write `axis`, which counts without the batch: PyTorch's dim 1 is `axis: 0` (channels), and -1 is the "
    "last in both",
)

_TIMES = "it is how many there are for each channel that arrives, and 1 keeps their number"

_KEPT = {"keep_prob": "`p` is the share that is dropped; it changes no cost"}

_HALF = "in Darknet `pad=1` is half the kernel, which is 0 for a kernel of 1"

_OF_DARKNET = ("size", "batch_normalize")

FIELDS_DIFFER: dict[tuple[str, str], tuple[tuple[str, ...], str]] = {
    **{
        ("depthwise_conv", word): ((), _TIMES)
        for word in ("out_channels", "filters", "num_output", "kernels")
    },
    ("conv", "pad"): (_OF_DARKNET, _HALF),
    ("max_pool", "size"): ((), "Darknet's is padded by its size less one, `padding: same`"),
}
"""Kind and a field's name elsewhere -> fields, one of which is beside it there, and how its value differs."""

FIELDS_OF: dict[str, dict[str, str]] = {
    "linear": _LINEAR,
    "depthwise_conv": each(
        "depth_multiplier channel_multiplier out_channels filters num_output expansion kernels",
        "multiplier",
    ),
    "correlation": each("stride_2 stride2 dilation_patch displacement_step", "step"),
    "deform_sum": each("group groups num_groups", "deform_groups"),
    "blur_pool": each("filt_size filter_size", "kernel_size")
    | each("pad_mode pad_type mode", "padding_mode"),
    "maxout": each("k pool_size num_pieces pool", "pieces"),
    "embedding": {
        **each("input_dim vocab_size vocab n_vocab num_tokens size", "num_embeddings"),
        **each(
            "output_dim dim embed_dim d_model features hidden_size num_output out_features out_channels",
            "embedding_dim",
        ),
    },
    "matmul": {
        **each("num_heads groups n_heads", "heads"),
        **each("n_kv_heads num_kv_heads num_key_value_heads kv_groups", "kv_heads"),
        **each("transA transpose_x trans_a adj_x", "transpose_a"),
        **each("transB transpose_y trans_b adj_y", "transpose_b"),
    },
    "einsum": each("subscripts expression expr pattern formula rule", "equation"),
    "reduce": {
        **each("op operation mode type reduction kind", "function"),
        **each("keepdims keep_dims keep_dim", "keepdim"),
        **each("ddof", "correction"),
        **_AXIS,
    },
    "lstm": {**_RECURRENT, **each("proj projection num_proj recurrent_size", "proj_size")},
    "gru": _RECURRENT,
    "rnn": {**_RECURRENT, **each("activation act function", "nonlinearity")},
    "upsample": {
        **each("scale factor scales ratio stride upscale_factor zoom", "scale_factor"),
        **each("output_size target_size sizes out_size", "size"),
        **each("interpolation method interp filter_type", "mode"),
        **each("as as_tensor size_as same_as", "like"),
    },
    "pixel_shuffle": each(
        "block_size blocksize r scale factor upscale scale_factor downscale_factor",
        "upscale_factor",
    ),
    "pixel_unshuffle": each(
        "block_size blocksize r scale factor stride scale_factor upscale_factor",
        "downscale_factor",
    ),
    "batch_norm": {**_CHANNELS, "center": "shift", "track": "track_running_stats"},
    "instance_norm": _CHANNELS,
    "layer_norm": {**_AXIS, "elementwise_affine": "affine", "center": "bias"},
    "rms_norm": {**_AXIS, "elementwise_affine": "affine", "scale": "affine"},
    "normalize": {**_AXIS, **each("norm ord order", "p")},
    "group_norm": {
        "center": "bias",
        **each("groups num_group g group n_groups", "num_groups"),
        **each("channels in_channels num_features", "num_channels"),
    },
    "local_response_norm": {**each("local_size n nsize", "size"), "bias": "k"},
    "activation": each("activation type act kind nonlinearity mode", "function"),
    "leaky_relu": each("alpha slope leak leakiness a", "negative_slope"),
    "prelu": each("num_parameter num_params n channels", "num_parameters"),
    "elu": each("a negative_slope", "alpha"),
    "softmax": _AXIS,
    "log_softmax": _AXIS,
    "concat": _AXIS,
    "reshape": each("target_shape dims size sizes dim output_shape", "shape"),
    "fold": each("size out_size output_shape output", "output_size"),
    "unflatten": {**each("unflattened_size size shape", "sizes"), **_AXIS},
    "squeeze": _AXIS,
    "unsqueeze": _AXIS,
    "stack": _AXIS,
    "expand": each("sizes size target_shape output_shape", "shape"),
    "transpose": each("perm dims order axis permutation", "axes"),
    "pad": {
        **each("pads pad paddings size width pad_width amount", "padding"),
        **each("padding_mode type", "mode"),
        **each("constant_value constant_values fill fill_value", "value"),
    },
    "crop": {
        **each("crop amount crops padding", "cropping"),
        **each("crop_size output_size", "size"),
        **each("as reference same_as", "like"),
    },
    "slice": {
        **each("begin starts from_index offset", "start"),
        **each("stop ends to", "end"),
        **each("steps stride strides", "step"),
        **_AXIS,
    },
    "roll": {**each("shift", "shifts"), **each("axes", "axis")},
    "flip": each("axes", "axis"),
    "split": {
        **each("chunks sections num_outputs num n outputs", "parts"),
        **each("split_size_or_sections num_or_size_splits split_size size_splits", "sizes"),
        **_AXIS,
    },
    "channel_shuffle": each("group num_groups g", "groups"),
    "adaptive_avg_pool": _SIZE,
    "adaptive_max_pool": _SIZE,
    "dropout": _SHARE,
    "drop_path": _SHARE,
    "scale": each("value scale multiplier by", "factor"),
    "offset": each("offset bias constant by other", "value"),
    "power": each("power p n", "exponent"),
    "clamp": {
        **each("min_val min_value lower lowest", "min"),
        **each("max_val max_value upper highest", "max"),
    },
    **dict.fromkeys(
        ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"),
        each("other threshold than to number", "value"),
    ),
    "gather": {
        **each("indices idx ids indexes", "index"),
        **each("window", "window_size"),
        **each("shape size", "index_shape"),
        **_AXIS,
    },
    "constant": {
        **each("size sizes dims", "shape"),
        **each("value fill fill_value data rule", "values"),
        **each("window", "window_size"),
    },
    "parameter": each("size sizes dims", "shape"),
    "custom": {
        **each("parameters weights num_params n_params", "params"),
        **each("mult_adds madds mac", "macs"),
        **each("output output_shape out size", "shape"),
        **each("why because comment", "reason"),
        **each("rf field window", "receptive_field"),
    },
}
"""Kind -> its fields' names elsewhere -> ours; what stands here goes before `FIELDS`."""

_NO_COST = "it changes no cost here; leave it out"

_NORMS = "batch_normalize bn norm norm_layer use_bn with_bn batchnorm normalizer_fn norm_type"

_A_NORM = "a norm is an item of its own, after it: `- batch_norm`"

_FLATTENS = (
    "write `start` and `end`, which count without the batch: PyTorch's start_dim 1 is `start: 0`, which need "
    "not be written"
)

_COMPUTED = {
    **each(
        "out_channels kernel_size in_features out_features", "the weights that arrive say it; leave it out"
    ),
    "bias": "a bias is a third tensor, `from: [x, weight, bias]`",
    **each("weight template kernel", "name what it reads by `from: [x, weight]`"),
}

NO_FIELDS = {
    **each(
        "inplace device dtype trainable training seed noise_shape return_indices engine "
        "kernel_initializer bias_initializer kernel_regularizer bias_regularizer "
        "kernel_constraint bias_constraint activity_regularizer depthwise_initializer "
        "depthwise_regularizer pointwise_initializer pointwise_regularizer gamma_initializer "
        "beta_initializer init gamma_regularizer beta_regularizer moving_mean_initializer "
        "moving_variance_initializer alpha_initializer embeddings_initializer "
        "embeddings_regularizer weight_filler bias_filler filler param lr_mult decay_mult "
        "weight_decay initializer regularizer padding_idx max_norm norm_type scale_grad_by_freq "
        "sparse mask_zero keepdim keepdims lr use_global_stats moving_average_fraction renorm "
        "fused kernel_init weight_init impl use_cudnn_on_gpu cudnn_tune cudnn_off workspace "
        "storage_order allowzero antialias process_group recompute_scale_factor spatial is_test "
        "synchronized init_values lambd",
        _NO_COST,
    ),
    **each("data_format layout dim_ordering", "channels come first here, [channels, axes…]; leave it out"),
    **each(
        "input_shape batch_input_shape input_size image_size",
        "what arrives stands above the layers: `input: [3, 224, 224]`",
    ),
    **each("batch_size batch", "every number is for one sample; leave it out"),
    **each(
        "act activation act_type act_layer activation_fn hidden_act nonlinearity",
        "an activation is an item of its own, after it: `- relu`",
    ),
    **each(_NORMS, _A_NORM),
    **each(
        "bottom inbound inbound_nodes inputs input_from layers",
        "what it reads stands beside the kind: `from: [a, b]`",
    ),
    **each("top id layer_name", "its name stands beside the kind: `name: …`"),
    **each(
        "times number n repeat repeats count num_layers num_blocks",
        "items are repeated by `repeat: 3`, with them under `body:` beside it",
    ),
    **each(
        "params parameters args arguments kwargs config options attrs attributes fields hparams",
        "its fields stand right under it",
    ),
}
"""A field's name elsewhere -> what to write instead, for every kind that has no table of its own below.

None names a field of ours, which a kind may not have: such sentences stand in one of the next two tables.
"""

_WITH_FIELD = {
    ("padding", "padding_mode"): (
        "write `pad: {padding: 1, mode: reflect}` as an item before it, and no padding here"
    ),
    ("padding", "pad_h pad_w padding_h padding_w"): "both stand in one list: `padding: [1, 2]`",
    ("kernel_size", "kernel_h kernel_w kernel_height kernel_width kh kw"): (
        "both sizes stand in one list: `kernel_size: [3, 5]`"
    ),
    ("stride", "stride_h stride_w stride_x stride_y"): "both stand in one list: `stride: [1, 2]`",
    ("bias", "no_bias"): "write `bias: false`",
    ("bias", _NORMS): f"{_A_NORM}; what stands before a norm has no bias as a rule: `bias: false`",
}

WITH_FIELD = {word: (field, why) for (field, words), why in _WITH_FIELD.items() for word in words.split()}
"""A field's name elsewhere -> a field of ours, and what to write for every kind that has that one."""

NO_FIELDS_OF: dict[str, dict[str, str]] = {
    "concat": _NO_DIM,
    "normalize": _NO_DIM,
    "reduce": _NO_DIM,
    "softmax": _NO_DIM,
    "log_softmax": _NO_DIM,
    "flatten": each("start_dim end_dim axis start_axis shape", _FLATTENS),
    **dict.fromkeys(("unflatten", "squeeze", "unsqueeze", "stack"), _NO_DIM),
    "linear": {
        "axis": "`per_position: true` applies it at each position",
        "flatten": "put `- flatten` before it",
    },
    "conv": {
        "multiplier": "each channel alone is `depthwise_conv: {multiplier: …}`",
        "depth_multiplier": "each channel alone is `depthwise_conv: {multiplier: …}`",
        "output_padding": "`conv_transpose` has it, and this has not",
        "causal": "write `padding: causal`",
        "same": "write `padding: same`",
        "transposed": "write `conv_transpose`",
    },
    "conv_transpose": {
        "output_size": "it follows from the fields; `output_padding: 1` adds what is missing at the end",
        "output_shape": "it follows from the fields; `output_padding: 1` adds what is missing at the end",
        "multiplier": "there is no such field; write `out_channels` and `groups`",
    },
    "depthwise_conv": {
        "groups": "every channel is a group of its own; leave it out",
        "group": "every channel is a group of its own; leave it out",
    },
    "grid_sample": {"padding": "`padding_mode` says what lies beyond the borders"},
    "correlation": {
        "kernel_size": "single positions are compared; leave it out",
        "patch_size": "so many displacements per axis, `max_displacement` each way and one in the middle",
        **each(
            "stride_1 stride pad padding pad_size",
            "every position is compared, with zeros beyond; leave it out",
        ),
    },
    "deform_sum": {
        "out_channels": "channels stay as they are; a 1×1 `conv` behind it changes them",
        "bias": "it learns nothing; leave it out",
    },
    "roi_align": {
        "output": "`output_size` says how many bins there are, per axis",
        **each("pooled_height pooled_width", "write `output_size: [7, 7]`"),
    },
    "masked_conv": {"mask_type": "write `mask: A` or `mask: B`", "causal": "write `mask: B`"},
    "dynamic_conv": _COMPUTED,
    "dynamic_conv_transpose": {
        **_COMPUTED,
        "output": "the weights that arrive say the channels; `output_padding: 1` adds an output",
    },
    "max_pool": {
        "count_include_pad": "a maximum needs none; leave it out",
        "global_pooling": "write `global_max_pool`",
    },
    "avg_pool": {
        "dilation": "`max_pool` has it, and this has not",
        "divisor_override": "there is no such field; the cost is the same without",
        "global_pooling": "write `global_avg_pool`",
        "pool": "say which by the kind: `max_pool` or `avg_pool`",
    },
    "batch_norm": {
        "axis": "it works on channels, axis 0; leave it out",
        "bias": "write `shift: false` or `affine: false`",
    },
    "layer_norm": {
        "normalized_shape": "`axis` says over what: 0, the channels, unless told, [0, 1, 2] or all",
        "scale": "write `affine: false` for no scale and no shift, or `bias: false` for no shift",
        "momentum": "it keeps no statistics; leave it out",
    },
    "rms_norm": {"bias": "it learns a scale alone; leave it out"},
    "group_norm": {
        "axis": "it groups channels, axis 0; leave it out",
        "momentum": "it keeps no statistics; leave it out",
    },
    "local_response_norm": {"depth_radius": "write `size`, all channels of the sum: 2 · depth_radius + 1"},
    "scale": {
        **each(
            "bias_term bias axis num_axes affine weight learned",
            "it multiplies by a constant; learned numbers, one per channel, are `layer_scale: {bias: true}`",
        ),
    },
    "roll": {
        **_NO_DIM,
        "dims": "write `axis`, which counts without the batch: PyTorch's dims (1, 2) of tokens in rows and "
        "columns, [batch, height, width, channels], are `axis: [1, 2]`",
    },
    "flip": {
        **_NO_DIM,
        "dims": "write `axis`, which counts without the batch: PyTorch's dims [3] of images is `axis: 2`",
    },
    "split": _NO_DIM,
    "slice": {
        **_NO_DIM,
    },
    "lstm": _NO_RECURRENT,
    "gru": {
        **_NO_RECURRENT,
        "proj_size": "only `lstm` has a projection; a `linear` after it is not fed back",
    },
    "rnn": {
        **_NO_RECURRENT,
        "proj_size": "only `lstm` has a projection; a `linear` after it is not fed back",
    },
    "selective_scan": {
        **each("d_state state_size dstate n", "each channel keeps as many numbers as b and c have channels"),
        **each(
            "delta_softplus delta_bias",
            "the softplus is part of it; a bias is that of the `linear` before it",
        ),
        "z": "the gate is `silu` and `multiply` after it",
    },
    "reshape": {"allowzero": _NO_COST},
    "dropout": _KEPT,
    "drop_path": _KEPT,
    "custom": each("flops flop", "write `macs`; what others call FLOPs are MACs, or twice as many"),
    "add": each(
        "operation coeff alpha axis broadcast",
        "it adds as they are; for others there are kinds of their own",
    ),
    "relu": each(
        "negative_slope alpha slope max_value",
        "write `leaky_relu: {negative_slope: 0.1}` or `relu6` for it",
    ),
    "silu": {"beta": "there is no such field: beta is 1"},
    "softplus": each("beta threshold", "there is no such field: beta is 1"),
}
"""Kind -> its fields' names elsewhere -> what to write instead."""

PADDINGS = {
    **each(
        "reflect reflection mirror symmetric",
        "a mirrored border is `pad: {padding: 1, mode: reflect}` as an item before it",
    ),
    **each(
        "replicate edge replication border",
        "a repeated border is `pad: {padding: 1, mode: replicate}` as an item before it",
    ),
    **each(
        "circular wrap",
        "a border of the other end is `pad: {padding: 1, mode: circular}` as an item before it",
    ),
    **each("zeros zero constant", "zeros are what is padded anyway; write how many: `padding: 1`"),
    "full": "write what that is: `padding: 2` for a kernel of 3",
}
"""A word for a window's `padding` elsewhere -> what to write instead."""

PADDED = {
    **each("reflect reflection mirror symmetric", "write how many, and `mode: reflect` beside it"),
    **each("replicate edge replication border", "write how many, and `mode: replicate` beside it"),
    **each("zeros zero constant", "zeros are added unless told; write how many: `padding: 1`"),
}
"""The same where the kind is one that pads, and has a `mode` for it."""

VALUES = {
    "same_upper": "same",
    "half": "same",
    "notset": "valid",
    "zeros": "constant",
    "zero": "constant",
    "edge": "replicate",
    "wrap": "circular",
    "reflection": "reflect",
    "replication": "replicate",
    "border": "replicate",
    "nearest_neighbor": "nearest",
    "cubic": "bicubic",
    "torch": "pytorch",
    **each("average avg reduce_mean", "mean"),
    **each("maximum amax", "max"),
    **each("minimum amin", "min"),
    "product": "prod",
    "spectral": "spectral_norm",
    **each("standardized standardization ws", "weight_standardization"),
    "variance": "var",
}
"""A choice elsewhere -> ours."""
