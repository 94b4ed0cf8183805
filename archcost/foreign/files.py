"""Files of other programs that somebody may hand over as a spec."""

from __future__ import annotations

import re

from archcost.foreign import each

HOW_TO_WRITE_ONE = "(`archcost zoo resnet18` shows one, docs/coming-from.md how yours is written)"
"""The end of what is said of a file of another program."""

FILES = {
    ".onnx": "an ONNX model",
    ".pt2": "a model that PyTorch exported, of which `archcost import` makes a spec",
    **each(".pt .pth .pkl .ckpt .bin", "a PyTorch file"),
    ".safetensors": "a file of weights",
    **each(".npz .npy", "a file of arrays"),
    **each(".h5 .hdf5 .keras", "a Keras model"),
    **each(".pb .tflite .savedmodel", "a TensorFlow model"),
    **each(".prototxt .caffemodel", "a Caffe model"),
    **each(".cfg .weights", "a Darknet file"),
    **each(".py .ipynb", "a Python program"),
    **each(".mlmodel .mlpackage", "a Core ML model"),
    **each(".param .engine .plan .trt .mnn .xml", "a compiled model"),
}
"""The end of a file's name -> what it is, if it is no spec."""

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
