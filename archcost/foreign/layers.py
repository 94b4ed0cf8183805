"""Layers of other frameworks, as `archcost.words.suggest.plain` writes them: ours, or what to write."""

from __future__ import annotations

from archcost.foreign import each

KINDS = {
    # Keras
    "dense": "linear",
    **each("conv1dtranspose conv2dtranspose conv3dtranspose", "conv_transpose"),
    "batchnormalization": "batch_norm",
    "layernormalization": "layer_norm",
    "groupnormalization": "group_norm",
    "instancenormalization": "instance_norm",
    "rmsnormalization": "rms_norm",
    "unitnormalization": "normalize",
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
    "gridsampler": "grid_sample",
    **each("chunk tensorsplit", "split"),
    "expanddims": "unsqueeze",
    **each("unpool unpooling maxunpooling", "max_unpool"),
    "im2col": "unfold",
    "col2im": "fold",
    **each("broadcastto broadcast expandas", "expand"),
    # ONNX, papers and habits
    "gemm": "linear",
    "fullyconnected": "linear",
    "fc": "linear",
    "addmm": "linear",
    "bn": "batch_norm",
    "ln": "layer_norm",
    "gn": "group_norm",
    "rms": "rms_norm",
    "t5layernorm": "rms_norm",
    "llamarmsnorm": "rms_norm",
    "grn": "global_response_norm",
    "globalresponsenormalization": "global_response_norm",
    "l2normalize": "normalize",
    "l2normalization": "normalize",
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
    **each("gelunew newgelu newgeluactivation gelufast fastgelu", "gelu_tanh"),
    **each("gelupytorchtanh pytorchgelutanh", "gelu_tanh"),
    "lrelu": "leaky_relu",
    "mul": "multiply",
    "sub": "subtract",
    **each("div truediv truedivide", "divide"),
    "minimum": "min",
    **each("neg negative", "negate"),
    "hardtan": "hard_tanh",
    **each("absolute absval", "abs"),
    "pow": "power",
    "clip": "clamp",
    "gt": "greater",
    **each("ge gte greaterorequal", "greater_equal"),
    "lt": "less",
    **each("le lte lessorequal", "less_equal"),
    "eq": "equal",
    **each("ne neq", "not_equal"),
    "cat": "concat",
    "indexselect": "gather",
    "take": "gather",
    "resize": "upsample",
    "interpolate": "upsample",
    "se": "std/squeeze_excite",
    "seblock": "std/squeeze_excite",
    "selayer": "std/squeeze_excite",
    "semodule": "std/squeeze_excite",
    "squeezeexcitation": "std/squeeze_excite",
    "squeezeexcite": "std/squeeze_excite",
    **each("eca ecalayer ecamodule", "std/efficient_channel_attention"),
    **each("cbam cbammodule", "std/cbam"),
    "invertedresidual": "std/inverted_residual",
    "sppf": "std/sppf",
    "detect": "std/detect",
    "c2f": "std/c2f",
    **each("fpn featurepyramidnetwork", "std/fpn"),
    **each("pafpn panet", "std/pan"),
    **each("bifpn bifpnlayer", "std/bifpn_node"),
    "atrousspatialpyramidpooling": "std/aspp",
    "attentiongate": "std/attention_gate",
    "convlstmcell": "std/conv_lstm",
    **each("mamba mambamixer", "std/mamba"),
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

_REDUCE = "over axes it is `reduce: {{function: {}, axis: …}}`"

_PARAMETRIZED = "it is a field of the layer whose weight it makes: `conv: {{…, parametrization: {}}}`"

_TRAINING = "it belongs to training; leave it out"

_INPUT = "what arrives stands above the layers: `input: [3, 224, 224]`"

_NO_BATCH = "[channels, axes…], there is no batch"

MODULE = "it is several layers; write them as a block, under `blocks:`, and call that"

_SEVERAL = (
    "several layers at once are `std/conv_norm_act: {{out_channels: 64, kernel_size: 3, act: {}}}`: "
    "convolution without bias, batch norm, activation (`act: none` and `norm: false` leave one out)"
)

_SEPARABLE = (
    "a depthwise and a 1×1 convolution are `std/separable_conv`, without biases, norms and activations;"
)

_LAYER = (
    "a layer is `std/transformer_encoder_layer: {heads: 8, hidden: 2048}`; with `norm_first: false` it is "
    "PyTorch's"
)

INSTEAD = {
    # gates
    **each(
        "reglu bilinearglu simplegate",
        "as `glu`, it is half of the channels times a function of the others: write `split` and `multiply`",
    ),
    # norms
    "l2norm": "it is `normalize`; SSD's also learns a scale per channel, a `layer_scale` behind it",
    **each("weightnorm weightnormalization", _PARAMETRIZED.format("weight_norm")),
    **each("spectralnorm spectralnormalization snconv", _PARAMETRIZED.format("spectral_norm")),
    **each("weightstandardization stdconv wsconv", _PARAMETRIZED.format("weight_standardization")),
    "scaledstdconv": _PARAMETRIZED.format("scaled_weight_standardization"),
    **each(
        "norm normalization",
        "say which: `batch_norm`, `layer_norm`, `rms_norm`, `group_norm`, `instance_norm` or `normalize`",
    ),
    "cosinesimilarity": "bring both to length 1 by `normalize`; then `{matmul, from: [a, b]}` has all pairs, "
    "`{multiply, from: [a, b]}` and `reduce: {function: sum, axis: 0}` those at each position",
    # axes and shapes
    **each(
        "permute swapaxes swapdims movedim moveaxis",
        "axes change places by `transpose: {axes: […]}`; axis 0 is channels, there is no batch",
    ),
    "view": f"write `reshape: {{shape: […]}}`; a shape is {_NO_BATCH}",
    "unbind": "write `split: {parts: …, axis: …}`; each part keeps its axis of 1, which `squeeze` drops",
    "narrow": "write `slice: {axis: …, start: …, end: …}`; the end is the start and the length",
    **each(
        "scatter tile",
        _UNKNOWN_COST,
    ),
    "reflectionpad": "write `pad: {padding: 1, mode: reflect}`",
    "replicationpad": "write `pad: {padding: 1, mode: replicate}`",
    "circularpad": "write `pad: {padding: 1, mode: circular}`",
    # reductions
    **each(
        "mean avg reducemean",
        "a mean over axes is `reduce: {function: mean, axis: …}`, over all positions `global_avg_pool`; of "
        "several tensors `{average, from: [a, b]}`",
    ),
    **each(
        "sum reducesum",
        "a sum over axes is `reduce: {function: sum, axis: …}`; of several tensors `{add, from: [a, b]}`",
    ),
    **each(
        "reducemax amax",
        "a largest over axes is `reduce: {function: max, axis: …}`, over all positions `global_max_pool`; of "
        "several tensors `{max, from: [a, b]}`",
    ),
    **each("amin reducemin", _REDUCE.format("min")),
    **each("prod reduceprod", _REDUCE.format("prod")),
    **each("var reducevar reducevariance variance", _REDUCE.format("var")),
    **each("std reducestd stddev", _REDUCE.format("std")),
    **each("reducel1 l1norm", _REDUCE.format("l1")),
    **each("reducel2 vectornorm", _REDUCE.format("l2")),
    "reduction": "say which: `reduce: {function: sum, axis: …}`, or another function of `reduce`",
    "argmax": _REDUCE.format("argmax"),
    "argmin": _REDUCE.format("argmin"),
    **each("topk sort cumsum conj cond tan", _UNKNOWN_COST),
    # several tensors
    **each(
        "maskedfill maskfill",
        "write `{where, from: [mask, other, x]}`, with the number it is filled with as a `constant`",
    ),
    **each(
        "logicaland logicalor logicalnot", "of 0 and 1 they are `multiply`, `max` and `equal: {value: 0}`"
    ),
    "product": "tensors are multiplied by `{multiply, from: [a, b]}`",
    "dot": "a product of matrices is `{matmul, from: [a, b]}`",
    "mm": "a product of matrices is `{matmul, from: [a, b]}`; with learned weights it is `linear`",
    **each("merge eltwise", "say which: `add`, `multiply` or `max`, with `from: [a, b]`"),
    "route": "one tensor is read by `from: name` on the next item, several by `{concat, from: [a, b]}`",
    # convolutions
    **each(
        "convbnrelu convbnact convnormactivation conv2dnormactivation convbnactivation basicconv cbr "
        "convmodule cnr",
        _SEVERAL.format("relu"),
    ),
    **each("cbs convbnsilu baseconv", _SEVERAL.format("silu")),
    **each("cbl convbnleaky", _SEVERAL.format("leaky_relu")),
    **each("convbn convnorm", _SEVERAL.format("none")),
    "convrelu": "write `conv` and `relu`, an item each",
    "bnconv": "write `batch_norm` and `conv`, an item each",
    **each(
        "depthwiseseparableconv dsconv dwsconv",
        f"{_SEPARABLE} `bias: true` adds both, and where norms and activations stand between, it is two "
        "`std/conv_norm_act`, the first with `groups: $in_channels`",
    ),
    "separableconv": f"{_SEPARABLE} Keras's has one on the second alone, unless it says `use_bias: false`: "
    "write `depthwise_conv: {kernel_size: 3, bias: false}` and `conv: {out_channels: 64, kernel_size: 1}`",
    "sepconv": f"{_SEPARABLE} DARTS's is that twice, each with `relu` before and `batch_norm` behind it",
    "dilconv": f"{_SEPARABLE} DARTS's has a `dilation: 2` and `relu` before and `batch_norm` behind it",
    **each("dilatedconv atrousconv", "write `conv` with a `dilation: 2` among its fields"),
    **each("groupconv groupedconv gconv", "write `conv` with `groups: …` among its fields"),
    **each("pointwiseconv pwconv pointwise", "write `conv: {out_channels: …, kernel_size: 1}`"),
    "stridedconv": "write `conv` with a `stride: 2` among its fields",
    "causalconv": "write `conv` with `padding: causal` among its fields",
    **each(
        "dcn dcnv1 dcnv2 deformableconv modulateddeformconv modulateddeformableconv",
        "`std/deform_conv` also makes the offsets (`mask: true` is version 2); `deform_conv` reads them by "
        "`from: [features, offsets]`",
    ),
    **each(
        "dcnv3 deformconvv3",
        "`std/deform_conv_v3` is all of it; `deform_sum` alone reads `from: [features, offsets, mask]`",
    ),
    **each(
        "dcnv4 deformconvv4",
        "it is `deform_sum`, which reads `from: [features, offsets, mask]`, between two `conv` of 1×1; "
        "offsets and mask are a 1×1 `conv` of its input, without a softmax",
    ),
    **each(
        "condconv dynamicconvolution dyconv odconv hyperconv",
        "weights that are computed are a tensor, `[out, in, 3, 3]`, made by `linear` and `reshape`, which "
        "`dynamic_conv` reads by `from: [x, weight]`; `dynamic_conv_transpose` is the same going up",
    ),
    **each(
        "xcorr crosscorrelation crosscorr depthwisexcorr xcorrdepthwise depthwisecorrelation",
        "`dynamic_conv` slides a template over a map: `{dynamic_conv: {groups: $in_channels}, from: [map, "
        "template]}` channel by channel, and without `groups` all together",
    ),
    **each(
        "pixelcnn maskedcausalconv maskedconvolution",
        "write `masked_conv` with `mask: A` in the first layer, and `mask: B` in those behind it",
    ),
    "conv4d": "there are at most three spatial axes; declare it with `custom`",
    **each(
        "locallyconnected local",
        "weights of its own at every position have no kind; declare it with `custom`",
    ),
    **each(
        "maxblurpool blur gaussianblur",
        "`blur_pool` has binomial weights (behind `max_pool: {kernel_size: 2, stride: 1}` it is a max-blur "
        "pool); other fixed weights are a `constant`, which `dynamic_conv` reads",
    ),
    # pools
    **each("pool pooling", "say which: `max_pool` or `avg_pool`"),
    **each("globalpool globalpooling", "say which: `global_avg_pool` or `global_max_pool`"),
    **each("adaptivepool adaptivepooling", "say which: `adaptive_avg_pool` or `adaptive_max_pool`"),
    **each(
        "minpool lppool sumpool fractionalmaxpool stochasticpool roipool psroipool "
        "roipooling globallppool spatialpyramidpooling powerpool",
        f"it is no `max_pool` and no `avg_pool`; {_UNKNOWN_COST}",
    ),
    **each("spp ppm pyramidpooling", f"pools side by side; {MODULE}"),
    # sizes
    **each(
        "bilinear bilinearupsample bilinearupsampling resizebilinear bilinearinterp",
        "resizing is `upsample: {scale_factor: 2, mode: bilinear}`; a product of two inputs is `custom`",
    ),
    **each(
        "nearestupsample nearestupsampling resizenearestneighbor nearestinterp",
        "write `upsample: {scale_factor: 2}`",
    ),
    "upsamplingnearest": "write `upsample: {scale_factor: 2}`",
    "upsamplenearest": "write `upsample: {scale_factor: 2}`",
    "upsamplingbilinear": "write `upsample: {scale_factor: 2, mode: bilinear, align_corners: true}`",
    "upsamplebilinear": "write `upsample: {scale_factor: 2, mode: bilinear}`",
    "downsample": "say how: a `conv` with `stride: 2`, `max_pool`, `avg_pool`, or `upsample: "
    "{scale_factor: 0.5}`",
    **each(
        "spatialtransformer bilinearsampler warp flowwarp remap",
        "places that are computed are a grid, `[2, height, width]` of coordinates from -1 to 1, which "
        "`grid_sample` reads by `from: [x, grid]`",
    ),
    "costvolume": "two maps compared at every displacement are `correlation`, at all pairs of positions a "
    "`matmul`",
    "corrlookup": "all pairs read around computed places are `grid_sample` with a group for every position",
    "cropandresize": "boxes that are cut out are `{roi_align: {output_size: …}, from: [x, boxes]}`",
    "focus": "it is `pixel_unshuffle: {downscale_factor: 2}`, and an item more for what follows: "
    "`std/conv_norm_act: {out_channels: 64, kernel_size: 3, act: silu}`",
    **each(
        "reorg passthrough",
        "space to channels is `pixel_unshuffle: {downscale_factor: 2}`, in another order",
    ),
    # sequences
    "bilstm": "write `lstm` with `bidirectional: true` among its fields",
    "bigru": "write `gru` with `bidirectional: true` among its fields",
    **each("birnn bidirectional", "write `lstm`, `gru` or `rnn` with `bidirectional: true` among its fields"),
    "simplernn": "write `rnn`, which has two biases per unit, as in PyTorch; Keras's has one",
    **each(
        "rnncell lstmcell grucell",
        "one step is `lstm`, `gru` or `rnn` of a sequence with one position, [channels, 1]",
    ),
    "crnn": "it is convolutions, a `reshape` to [channels, length] and `lstm` with `bidirectional: true`",
    "convlstm": "a step of it is `std/conv_lstm` with `from: [x, hidden, cell]`; over time, a `repeat` of "
    "that with `carry: [hidden, cell]` and `share`",
    **each("sru quasirnn", _UNKNOWN_COST),
    **each(
        "ssm s6 selectivescanfn",
        "the scan is `selective_scan` with `from: [x, delta, b, c]`; its projections are `linear`, "
        "and before it stands a `depthwise_conv` with `padding: causal`",
    ),
    **each(
        "rope rotaryembedding rotarypositionembedding rotary applyrotaryemb rotarypositionalembedding",
        "queries and keys are turned by `std/rotary: {heads: 8}`, and in attention by `rotary: true`",
    ),
    **each(
        "clstoken classtoken cls registertokens",
        "a learned token is `{parameter: {shape: [768, 1]}, name: cls}` (768 channels); `{concat: {axis: "
        "1}, from: "
        "[cls, tokens]}` puts it before the others",
    ),
    **each(
        "positionalencoding positionembedding positionalembedding posembed posembedding "
        "positionencoding learnedpositionalembedding positionalembeddings positionembeddings",
        "it is `{parameter: {shape: [768, 197]}, name: position}` (768 channels, 197 tokens), and `{add, "
        "from: "
        "[tokens, position]}`; sines that are not learned are a `constant` with `values: sinusoids`",
    ),
    **each(
        "zeros ones full fill buffer registerbuffer zeroslike oneslike",
        "a tensor that is not learned is `{constant: {shape: [8, 49, 49], values: 0}, name: mask}`; `from: "
        "[…, mask]` reads it",
    ),
    **each(
        "arange linspace range",
        "write `constant: {shape: [1, 64], values: ramp, start: 0, step: 1}`, which rises along the last "
        "axis, or another by `axis`",
    ),
    **each(
        "meshgrid coords coordsgrid coordinates coordgrid addcoords",
        "write `constant: {shape: [2, 32, 32], values: coordinates}`, a channel per axis, the last axis "
        "first; `{concat, from: [x, grid]}` joins it",
    ),
    **each("eye eyelike", "write `constant: {shape: [64, 64], values: identity}`"),
    **each(
        "tril triu causalmask attentionmask attnmask",
        "write `constant: {shape: [1, 64, 64], values: causal}`, with `inside: 0, outside: -1e9` where it is "
        "added to scores",
    ),
    **each(
        "relativepositionbias relativepositionalbias relativepositionbiastable",
        "it is taken from a table, `parameter: {shape: [3, 169]}` (3 heads, 7×7 windows), by `gather` with "
        "`axis: 1, index: relative_positions, window_size: [7, 7]`; `{add, from: [scores, bias]}` adds it",
    ),
    **each(
        "patchembed patchembedding patchify",
        "patches are a `conv` whose `stride` is its `kernel_size`; a `reshape: {shape: [$in_channels, -1]}` "
        "makes tokens of them, and a norm, where there is one, is an item after it",
    ),
    **each(
        "attention crossattention scaleddotproductattention sdpa flashattention",
        "with its four linear layers, it is `std/attention` of tokens to themselves, or "
        "`std/cross_attention` to others; its products alone are `std/scaled_dot_product`, read `from: "
        "[q, k, v]`",
    ),
    **each(
        "vq vectorquantize vectorquantizer vectorquantization vqembedding codebook quantizer",
        "distances are a `linear` (the codes are its weights) and the codes' squares, a `reduce` with "
        "`function: argmin` takes the nearest, and an `embedding` looks it up; `share: codes` for all three",
    ),
    **each(
        "knn ballquery querygroup farthestpointsample furthestpointsample fps grouppoints",
        "what it takes is a `gather` with `index: declared` and `index_shape: [16, 8]`, 8 points in each of "
        "16 groups; choosing them is declared with `custom`",
    ),
    **each(
        "moe mixtureofexperts sparsemoe moelayer topkrouter switchtransformer",
        "a router is a `linear` and a `softmax`; the experts that it chooses by the data are declared with "
        "`custom`, `params` of all, `macs` of those that are chosen",
    ),
    "additiveattention": f"its scores are no products; {_UNKNOWN_COST}",
    **each(
        "transformerencoder transformerencoderlayer encoderlayer transformerblock encoderblock transformer",
        f"{_LAYER}; a norm behind the last of them is a `layer_norm`",
    ),
    **each(
        "transformerdecoder transformerdecoderlayer decoderlayer",
        "a layer is `std/transformer_decoder_layer` with `from: [x, memory]`; one that attends to no other "
        "tokens, as GPT's, is `std/transformer_encoder_layer: {heads: 8, causal: true}`",
    ),
    **each(
        "mlp ffn feedforward",
        "two `linear` layers and an activation at every position are `std/mlp: {hidden: 2048, act: gelu}`",
    ),
    **each("swiglumlp geglumlp gatedmlp", "that is `std/mlp: {hidden: 2048, act: silu, gated: true}`"),
    "convnextblock": "it is `std/convnext_block`; of version 2, `response_norm: true`",
    # activations without a kind
    "crelu": "it is `branches` with `merge: concat`, one of `relu` and one of `negate` and `relu`",
    "logistic": "the logistic function is `sigmoid`",
    **each(
        "act nonlinearity activationlayer",
        "say which, such as `relu`, or `activation: {function: relu}`",
    ),
    # structure
    "shortcut": "what is added to an earlier tensor is a `residual:` with its items, or `{add, from: [a, "
    "b]}`",
    **each(
        "skip skipconnection resblock residualblock residualunit",
        "what is added to what it computes stands under `residual:`, as a list of items",
    ),
    **each(
        "modulelist modulesequence chain seq series",
        "items stand in a list, or under `body:` in one item",
    ),
    **each(
        "layers items layerlist sublayers steps",
        "items in an item stand under `body:`, as in `- body: [relu, …]`, and its `name:` beside that",
    ),
    **each("for times", "items are repeated by `repeat: 3` with `body:` beside it"),
    **each("input inputlayer inputs data placeholder net imageinput images", _INPUT),
    **each("output outputs", "what leaves is the last item, or `outputs: [a, b]` below the layers"),
    **each(
        "softmaxwithloss accuracy loss cost crossentropyloss crossentropy mseloss bceloss nllloss",
        _TRAINING,
    ),
    **each(
        "yolo region detection segment pose classify obb idetect detectionoutput",
        "a head is convolutions and a `reshape`; write these",
    ),
    **each(
        "c3 c3k2 c2psa c2fattn bottleneckcsp csp elan repncspelan4 repconv adown cspdarknet "
        "c3tr c2 scdown psa a2c2f ghostconv ghostbottleneck repvggblock c3ghost gsconv "
        "coordatt simam nonlocal sk splitattention",
        MODULE,
    ),
    **each(
        "rescaling rescale",
        "a product with a constant is `scale: {factor: …}`, and a sum with one `offset: {value: …}`",
    ),
    **each(
        "maskedsoftmax masking mask",
        "a mask is a `constant`, or computed by `greater` and the like; `multiply` or `where` applies it",
    ),
    **each("timedistributed", "convolutions and `linear: {…, per_position: true}` already do each position"),
}
"""A layer's name elsewhere -> what to write instead, and what that costs where it differs."""

_SILU = "also has a batch norm and SiLU, and its convolution no bias: `std/conv_norm_act: "

_ALONE = (
    "it is the unit alone; with its linear layers it is `std/mlp: {{hidden: 2048, act: {}, gated: true}}`"
)

DIFFERS = {
    "GEGLU": _ALONE.format("gelu"),
    "SwiGLU": _ALONE.format("silu"),
    "Conv": f"Ultralytics' {_SILU}{{out_channels: 64, kernel_size: 3, act: silu}}`",
    "DWConv": f"Ultralytics' {_SILU}{{out_channels: 64, kernel_size: 3, groups: $in_channels, act: silu}}`",
    "ConvTranspose": "Ultralytics' also has `batch_norm` and `silu`, and its convolution no bias",
    "Bottleneck": "Ultralytics' is a `residual` of two `std/conv_norm_act` with `act: silu`, 3×3 both "
    "(in YOLOv5 1×1 and 3×3)",
    "conv_dw": "in MobileNet's code that is two `std/conv_norm_act`, this one and a 1×1",
    **each("conv3x3 conv1x1", "torchvision's has `bias: false`"),
    "avgpool": "Darknet's is over all positions, `global_avg_pool`",
    "Scale": "Caffe's learns a factor per channel, `layer_scale`, and with `bias_term` a bias, "
    "`layer_scale: {bias: true}`",
    "BatchNorm": "Caffe's learns nothing, `batch_norm: {affine: false}`; that is in the Scale after it",
    "LSTM": "with two biases per sum, as in PyTorch; Keras's has one",
    "Embed": "Caffe's also adds a bias, unless it says `bias_term: false`",
    "PReLU": "one parameter, as in PyTorch, unless `num_parameters` says how many; Caffe's has one per "
    "channel, Keras's one per element",
    "InstanceNormalization": "as in PyTorch it learns nothing, unless you say `affine: true`; elsewhere it "
    "does",
}
"""A layer's name, as it is written elsewhere -> what it may be there that ours of that name is not."""
