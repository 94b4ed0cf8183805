"""The pages of the documentation as help texts name them: they come with the repository alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGES = {
    "coming-from": "from PyTorch, Keras, Caffe, YOLO, a paper",
    "cheat-sheet": "the language on a page",
    "questions": "questions and answers",
    "spec-language": "the language of specs",
    "kinds": "every layer kind, its fields and formulas",
    "blocks": "the standard blocks, std/...",
    "importing": "a PyTorch model as a spec",
    "import-onnx": "an ONNX model as a spec, and what of it is read",
    "import-keras": "a Keras model as a spec, and what of it is read",
    "import-tflite": "a TensorFlow Lite model as a spec",
    "import-yolo": "a YOLO model file where a spec is",
    "import-darknet": "a Darknet configuration where a spec is",
    "import-nnunet": "nnU-Net's plans where a spec is",
    "export": "a spec as an ONNX model",
    "zoo": "the networks that ship with archcost",
    "conventions": "what every number means",
    "receptive-fields": "fields, holes, and rates without holes",
    "findings": "what the rules in [brackets] notice",
    "errors": "how to read a message",
    "output": "formats, columns, width, shell completion",
    "design-reviews": "variants and sweeps side by side",
    "diff": "which edit caused how much",
    "ci": "the gate in a CI job",
    "configuration": "every key of archcost.yaml",
    "verification": "how a number is proved by running it",
    "fmt": "the style of specs",
    "worked-examples": "the literature's examples",
    "convolutions-by-example": "small convolutions with their values",
    "outside-suites": "the cases of ONNX that run",
    "python-api": "the same from Python",
}
"""Pages by name -> what they tell."""


def told(names: Iterable[str]) -> str:
    """Where a help text says that there is more."""
    files = {f"docs/{name}.md": PAGES[name] for name in names}
    wide = max(map(len, files))
    lines = (f"  {file:<{wide}}  {what}\n" for file, what in files.items())
    return "\b\nPages of the repository that tell more:\n" + "".join(lines)
