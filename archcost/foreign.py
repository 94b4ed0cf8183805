"""The words of other frameworks: what each of them is here, so that no hint has to guess.

A word that means the same under another name is translated. One that means something else, or several things,
has a sentence that says what to write instead, and where the costs differ, that they do. Layers are looked up
as `plain` writes them.
"""

from __future__ import annotations

import re


def _each(words: str, meaning: str) -> dict[str, str]:
    """All these words, with one meaning."""
    return dict.fromkeys(words.split(), meaning)


KINDS = {
    # Keras
    "dense": "linear",
    **_each("conv1dtranspose conv2dtranspose conv3dtranspose", "conv_transpose"),
    "batchnormalization": "batch_norm",
    "layernormalization": "layer_norm",
    "groupnormalization": "group_norm",
    "instancenormalization": "instance_norm",
    "maxpooling": "max_pool",
    "averagepooling": "avg_pool",
    "globalaveragepooling": "global_avg_pool",
    "globalmaxpooling": "global_max_pool",
    "adaptiveaveragepooling": "adaptive_avg_pool",
    "adaptivemaxpooling": "adaptive_max_pool",
    "upsampling": "upsample",
    "zeropadding": "pad",
    "cropping": "crop",
    "spatialdropout": "dropout",
    "gaussiandropout": "dropout",
    "gaussiannoise": "dropout",
    "multiheadattention": "std/attention",
    "concatenate": "concat",
    "maximum": "max",
    # Caffe and Darknet
    "convolution": "conv",
    "convolutional": "conv",
    "deconvolution": "conv_transpose",
    "deconvolutional": "conv_transpose",
    "innerproduct": "linear",
    "connected": "linear",
    "lrn": "local_response_norm",
    "leaky": "leaky_relu",
    "shufflechannel": "channel_shuffle",
    # PyTorch
    "syncbatchnorm": "batch_norm",
    "zeropad": "pad",
    "constantpad": "pad",
    "alphadropout": "dropout",
    "featurealphadropout": "dropout",
    "featuredropout": "dropout",
    "spatialcrossmaplrn": "local_response_norm",
    # ONNX, papers and habits
    "gemm": "linear",
    "fullyconnected": "linear",
    "fc": "linear",
    "addmm": "linear",
    "bn": "batch_norm",
    "ln": "layer_norm",
    "gn": "group_norm",
    "gap": "global_avg_pool",
    "gmp": "global_max_pool",
    "globalaveragepool": "global_avg_pool",
    "averagepool": "avg_pool",
    "adaptiveaveragepool": "adaptive_avg_pool",
    "meanpool": "avg_pool",
    "deconv": "conv_transpose",
    "transposedconv": "conv_transpose",
    "convtransposed": "conv_transpose",
    "transposeconv": "conv_transpose",
    "dwconv": "depthwise_conv",
    "convdw": "depthwise_conv",
    "depthwise": "depthwise_conv",
    "spacetodepth": "pixel_unshuffle",
    "depthtospace": "pixel_shuffle",
    "subpixel": "pixel_shuffle",
    "bmm": "matmul",
    "batchmatmul": "matmul",
    "batchdot": "matmul",
    "embed": "embedding",
    "lookuptable": "embedding",
    "concatenation": "concat",
    "addition": "add",
    "elementwiseadd": "add",
    "elemwiseadd": "add",
    "elementwisesum": "add",
    "elementwisemul": "multiply",
    "elemwisemul": "multiply",
    "drop": "dropout",
    "skipconnect": "identity",
    "selfattention": "std/attention",
    "mhsa": "std/attention",
    "mha": "std/attention",
    "hswish": "hard_swish",
    "hsigmoid": "hard_sigmoid",
    "swish": "silu",
    "lrelu": "leaky_relu",
    "mul": "multiply",
    "cat": "concat",
    "resize": "upsample",
    "interpolate": "upsample",
    "se": "std/squeeze_excite",
    "seblock": "std/squeeze_excite",
    "selayer": "std/squeeze_excite",
    "semodule": "std/squeeze_excite",
    "squeezeexcitation": "std/squeeze_excite",
    "squeezeexcite": "std/squeeze_excite",
    "invertedresidual": "std/inverted_residual",
    "stochasticdepth": "drop_path",
    "noop": "identity",
    "sequential": "body",
    "block": "body",
    "group": "body",
    "parallel": "branches",
    "concattable": "branches",
    "loop": "repeat",
}
"""A layer's name elsewhere -> ours: the same operation, the same costs."""

_UNKNOWN_COST = "there is no kind for it; declare its shape and cost with `custom`"
_TRAINING = "it belongs to training; leave it out"
_INPUT = "what arrives stands above the layers: `input: [3, 224, 224]`"
_RECURRENT = (
    "there are no recurrent layers; declare its shape, parameters and MACs over all steps with `custom`"
)
_NO_BATCH = "[channels, axes…], there is no batch"
MODULE = "it is several layers; write them as a block, under `blocks:`, and call that"
_SEVERAL = (
    "several layers at once are `std/conv_norm_act: {{out_channels: 64, kernel_size: 3, act: {}}}`: "
    "convolution without bias, batch norm, activation (`act: none` and `norm: false` leave one out)"
)
_SEPARABLE = (
    "a depthwise and a 1×1 convolution are `std/separable_conv`, without biases, norms and activations;"
)
_ENCODER = (
    "it is a `residual` of `layer_norm` and `std/attention`, and another of `layer_norm`, two `linear` "
    "layers with `per_position: true`, and an activation between these"
)

INSTEAD = {
    # gates
    "glu": "it is one half of the channels times the sigmoid of the other: write `branches` of two `slice` "
    "items, "
    "one followed by `sigmoid`, with `merge: multiply`",
    **_each(
        "swiglu geglu reglu",
        "it is two `linear` layers side by side, one with its activation: write `branches` with `merge: "
        "multiply`",
    ),
    # norms
    **_each(
        "rmsnorm rmsnormalization",
        "there is no such kind; `layer_norm: {bias: false}` has its parameters, but more operations, for "
        "it also "
        "takes the mean",
    ),
    **_each(
        "weightnorm spectralnorm weightstandardization",
        "it changes how a layer's weights are learned, and is folded into them; leave it out",
    ),
    "norm": "say which: `batch_norm`, `layer_norm`, `group_norm` or `instance_norm`",
    "normalization": "say which: `batch_norm`, `layer_norm`, `group_norm` or `instance_norm`",
    # axes and shapes
    **_each(
        "permute swapaxes swapdims movedim moveaxis rearrange",
        "axes change places by `transpose: {axes: […]}`; axis 0 is channels, there is no batch",
    ),
    **_each("view unflatten", f"write `reshape: {{shape: […]}}`; a shape is {_NO_BATCH}"),
    "squeeze": "an axis of 1 is dropped by a `reshape` without it, and [channels, 1, 1] by `flatten`",
    **_each(
        "unsqueeze expanddims", f"write `reshape: {{shape: […]}}` with a 1 there; a shape is {_NO_BATCH}"
    ),
    **_each(
        "split chunk tensorsplit unbind narrow",
        "write one `slice: {start: …, end: …}` per part, each `from:` the same name",
    ),
    "stack": "write `reshape` with a 1 for the new axis, then `{concat: {axis: …}, from: [a, b]}`",
    **_each(
        "roll flip gather scatter indexselect take tile expand broadcast",
        _UNKNOWN_COST,
    ),
    "unfold": "if a product with weights follows, the two are a `conv`; alone, declare it with `custom`",
    "reflectionpad": "write `pad: {padding: 1, mode: reflect}`",
    "replicationpad": "write `pad: {padding: 1, mode: replicate}`",
    "circularpad": "there is no circular padding; `pad: {padding: 1, mode: reflect}` has the same size and "
    "cost",
    # reductions
    **_each(
        "mean avg reducemean",
        "a mean over all positions is `global_avg_pool`; of several tensors `{average, from: [a, b]}`",
    ),
    **_each(
        "sum reducesum",
        "the sum of several tensors is `{add, from: [a, b]}`; a sum over an axis is declared with `custom`",
    ),
    **_each(
        "reducemax amax",
        "a maximum over all positions is `global_max_pool`; of several tensors `{max, from: [a, b]}`",
    ),
    **_each(
        "argmax argmin topk sort min amin reducemin cumsum prod reduceprod var conj cond tan",
        _UNKNOWN_COST,
    ),
    # several tensors
    **_each("subtract sub", "a difference costs what a sum does; write `{add, from: [a, b]}` with a `note`"),
    "minimum": "a smallest of tensors costs what a largest does; write `{max, from: [a, b]}` with a `note`",
    "product": "tensors are multiplied by `{multiply, from: [a, b]}`",
    "dot": "a product of matrices is `{matmul, from: [a, b]}`",
    "mm": "a product of matrices is `{matmul, from: [a, b]}`; with learned weights it is `linear`",
    **_each("merge eltwise", "say which: `add`, `multiply` or `max`, with `from: [a, b]`"),
    "route": "one tensor is read by `from: name` on the next item, several by `{concat, from: [a, b]}`",
    "einsum": "write it as `{matmul, from: [a, b]}`, with `reshape` and `transpose` around it where axes "
    "move",
    # convolutions
    **_each(
        "convbnrelu convbnact convnormactivation conv2dnormactivation convbnactivation basicconv cbr "
        "convmodule cnr",
        _SEVERAL.format("relu"),
    ),
    **_each("cbs convbnsilu baseconv", _SEVERAL.format("silu")),
    **_each("cbl convbnleaky", _SEVERAL.format("leaky_relu")),
    **_each("convbn convnorm", _SEVERAL.format("none")),
    "convrelu": "write `conv` and `relu`, an item each",
    "bnconv": "write `batch_norm` and `conv`, an item each",
    **_each(
        "depthwiseseparableconv dsconv dwsconv",
        f"{_SEPARABLE} `bias: true` adds both, and where norms and activations stand between, it is two "
        "`std/conv_norm_act`, the first with `groups: $in_channels`",
    ),
    "separableconv": f"{_SEPARABLE} Keras's has one on the second alone, unless it says `use_bias: false`: "
    "write `depthwise_conv: {kernel_size: 3, bias: false}` and `conv: {out_channels: 64, kernel_size: 1}`",
    "sepconv": f"{_SEPARABLE} DARTS's is that twice, each with `relu` before and `batch_norm` behind it",
    "dilconv": f"{_SEPARABLE} DARTS's has a `dilation: 2` and `relu` before and `batch_norm` behind it",
    **_each("dilatedconv atrousconv", "write `conv` with a `dilation: 2` among its fields"),
    **_each("groupconv groupedconv gconv", "write `conv` with `groups: …` among its fields"),
    **_each("pointwiseconv pwconv pointwise", "write `conv: {out_channels: …, kernel_size: 1}`"),
    "stridedconv": "write `conv` with a `stride: 2` among its fields",
    "causalconv": "write `conv` with `padding: causal` among its fields",
    **_each(
        "dcn dcnv1 dcnv2 deformableconv modulateddeformconv modulateddeformableconv",
        "`std/deform_conv` also makes the offsets (`mask: true` is version 2); `deform_conv` reads them by "
        "`from: [features, offsets]`",
    ),
    "conv4d": "there are at most three spatial axes; declare it with `custom`",
    **_each(
        "locallyconnected local",
        "weights of its own at every position have no kind; declare it with `custom`",
    ),
    **_each(
        "blurpool blur",
        "write `depthwise_conv` with `bias: false`; its fixed weights are then counted as parameters",
    ),
    # pools
    **_each("pool pooling", "say which: `max_pool` or `avg_pool`"),
    **_each("globalpool globalpooling", "say which: `global_avg_pool` or `global_max_pool`"),
    **_each("adaptivepool adaptivepooling", "say which: `adaptive_avg_pool` or `adaptive_max_pool`"),
    **_each(
        "maxunpool unpool unpooling",
        "it puts values back where a max_pool found them, and no tensor here says where that was; "
        "use `upsample` or `conv_transpose`",
    ),
    **_each(
        "minpool lppool sumpool fractionalmaxpool stochasticpool roipool roialign psroipool "
        "roipooling globallppool spatialpyramidpooling powerpool",
        f"it is no `max_pool` and no `avg_pool`; {_UNKNOWN_COST}",
    ),
    **_each("spp sppf ppm pyramidpooling", f"pools side by side; {MODULE}"),
    # sizes
    **_each(
        "bilinear bilinearupsample bilinearupsampling resizebilinear bilinearinterp",
        "resizing is `upsample: {scale_factor: 2, mode: bilinear}`; a product of two inputs is `custom`",
    ),
    **_each(
        "nearestupsample nearestupsampling resizenearestneighbor nearestinterp",
        "write `upsample: {scale_factor: 2}`",
    ),
    "upsamplingnearest": "write `upsample: {scale_factor: 2}`",
    "upsamplenearest": "write `upsample: {scale_factor: 2}`",
    "upsamplingbilinear": "write `upsample: {scale_factor: 2, mode: bilinear, align_corners: true}`",
    "upsamplebilinear": "write `upsample: {scale_factor: 2, mode: bilinear}`",
    "downsample": "say how: a `conv` with `stride: 2`, `max_pool`, `avg_pool`, or `upsample: "
    "{scale_factor: 0.5}`",
    **_each(
        "gridsample spatialtransformer affinegrid warp remap cropandresize",
        f"it reads where other values say; {_UNKNOWN_COST}",
    ),
    "focus": "it is `pixel_unshuffle: {downscale_factor: 2}`, and an item more for what follows: "
    "`std/conv_norm_act: {out_channels: 64, kernel_size: 3, act: silu}`",
    **_each(
        "reorg passthrough",
        "space to channels is `pixel_unshuffle: {downscale_factor: 2}`, in another order",
    ),
    # sequences
    **_each(
        "rnn lstm gru rnncell lstmcell grucell bidirectional simplernn convlstm sru crnn bilstm "
        "bigru quasirnn ssm mamba",
        _RECURRENT,
    ),
    **_each(
        "rope rotaryembedding rotarypositionembedding rotary applyrotaryemb rotarypositionalembedding",
        f"it turns pairs of channels and learns nothing; {_UNKNOWN_COST}",
    ),
    **_each(
        "clstoken classtoken cls registertokens",
        "a learned token is `{parameter: {shape: [768, 1]}, name: cls}` (768 channels); `{concat: {axis: "
        "1}, from: "
        "[cls, tokens]}` puts it before the others",
    ),
    **_each(
        "positionalencoding positionembedding positionalembedding posembed posembedding "
        "positionencoding learnedpositionalembedding positionalembeddings positionembeddings",
        "it is `{parameter: {shape: [768, 197]}, name: position}` (768 channels, 197 tokens), and `{add, "
        "from: "
        "[tokens, position]}`; sines that are not learned are then counted as parameters",
    ),
    **_each(
        "patchembed patchembedding patchify",
        "patches are a `conv` whose `stride` is its `kernel_size`; a `reshape: {shape: [$in_channels, -1]}` "
        "makes tokens of them, and a norm, where there is one, is an item after it",
    ),
    **_each(
        "attention crossattention scaleddotproductattention sdpa flashattention",
        "of tokens to themselves, with its four linear layers, it is `std/attention`; its products alone are "
        "`matmul`, `softmax` and `matmul`",
    ),
    "additiveattention": f"its scores are no products; {_UNKNOWN_COST}",
    **_each(
        "transformerencoder transformerencoderlayer encoderlayer transformerblock encoderblock",
        f"{_ENCODER}",
    ),
    **_each(
        "transformer transformerdecoder transformerdecoderlayer decoderlayer",
        f"{_ENCODER}; a decoder also attends to the encoder's tokens, a `residual` between them of "
        "`layer_norm`, `linear` layers, `matmul`, `softmax` and `matmul`",
    ),
    **_each("mlp ffn feedforward", f"two `linear` layers and an activation; {MODULE}"),
    # activations without a kind
    **_each("celu rrelu crelu", _UNKNOWN_COST),
    "logistic": "the logistic function is `sigmoid`",
    **_each(
        "act nonlinearity activationlayer",
        "say which, such as `relu`, or `activation: {function: relu}`",
    ),
    # structure
    "shortcut": "what is added to an earlier tensor is a `residual:` with its items, or `{add, from: [a, "
    "b]}`",
    **_each(
        "skip skipconnection resblock residualblock residualunit",
        "what is added to what it computes stands under `residual:`, as a list of items",
    ),
    **_each(
        "modulelist modulesequence chain seq series",
        "items stand in a list, or under `body:` in one item",
    ),
    **_each(
        "layers items layerlist sublayers steps",
        "items in an item stand under `body:`, as in `- body: [relu, …]`, and its `name:` beside that",
    ),
    **_each("for times", "items are repeated by `repeat: 3` with `body:` beside it"),
    **_each("input inputlayer inputs data placeholder net imageinput images", _INPUT),
    **_each("output outputs", "what leaves is the last item, or `outputs: [a, b]` below the layers"),
    **_each(
        "softmaxwithloss accuracy loss cost crossentropyloss crossentropy mseloss bceloss nllloss",
        _TRAINING,
    ),
    **_each(
        "detect yolo region detection segment pose classify obb idetect detectionoutput",
        "a head is convolutions and a `reshape`; write these",
    ),
    **_each(
        "c2f c3 c3k2 c2psa c2fattn bottleneckcsp csp elan repncspelan4 repconv adown cspdarknet "
        "c3tr c2 scdown psa a2c2f ghostconv ghostbottleneck repvggblock fpn c3ghost gsconv cbam "
        "eca ecalayer coordatt simam nonlocal sk splitattention",
        MODULE,
    ),
    **_each(
        "rescaling rescale",
        "a product with a constant is `scale: {factor: …}`; an offset, an addition per element, is left out",
    ),
    **_each("maskedsoftmax masking mask", "a mask is a `multiply` with a tensor, or leave it out"),
    **_each("timedistributed", "convolutions and `linear: {…, per_position: true}` already do each position"),
}
"""A layer's name elsewhere -> what to write instead, and what that costs where it differs."""

_SILU = "also has a batch norm and SiLU, and its convolution no bias: `std/conv_norm_act: "

DIFFERS = {
    "Conv": f"Ultralytics' {_SILU}{{out_channels: 64, kernel_size: 3, act: silu}}`",
    "DWConv": f"Ultralytics' {_SILU}{{out_channels: 64, kernel_size: 3, groups: $in_channels, act: silu}}`",
    "ConvTranspose": "Ultralytics' also has `batch_norm` and `silu`, and its convolution no bias",
    "Bottleneck": "Ultralytics' is a `residual` of two `std/conv_norm_act` with `act: silu`, 3×3 both "
    "(in YOLOv5 1×1 and 3×3)",
    "conv_dw": "in MobileNet's code that is two `std/conv_norm_act`, this one and a 1×1",
    **_each("conv3x3 conv1x1", "torchvision's has `bias: false`"),
    "avgpool": "Darknet's is over all positions, `global_avg_pool`",
    "Scale": "Caffe's learns a factor per channel, `layer_scale`, and with `bias_term` a bias, "
    "`layer_scale: {bias: true}`",
    "BatchNorm": "Caffe's learns nothing, `batch_norm: {affine: false}`; that is in the Scale after it",
    "Embed": "Caffe's also adds a bias, unless it says `bias_term: false`",
    "PReLU": "one parameter, as in PyTorch, unless `num_parameters` says how many; Caffe's has one per "
    "channel, Keras's one per element",
    "InstanceNormalization": "as in PyTorch it learns nothing, unless you say `affine: true`; elsewhere it "
    "does",
}
"""A layer's name, as it is written elsewhere -> what it may be there that ours of that name is not."""

STANDARD = {
    "se": "squeeze_excite",
    "squeezeexcitation": "squeeze_excite",
    "separable": "separable_conv",
    "depthwiseseparableconv": "separable_conv",
    "mhsa": "attention",
    "multiheadattention": "attention",
    "selfattention": "attention",
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

FIELDS = {
    # channels and features
    **_each(
        "filters num_output num_filters output output_channels channels ch_out planes out oc outplanes "
        "out_planes out_chs out_ch c cout c2 nf n_filters num_filter out_features features units "
        "width kernels num_kernels n_out",
        "out_channels",
    ),
    **_each(
        "in_planes inplanes input_channels in_ch in_chs in_chans cin c1 ch_in in_features num_features "
        "input_dim num_channels",
        "in_channels",
    ),
    # windows
    **_each(
        "kernel k ksize kernel_shape pool_size size window window_shape window_size filter_size "
        "kernels_size ks kernal filter",
        "kernel_size",
    ),
    **_each("strides s step subsample", "stride"),
    **_each("pad pads auto_pad p paddings pad_size border_mode", "padding"),
    **_each("dilations dilation_rate d atrous_rate rate rates dil", "dilation"),
    **_each("group g num_groups num_group n_groups feature_group_count", "groups"),
    **_each("use_bias bias_term with_bias has_bias add_bias", "bias"),
    **_each("deformable_groups offset_groups deformable_group", "deform_groups"),
    "adj": "output_padding",
    # axes
    **_each("dims axes", "axis"),
    # names that are nearly ours
    "epsilon": "eps",
    "variance_epsilon": "eps",
    "approximation": "approximate",
}
"""A field's name elsewhere -> ours, for every kind that has such a field and no table of its own below."""

_LINEAR = {
    **_each(
        "units num_output out_dim dim_out num_hidden features output_dim out_size n_out out "
        "out_channels output_size size output nodes neurons dim channels width num_classes "
        "classes hidden_units",
        "out_features",
    ),
    **_each(
        "in_channels input_size in_dim input_dim in num_input in_size input",
        "in_features",
    ),
    **_each("use_bias bias_term with_bias", "bias"),
}
_SHARE = _each("rate ratio dropout_ratio prob probability drop_prob drop_rate dropout", "p")
_SIZE = _each("size out_size output_shape bins pool_size output", "output_size")
_CHANNELS = _each("channels in_channels num_channels c planes", "num_features")
_AXIS = _each("axes concat_axis", "axis")
_NO_DIM = _each(
    "dim concat_dim",
    "write `axis`, which counts without the batch: PyTorch's dim 1 is `axis: 0` (channels), and -1 is the "
    "last in both",
)

_TIMES = "it is how many there are for each channel that arrives, and 1 keeps their number"
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
    "depthwise_conv": _each(
        "depth_multiplier channel_multiplier out_channels filters num_output expansion kernels",
        "multiplier",
    ),
    "maxout": _each("k pool_size num_pieces pool", "pieces"),
    "embedding": {
        **_each("input_dim vocab_size vocab n_vocab num_tokens size", "num_embeddings"),
        **_each(
            "output_dim dim embed_dim d_model features hidden_size num_output out_features out_channels",
            "embedding_dim",
        ),
    },
    "matmul": {
        **_each("num_heads groups n_heads", "heads"),
        **_each("transA transpose_x trans_a adj_x", "transpose_a"),
        **_each("transB transpose_y trans_b adj_y", "transpose_b"),
    },
    "upsample": {
        **_each("scale factor scales ratio stride upscale_factor zoom", "scale_factor"),
        **_each("output_size target_size sizes out_size", "size"),
        **_each("interpolation method interp filter_type", "mode"),
        **_each("as as_tensor size_as same_as", "like"),
    },
    "pixel_shuffle": _each(
        "block_size blocksize r scale factor upscale scale_factor downscale_factor",
        "upscale_factor",
    ),
    "pixel_unshuffle": _each(
        "block_size blocksize r scale factor stride scale_factor upscale_factor",
        "downscale_factor",
    ),
    "batch_norm": {**_CHANNELS, "center": "shift", "track": "track_running_stats"},
    "instance_norm": _CHANNELS,
    "layer_norm": {**_AXIS, "elementwise_affine": "affine", "center": "bias"},
    "group_norm": {
        **_each("groups num_group g group n_groups", "num_groups"),
        **_each("channels in_channels num_features", "num_channels"),
    },
    "local_response_norm": {**_each("local_size n nsize", "size"), "bias": "k"},
    "activation": _each("activation type act kind nonlinearity mode", "function"),
    "leaky_relu": _each("alpha slope leak leakiness a", "negative_slope"),
    "prelu": _each("num_parameter num_params n channels", "num_parameters"),
    "elu": _each("a negative_slope", "alpha"),
    "softmax": _AXIS,
    "log_softmax": _AXIS,
    "concat": _AXIS,
    "reshape": _each("target_shape dims size sizes dim output_shape", "shape"),
    "transpose": _each("perm dims order axis permutation", "axes"),
    "pad": _each("pads pad paddings size width pad_width amount", "padding"),
    "crop": {
        **_each("crop amount crops padding", "cropping"),
        **_each("crop_size output_size", "size"),
        **_each("as reference same_as", "like"),
    },
    "slice": {
        **_each("begin starts from_index offset", "start"),
        **_each("stop ends to", "end"),
        **_AXIS,
    },
    "channel_shuffle": _each("group num_groups g", "groups"),
    "adaptive_avg_pool": _SIZE,
    "adaptive_max_pool": _SIZE,
    "dropout": _SHARE,
    "drop_path": _SHARE,
    "scale": _each("value scale multiplier by", "factor"),
    "parameter": _each("size sizes dims", "shape"),
    "custom": {
        **_each("parameters weights num_params n_params", "params"),
        **_each("mult_adds madds mac", "macs"),
        **_each("output output_shape out size", "shape"),
        **_each("why because comment", "reason"),
        **_each("rf field window", "receptive_field"),
    },
}
"""Kind -> its fields' names elsewhere -> ours; what stands here goes before `FIELDS`."""

_NO_COST = "it changes no cost here; leave it out"
_FLATTENS = "there is no batch, and all that arrives becomes one vector; write it bare: `- flatten`"

NO_FIELDS = {
    **_each(
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
    **_each("data_format layout dim_ordering", "channels come first here, [channels, axes…]; leave it out"),
    **_each(
        "input_shape batch_input_shape input_size image_size",
        "what arrives stands above the layers: `input: [3, 224, 224]`",
    ),
    **_each("batch_size batch", "every number is for one sample; leave it out"),
    "padding_mode": "write `pad: {padding: 1, mode: reflect}` as an item before it, and no padding here",
    "no_bias": "write `bias: false`",
    "keep_prob": "`p` is the share that is dropped; it changes no cost",
    **_each(
        "act activation act_type act_layer activation_fn hidden_act nonlinearity",
        "an activation is an item of its own, after it: `- relu`",
    ),
    **_each(
        "batch_normalize bn norm norm_layer use_bn with_bn batchnorm normalizer_fn norm_type",
        "a norm is an item of its own, after it: `- batch_norm`; what stands before a norm has no bias as a "
        "rule: `bias: false`",
    ),
    **_each(
        "kernel_h kernel_w kernel_height kernel_width kh kw",
        "both sizes stand in one list: `kernel_size: [3, 5]`",
    ),
    **_each("stride_h stride_w stride_x stride_y", "both stand in one list: `stride: [1, 2]`"),
    **_each("pad_h pad_w padding_h padding_w", "both stand in one list: `padding: [1, 2]`"),
    **_each(
        "bottom inbound inbound_nodes inputs input_from layers",
        "what it reads stands beside the kind: `from: [a, b]`",
    ),
    **_each("top id layer_name", "its name stands beside the kind: `name: …`"),
    **_each(
        "times number n repeat repeats count num_layers num_blocks",
        "items are repeated by `repeat: 3`, with them under `body:` beside it",
    ),
    **_each(
        "params parameters args arguments kwargs config options attrs attributes fields hparams",
        "its fields stand right under it",
    ),
    **_each("flops flop", "write `macs`; what others call FLOPs are MACs, or twice as many"),
    "normalized_shape": "`axis` says over what: 0, the channels, unless told, [0, 1, 2] or all",
}
"""A field's name elsewhere -> what to write instead, for every kind that has no table of its own below."""

NO_FIELDS_OF: dict[str, dict[str, str]] = {
    "concat": _NO_DIM,
    "softmax": _NO_DIM,
    "log_softmax": _NO_DIM,
    "flatten": _each("start_dim end_dim axis start_axis shape", _FLATTENS),
    "linear": {
        "axis": "`per_position: true` applies it at each position",
        "flatten": "put `- flatten` before it",
    },
    "conv": {
        "multiplier": "each channel alone is `depthwise_conv: {multiplier: …}`",
        "depth_multiplier": "each channel alone is `depthwise_conv: {multiplier: …}`",
        "output_padding": "only `conv_transpose` has it",
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
    "max_pool": {
        "count_include_pad": "a maximum needs none; leave it out",
        "global_pooling": "write `global_max_pool`",
    },
    "avg_pool": {
        "dilation": "only `max_pool` has it",
        "divisor_override": "there is no such field; the cost is the same without",
        "global_pooling": "write `global_avg_pool`",
        "pool": "say which by the kind: `max_pool` or `avg_pool`",
    },
    "batch_norm": {
        "axis": "it works on channels, axis 0; leave it out",
        "bias": "write `shift: false` or `affine: false`",
    },
    "layer_norm": {
        "scale": "write `affine: false` for no scale and no shift, or `bias: false` for no shift",
        "momentum": "it keeps no statistics; leave it out",
    },
    "group_norm": {
        "axis": "it groups channels, axis 0; leave it out",
        "momentum": "it keeps no statistics; leave it out",
    },
    "local_response_norm": {"depth_radius": "write `size`, all channels of the sum: 2 · depth_radius + 1"},
    "scale": {
        **_each(
            "bias_term bias axis num_axes affine weight learned",
            "it multiplies by a constant; learned numbers, one per channel, are `layer_scale: {bias: true}`",
        ),
    },
    "slice": {
        **_NO_DIM,
        **_each(
            "step steps stride",
            "every n-th is not taken here; `max_pool: {kernel_size: 1, stride: 2}` takes those",
        ),
    },
    "reshape": {"allowzero": _NO_COST},
    "add": _each(
        "operation coeff alpha axis broadcast",
        "it adds as they are; for others there are kinds of their own",
    ),
    "pad": _each("value constant_value fill constant_values", _NO_COST),
    "relu": _each(
        "negative_slope alpha slope max_value",
        "write `leaky_relu: {negative_slope: 0.1}` or `relu6` for it",
    ),
    "silu": {"beta": "there is no such field: beta is 1"},
    "softplus": _each("beta threshold", "there is no such field: beta is 1"),
}
"""Kind -> its fields' names elsewhere -> what to write instead."""

PARAMETERS = {
    "reduction": "ratio",
    "squeeze_factor": "ratio",
    "rd_ratio": "ratio",
    "squeeze_channels": "hidden",
    "activation": "act",
    "act_layer": "act",
    "num_heads": "heads",
    "expansion": "expand",
    "expand_ratio": "expand",
    "growth_rate": "growth",
    "planes": "width",
    "channels": "out_channels",
    "base_width": "group_width",
}
"""A standard block's parameter elsewhere -> ours, beside `FIELDS`."""

HOW_TO_WRITE_ONE = "(`archcost zoo resnet18` shows one, docs/coming-from.md how yours is written)"
"""The end of what is said of a file of another program."""

FILES = {
    ".onnx": "an ONNX model",
    **_each(".pt .pth .pt2 .pkl .ckpt .bin", "a PyTorch file"),
    ".safetensors": "a file of weights",
    **_each(".npz .npy", "a file of arrays"),
    **_each(".h5 .hdf5 .keras", "a Keras model"),
    **_each(".pb .tflite .savedmodel", "a TensorFlow model"),
    **_each(".prototxt .caffemodel", "a Caffe model"),
    **_each(".cfg .weights", "a Darknet file"),
    **_each(".py .ipynb", "a Python program"),
    **_each(".mlmodel .mlpackage", "a Core ML model"),
    **_each(".param .engine .plan .trt .mnn .xml", "a compiled model"),
}
"""The end of a file's name -> what it is, if it is no spec."""

PADDINGS = {
    **_each(
        "reflect reflection mirror symmetric",
        "a mirrored border is `pad: {padding: 1, mode: reflect}` as an item before it",
    ),
    **_each(
        "replicate edge replication border",
        "a repeated border is `pad: {padding: 1, mode: replicate}` as an item before it",
    ),
    **_each("circular wrap", "there is no circular border; one of zeros costs the same"),
    **_each("zeros zero constant", "zeros are what is padded anyway; write how many: `padding: 1`"),
    "full": "write what that is: `padding: 2` for a kernel of 3",
}
"""A word for `padding` elsewhere -> what to write instead."""

VALUES = {
    "same_upper": "same",
    "half": "same",
    "notset": "valid",
    "zeros": "constant",
    "zero": "constant",
    "edge": "replicate",
    "reflection": "reflect",
    "replication": "replicate",
    "border": "replicate",
    "nearest_neighbor": "nearest",
    "cubic": "bicubic",
    "torch": "pytorch",
}
"""A choice elsewhere -> ours."""

_BEGINNINGS = {
    re.compile(rb"\s*[A-Za-z_]\w*\(\s*\n\s+\(\w+\): "): "a model as PyTorch prints it",
    re.compile(rb"(#.*\n|\s)*(import \w|from [\w.]+ import )"): "a Python program",
    re.compile(rb"(#.*\n|\s)*\[(net|network)\]\s"): "a Darknet file",
    re.compile(rb"\s*(name:\s*\"[^\"\n]*\"\s+)?layers?\s*\{\s"): "a Caffe model",
}
"""How a text of another program begins. No spec does."""


def what_is(suffix: str, text: bytes) -> str | None:
    """What a file is that is no spec, by its suffix or its beginning; None if it may be one.

    >>> what_is(".txt", b"import torch"), what_is(".yaml", b"archcost: 1")
    ('a Python program', None)
    """
    start = text[:1000]
    found = (what for beginning, what in _BEGINNINGS.items() if beginning.match(start))
    return FILES.get(suffix.lower()) or next(found, None)
