"""The canonical style of a spec: the same document and the same comments, laid out as the zoo is.

Read with PyYAML, whose parser the reader of specs uses too, so that both see the same document. Its events
say where every scalar stands; what lies between two scalars is punctuation and comments. Scalars are printed
as they were written, so that no number is ever read and written again.

A library that reads, changes and writes YAML would have to guess the reader's YAML. ruamel.yaml 0.19, which
comes closest, drops comments inside brackets, above `---` and below `...`, writes `{relu, from: a}` as
`{relu: null, from: a}`, loses a table's rows, breaks lines in the middle of a mapping, and changes `1__0`.
"""

from __future__ import annotations

import re

from archcost.formatting.order import arrange_nodes
from archcost.formatting.parse import parse
from archcost.formatting.printer import printed
from archcost.formatting.proof import prove
from archcost.formatting.tree import Collection, FormattingError
from archcost.gc_paused import collector_paused
from archcost.spec.yaml_reader import read

__all__ = ["FormattingError", "formatted"]

_BOM = b"\xef\xbb\xbf"


def formatted(data: bytes, name: str) -> bytes:
    r"""A file in the canonical style. A byte order mark stays, and so does the kind of line break.

    What is one scalar, or one collection in brackets (JSON, say), comes back as it is.

    Args:
        data: what is in the file.
        name: the file as the user named it, for messages.

    Raises:
        SpecError: it cannot be read as YAML, or has a key over several lines.
        FormattingError: the result would not be the same document; this is a bug.

    >>> formatted(b"layers:\n- conv:  {kernel_size: 3,out_channels: 010}   #first\n", "net.yaml")
    b'layers:\n  - conv: {kernel_size: 3, out_channels: 010} # first\n'
    """
    before = read(data, name)
    mark = _BOM if data.startswith(_BOM) else b""
    text = data.removeprefix(_BOM).decode()
    with collector_paused():
        document = parse(re.sub(r"\r\n?", "\n", text), name)
        if not isinstance(document.root, Collection) or document.root.flow:
            return data
        arrange_nodes(document.root)
        result = printed(document)
        prove(before, document, read(result, name), parse(result, name))
    first = re.search(r"\r\n?|\n", text)
    return mark + (result.replace("\n", "\r\n") if first and first[0] == "\r\n" else result).encode()
