"""What every kind computes, in NumPy. Handed to `Kind.execute`, so that layers import nothing of it."""

from __future__ import annotations

from archcost.execute.kernels.activation import (
    elu,
    gelu,
    gelu_by_tanh,
    hard_sigmoid,
    hard_swish,
    leaky_relu,
    log_softmax,
    mish,
    prelu,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from archcost.execute.kernels.convolution import conv, conv_transpose, deform_conv, linked_conv
from archcost.execute.kernels.declared import stand_in
from archcost.execute.kernels.linear import embedding, linear, matmul, maxout
from archcost.execute.kernels.merge import add, average, concat, maximum, multiply
from archcost.execute.kernels.normalization import (
    affine,
    batch_norm,
    group_norm,
    layer_norm,
    local_response_norm,
)
from archcost.execute.kernels.pooling import avg_pool, bin_max, bin_mean, max_pool
from archcost.execute.kernels.resize import pixel_shuffle, pixel_unshuffle, resize
from archcost.execute.kernels.shape import channel_shuffle, crop, cut, flatten, pad, reshape, transpose


class Kernels:
    """All kernels by name."""

    conv = staticmethod(conv)
    conv_transpose = staticmethod(conv_transpose)
    deform_conv = staticmethod(deform_conv)
    linked_conv = staticmethod(linked_conv)

    avg_pool = staticmethod(avg_pool)
    bin_max = staticmethod(bin_max)
    bin_mean = staticmethod(bin_mean)
    max_pool = staticmethod(max_pool)

    pixel_shuffle = staticmethod(pixel_shuffle)
    pixel_unshuffle = staticmethod(pixel_unshuffle)
    resize = staticmethod(resize)

    elu = staticmethod(elu)
    gelu = staticmethod(gelu)
    gelu_by_tanh = staticmethod(gelu_by_tanh)
    hard_sigmoid = staticmethod(hard_sigmoid)
    hard_swish = staticmethod(hard_swish)
    leaky_relu = staticmethod(leaky_relu)
    log_softmax = staticmethod(log_softmax)
    mish = staticmethod(mish)
    prelu = staticmethod(prelu)
    relu = staticmethod(relu)
    relu6 = staticmethod(relu6)
    selu = staticmethod(selu)
    sigmoid = staticmethod(sigmoid)
    silu = staticmethod(silu)
    softmax = staticmethod(softmax)
    softplus = staticmethod(softplus)
    tanh = staticmethod(tanh)

    embedding = staticmethod(embedding)
    linear = staticmethod(linear)
    matmul = staticmethod(matmul)
    maxout = staticmethod(maxout)

    add = staticmethod(add)
    average = staticmethod(average)
    concat = staticmethod(concat)
    maximum = staticmethod(maximum)
    multiply = staticmethod(multiply)

    affine = staticmethod(affine)
    batch_norm = staticmethod(batch_norm)
    group_norm = staticmethod(group_norm)
    layer_norm = staticmethod(layer_norm)
    local_response_norm = staticmethod(local_response_norm)

    channel_shuffle = staticmethod(channel_shuffle)
    crop = staticmethod(crop)
    cut = staticmethod(cut)
    flatten = staticmethod(flatten)
    pad = staticmethod(pad)
    reshape = staticmethod(reshape)
    transpose = staticmethod(transpose)

    stand_in = staticmethod(stand_in)


KERNELS = Kernels()
