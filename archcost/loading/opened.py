"""From what a user names to the text of a spec: one that somebody wrote, or one that is made of a model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from archcost.errors import Diagnostic, ModelFileError, SpecError, UsageError
from archcost.files import DISK
from archcost.importing.formats import FORMATS, HEAD, PICKLES, Text, recognized, refuse_pickle
from archcost.source import Place, Source
from archcost.spec.opened import Opened, open_spec, variants_of
from archcost.windows.window import show

if TYPE_CHECKING:
    from collections.abc import Generator

    from archcost.files import Files
    from archcost.importing.formats import Format
    from archcost.importing.imported import Imported
    from archcost.limits import Limits
    from archcost.network import Network
    from archcost.spec.inputs import InputShape
    from archcost.windows.window import Shape

    Given = InputShape | Mapping[str, InputShape] | None


LARGEST = 2**29
"""Bytes of a model at a revision, which git hands over as a whole."""


def opened_with(
    path: str, limits: Limits, files: Files, variant: str | None, given: Given
) -> tuple[Opened, Imported | None]:
    """The text behind what a user names, and what was imported for it, if that is a model.

    Args:
        path: a file, `-` for standard input, or `zoo:NAME`.
        limits: how large things may get.
        files: the disk or a revision.
        variant: which network of a file that has several.
        given: the sizes that a file leaves open.

    Raises:
        SpecError: a file that cannot be read.
        UsageError: no such network in the zoo; of a revision, anything but a file that it has.
    """
    path, scale = _with_scale(path, files, variant)
    form = form_of(path, files)
    if form is None:
        return open_spec(path, limits, files), None
    from archcost.importing.imported import imported  # noqa: PLC0415 - specs need none of it

    file, name = files.find(path)
    try:
        with _on_disk(form, file, name, files) as place:
            found = imported(place, given=_sizes(given), variant=variant or scale)
    except ModelFileError as error:
        raise _spec_error(error, name) from None
    said = f"{form.name}: {found.faithful}"
    opened = Opened(
        found.text.encode(), name, file.parent, file, found.variant or scale, files, found.origin, said
    )._replace(networks=found.networks)
    return opened, found


def form_of(path: str, files: Files) -> Format | None:
    """The format of the model that a user names; None of a spec, or of what is not there.

    Raises:
        ModelFileError: a file of PyTorch that cannot be opened without running what is in it.
    """
    if path == "-" or path.startswith("zoo:"):
        return None
    suffix = Path(path).suffix.lower()
    if suffix not in PICKLES and all(suffix not in one.suffixes for one in FORMATS):
        return None
    file, _ = files.find(path)
    if files is DISK and not _is_there(file):
        return None
    refuse_pickle(file)
    return recognized(file, lambda file: _head(file, files))


def _with_scale(path: str, files: Files, variant: str | None) -> tuple[str, str | None]:
    """The file and the scale, if any, that Ultralytics means: `yolov8n.yaml` is n of `yolov8.yaml`."""
    found = re.fullmatch(r"(.*\byolo(?:e-)?v?\d+)([nslmx])([^/\\]*\.ya?ml)", path)
    if found is None or files is not DISK or _is_there(Path(path)):
        return path, None
    whole = found[1] + found[3]
    if not (_is_there(Path(whole)) and form_of(whole, files)):
        return path, None
    if variant not in {None, found[2]}:
        raise UsageError(f"{path} already is the variant '{found[2]}'; --variant {variant} contradicts it")
    return whole, found[2]


def _is_there(file: Path) -> bool:
    """Whether there is a file to be read; opening it as a spec says what else is wrong."""
    try:
        return file.is_file()
    except (OSError, ValueError):
        return False


def _head(file: Path, files: Files) -> bytes:
    try:
        with files.open(file) as stream:
            return stream.read(HEAD)
    except (OSError, ValueError):
        return b""  # opening it as a spec says what is wrong


@contextmanager
def _on_disk(form: Format, file: Path, name: str, files: Files) -> Generator[Path]:
    """Where a file is, or for as long as it is read a copy of what it was at a revision."""
    if files is DISK:
        yield file
        return
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - only revisions need it

    with TemporaryDirectory() as folder:
        copy = Path(folder, file.name)
        copy.write_bytes(_at_revision(file, name, files))
        for beside in form.beside:
            with suppress(OSError, ValueError):  # it may be missing; the format says so if it must not
                Path(folder, beside).write_bytes(files.read(file.with_name(beside), LARGEST)[0])
        yield copy


def _at_revision(file: Path, name: str, files: Files) -> bytes:
    try:
        data, size = files.read(file, LARGEST)
    except (OSError, ValueError) as error:
        raise ModelFileError(name, str(error)) from None
    if size > LARGEST:
        raise ModelFileError(name, f"it has {size:,} bytes; of a revision {LARGEST:,} are read at most")
    return data


def _spec_error(error: ModelFileError, name: str) -> SpecError:
    """The same mistake as one of a spec, so that it is told along with those of others."""
    source = Source(name, error.place.source.lines) if error.place else Source(name)
    place = error.place._replace(source=source) if error.place else Place(source)
    return SpecError([Diagnostic(place, error.what)])


def networks_at(path: str, limits: Limits, files: Files) -> list[str | None]:
    """The networks of a file: None for it as it stands, if it means one so, then its variants by name.

    Raises:
        SpecError: the text cannot be read.
    """
    form = form_of(path, files)
    if form is None:
        return [None, *variants_of(open_spec(path, limits, files), limits)]
    if not form.has_variants:
        return [None]
    file, name = files.find(path)
    try:
        with _on_disk(form, file, name, files) as place:
            found = form.reader().read(place, {})
    except ModelFileError as error:
        raise _spec_error(error, name) from None
    if not isinstance(found, Text):
        return [None]
    if found.choices:
        return [*found.choices]
    text = found.text.encode()
    return [None, *variants_of(Opened(text, name, file.parent, file, found.variant), limits)]


def _sizes(given: Given) -> dict[str, Shape]:
    """The sizes that a user gives, as readers have them."""
    if given is None:
        return {}
    from archcost.importing.given import sizes  # noqa: PLC0415 - specs need none of it

    if isinstance(given, Mapping):
        return {name: shape for name, one in given.items() for shape in _sizes(one).values()}
    return sizes(given if isinstance(given, str) else "x".join(map(str, given)))


def check_given(network: Network, given: Given) -> None:
    """Refuse other sizes than those that are fixed in a model's file.

    An only input may have another name in the file, which its reader has compared.

    Raises:
        UsageError: the file has others.
    """
    shapes = {tensor.path: tensor.output for tensor in network.inputs}
    for name, shape in _sizes(given).items():
        own = next(iter(shapes.values())) if len(shapes) == 1 else shapes.get(name)
        if own != shape:
            fixed = ", ".join(f"{one} {show(of)}" for one, of in shapes.items())
            raise UsageError(
                f"--input {name}={'x'.join(map(str, shape))}: the sizes of {network.path} were fixed when it "
                f"was exported ({fixed}); export it again with others"
            )


def refuse_settings(path: str, names: Mapping[str, object], variant: str | None) -> None:
    """Refuse to change what a model's file fixes.

    Raises:
        UsageError: a variable or a variant is asked for.
    """
    if names or variant:
        what = f"--set {next(iter(names))}" if names else f"--variant {variant}"
        raise UsageError(
            f"{what}: {path} is a model with neither variables nor variants; `archcost import {path} -o "
            "net.yaml` makes a spec of it that can have them"
        )
