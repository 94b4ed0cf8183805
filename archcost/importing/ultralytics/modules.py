"""How a row is written, by its module: the block it is, and its arguments as that block's fields."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from archcost.importing.lines import call
from archcost.importing.ultralytics import heads
from archcost.importing.ultralytics.numbers import Number, integer, share, truth

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcost.importing.ultralytics.rows import Row, Value
    from archcost.importing.ultralytics.writer import Writer

    Write = Callable[[Writer, Row], Number]


class Field(NamedTuple):
    """An argument of a module.

    Attributes:
        name: of the field that it becomes.
        default: what the module takes without it.
        kind: `integer`, `truth`, `share` (hidden channels by output channels) or `act`.
    """

    name: str
    default: Value
    kind: str = "integer"


class Module(NamedTuple):
    """A module that scales widen, by its first argument.

    Attributes:
        block: what it is called here.
        fields: its other arguments, in order.
        repeats: it takes the repeats of its row itself; others follow each other.
    """

    block: str
    fields: tuple[Field, ...] = ()
    repeats: bool = False


_STRIDED = (Field("k", 1), Field("stride", 1))
_GROUPS = Field("groups", 1)
_ACT = Field("act", default=True, kind="act")
_ADDS = Field("add", default=True, kind="truth")
_HALF = Field("hidden", Fraction(1, 2), "share")

MODULES = {
    "Conv": Module("unit", (*_STRIDED, Field("padding", None), _GROUPS, Field("dilation", 1), _ACT)),
    "ConvTranspose": Module(
        "conv_transpose_unit",
        (
            Field("k", 2),
            Field("stride", 2),
            Field("padding", 0),
            Field("norm", default=True, kind="fixed"),
            _ACT,
        ),
    ),
    "GhostConv": Module("ghost_conv", (*_STRIDED, _GROUPS, _ACT)),
    "SCDown": Module("sc_down", (Field("k", None), Field("stride", None))),
    "AConv": Module("a_conv"),
    "ADown": Module("a_down"),
    "SPPELAN": Module("sppelan", (Field("hidden", None), Field("k", 5))),
    "ELAN1": Module("elan1", (Field("hidden", None), Field("inner", None))),
    "RepNCSPELAN4": Module("rep_ncsp_elan4", (Field("hidden", None), Field("inner", None), Field("n", 1))),
    "C1": Module("c1", repeats=True),
    "C2": Module("c2", (_ADDS, _GROUPS, _HALF), repeats=True),
    "C2f": Module("c2f", (Field("add", default=False, kind="truth"), _GROUPS, _HALF), repeats=True),
    "C3": Module("c3", (_ADDS, _GROUPS, _HALF), repeats=True),
    "C3Ghost": Module(
        "c3_ghost",
        (_ADDS._replace(kind="unused"), Field("groups", 1, "unused"), _HALF),
        repeats=True,
    ),
    "BottleneckCSP": Module("bottleneck_csp", (_ADDS, _GROUPS, _HALF), repeats=True),
}
"""Modules that are a block as they are."""


def write(writer: Writer, row: Row) -> Number:
    """Write a row; how many channels leave.

    Raises:
        ModelFileError: it is not understood.
    """
    special = SPECIAL.get(row.module)
    if special:
        return special(writer, row)
    module = MODULES.get(row.module)
    if module is None:
        known = ", ".join(sorted([*MODULES, *SPECIAL]))
        row.fail(f"this module is not followed; known are {known}")
    return widened(writer, row, module)


def widened(writer: Writer, row: Row, module: Module, more: dict[str, str] | None = None) -> Number:
    """A module that scales widen."""
    single(writer, row)
    out = writer.width(integer(row, first(row), "channels"), row)
    fields = {"out": out.written}
    if module.repeats:
        fields |= _repeats(writer, row)
    fields |= arguments(row, module.fields, row.arguments[1:], out)
    fields |= more or {}
    emit(writer, row, call(module.block, fields), out, repeats=not module.repeats)
    return out


def _repeats(writer: Writer, row: Row) -> dict[str, str]:
    depth = writer.depth(row)
    return {} if depth.text == "1" else {"n": depth.written}


def first(row: Row) -> Value:
    """The first argument."""
    return row.arguments[0] if row.arguments else row.fail("it has no arguments")


def single(writer: Writer, row: Row) -> Number:
    """The channels that arrive from the only row it reads."""
    if len(row.sources) != 1:
        row.fail("it reads one row")
    return writer.widths(row)[0]


def arguments(row: Row, fields: tuple[Field, ...], given: tuple[Value, ...], out: Number) -> dict[str, str]:
    """The arguments of a module as fields, without those that have their default."""
    if len(given) > len(fields):
        row.fail(f"it has {len(given) - len(fields)} arguments more than are followed")
    found: dict[str, str] = {}
    for field, value in zip(fields, (*given, *(one.default for one in fields[len(given) :])), strict=True):
        if value == field.default and type(value) is type(field.default) and value is not None:
            continue
        if value is None:
            if field.default is None and field.name != "padding":
                row.fail(f"it lacks its argument '{field.name}'")
            continue
        if field.kind == "unused":
            continue
        if field.kind == "fixed":
            row.fail(f"{field.name}: {value} is not followed")
        found[field.name] = _written(row, field, value, out)
    return found


def _written(row: Row, field: Field, value: Value, out: Number) -> str:
    if field.kind == "truth":
        return str(truth(row, value, field.name)).lower()
    if field.kind == "act":
        return "none" if truth(row, value, field.name) is False else row.fail("act is True or False")
    if field.kind == "share":
        return share(row, value, out)
    return str(integer(row, value, field.name, least=0 if field.name == "padding" else 1))


def emit(writer: Writer, row: Row, text: str, out: Number, *, repeats: bool = True) -> None:
    """Write the item of a row; what does not take its repeats itself follows itself."""
    name, taps = f"layer_{row.number}", writer.taps(row)
    times = writer.depth(row) if repeats else None
    if times is None or times.text == "1":
        writer.item(text, name, taps)
        return
    if writer.widths(row)[0].values != out.values:
        row.fail("repeats follow each other, so as many channels must leave as arrive")
    writer.item(f"repeat: {times.written}, body: [{{{text}}}]", name, taps)


# -- modules that need a word more


def _c3k2(writer: Writer, row: Row) -> Number:
    writer.is_legacy = False
    given = row.arguments[1:]
    said = truth(row, given[0], "c3k") if given else False
    deep = tuple(said or name in {"m", "l", "x"} for name in writer.names)
    fields = (
        _HALF,
        Field("attention", default=False, kind="truth"),
        _GROUPS,
        _ADDS,
    )
    text = writer.by_scale("deep", deep)
    module = Module("c3k2", (Field("c3k", None, "unused"), *fields), repeats=True)
    arranged = row._replace(arguments=(first(row), False, *given[1:]))
    return widened(writer, arranged, module, {} if text == "false" else {"deep": text})


def _c2f_cib(writer: Writer, row: Row) -> Number:
    writer.is_legacy = False
    fields = (
        Field("add", default=False, kind="truth"),
        Field("large", default=False, kind="truth"),
        Field("groups", 1, "unused"),
        _HALF,
    )
    return widened(writer, row, Module("c2f_cib", fields, repeats=True))


def _a2c2f(writer: Writer, row: Row) -> Number:
    writer.is_legacy = False
    if len(row.arguments) > 3:
        row.fail("it has arguments more than are followed")
    attends = truth(row, row.arguments[1], "a2") if len(row.arguments) > 1 else True
    area = row.arguments[2] if len(row.arguments) > 2 else 1
    large = tuple(name in {"l", "x"} for name in writer.names)
    more: dict[str, str] = {"attention": str(attends).lower()} if not attends else {}
    out = writer.width(integer(row, first(row), "channels"), row)
    if any(value // 2 % 32 for value in out.values):
        row.fail(f"half of its channels must be a multiple of 32, and they are {out.values}")
    if attends and area != 1:
        more["area"] = str(integer(row, area, "area"))
    if attends and any(large):
        for value in out.values:
            if int(value // 2 * 1.2) != value // 2 * 6 // 5:
                row.fail(f"{value // 2} times 1.2 is rounded otherwise by Python")
        more["gamma"] = writer.by_scale("large", large)
        more["ratio"] = "1.2" if all(large) else "$(1.2 if large else 2)"
    arranged = row._replace(arguments=(first(row),))
    return widened(writer, arranged, Module("a2_c2f", repeats=True), more)


def _sppf(writer: Writer, row: Row) -> Number:
    fields = (Field("k", 5), Field("n", 3), Field("add", default=False, kind="truth"))
    more: dict[str, str] = {}
    if len(row.arguments) > 2:
        more["act"] = "none"
    arriving, given = single(writer, row), row.arguments
    out = writer.width(integer(row, first(row), "channels"), row)
    if len(given) > 3 and given[3] is True and arriving.values != out.values:
        same = [one == other for one, other in zip(arriving.values, out.values, strict=True)]
        if any(same):
            row.fail("it is added to what arrives for some scales only")
        given = (*given[:3], False)
    return widened(writer, row._replace(arguments=given), Module("sppf", fields), more)


def _spp(writer: Writer, row: Row) -> Number:
    more: dict[str, str] = {}
    if len(row.arguments) > 1:
        sizes = row.arguments[1]
        if not isinstance(sizes, list) or not sizes:
            row.fail("its sizes must be a list")
        more["k"] = f"[{', '.join(str(integer(row, one, 'size')) for one in sizes)}]"
    return widened(writer, row._replace(arguments=(first(row), *row.arguments[2:])), Module("spp"), more)


def _psa(writer: Writer, row: Row) -> Number:
    arriving = single(writer, row)
    out = writer.width(integer(row, first(row), "channels"), row)
    if arriving.values != out.values:
        row.fail(f"{arriving.values} channels arrive, and as many must leave, not {out.values}")
    if any(value // 2 % max(value // 128, 1) for value in out.values):
        row.fail("its heads do not divide its channels")
    repeats = row.module == "C2PSA"
    module = Module("c2_psa", (_HALF,), repeats=repeats)
    return widened(writer, row, module)


def _bottleneck(writer: Writer, row: Row) -> Number:
    arriving = single(writer, row)
    out = writer.width(integer(row, first(row), "channels"), row)
    given = [*row.arguments[1:]]
    adds = truth(row, given[0], "shortcut") if given else True
    same = tuple(one == other for one, other in zip(arriving.values, out.values, strict=True))
    if len(set(same)) > 1:
        row.fail("it is added to what arrives for some scales only")
    more = {} if adds and same[0] else {"add": "false"}
    fields = (_ADDS._replace(kind="unused"), _GROUPS, Field("k", 3, "fixed"), _HALF)
    return widened(writer, row, Module("bottleneck", fields), more)


def _dw_conv(writer: Writer, row: Row) -> Number:
    arriving = single(writer, row)
    out = writer.width(integer(row, first(row), "channels"), row)
    if arriving.values != out.values:
        row.fail("a depthwise convolution of as many channels as arrive is followed alone")
    fields = (*_STRIDED, Field("dilation", 1), _ACT)
    return widened(writer, row, Module("unit", fields), {"groups": out.written})


def _conv_transpose(writer: Writer, row: Row) -> Number:
    out = writer.width(integer(row, first(row), "channels"), row)
    single(writer, row)
    fields = (Field("kernel_size", None), Field("stride", 1), Field("padding", 0))
    found = {"out_channels": out.written, **arguments(row, fields, row.arguments[1:], out)}
    emit(writer, row, call("conv_transpose", found), out)
    return out


def _concat(writer: Writer, row: Row) -> Number:
    if list(row.arguments) not in ([], [1]) or row.repeats != 1:
        row.fail("only channels are joined, Concat: [1]")
    widths = writer.widths(row)
    values = tuple(sum(one) for one in zip(*(width.values for width in widths), strict=True))
    text = str(values[0]) if len(set(values)) == 1 else f"({' + '.join(one.text for one in widths)})"
    writer.item("concat", f"layer_{row.number}", writer.taps(row))
    return Number(text, values)


def _upsample(writer: Writer, row: Row) -> Number:
    arriving = single(writer, row)
    given = [*row.arguments, *[None, None, "nearest"][len(row.arguments) :]]
    if len(given) > 3 or given[0] is not None or given[2] != "nearest" or row.repeats != 1:
        row.fail('only [None, factor, "nearest"] is followed')
    writer.item(
        call("upsample", {"scale_factor": str(integer(row, given[1], "factor"))}),
        f"layer_{row.number}",
        writer.taps(row),
    )
    return arriving


def _max_pool(writer: Writer, row: Row) -> Number:
    arriving = single(writer, row)
    fields = (Field("kernel_size", None), Field("stride", None), Field("padding", 0))
    given = row.arguments if len(row.arguments) > 1 else (*row.arguments, *row.arguments)
    emit(writer, row, call("max_pool", arguments(row, fields, given, arriving)), arriving)
    return arriving


def _zero_pad(writer: Writer, row: Row) -> Number:
    arriving = single(writer, row)
    sides = first(row)
    several = sides if isinstance(sides, list) else [sides] * 4
    if len(several) != 4 or len(row.arguments) != 1 or row.repeats != 1:
        row.fail("it takes [left, right, top, bottom]")
    left, right, top, bottom = (integer(row, one, "a side", least=0) for one in several)
    text = f"pad: {{padding: [[{top}, {bottom}], [{left}, {right}]]}}"
    writer.item(text, f"layer_{row.number}", writer.taps(row))
    return arriving


def _identity(writer: Writer, row: Row) -> Number:
    arriving = single(writer, row)
    writer.alias(writer.taps(row)[0])
    return arriving


def _cb_linear(writer: Writer, row: Row) -> Number:
    single(writer, row)
    sizes = first(row)
    if not isinstance(sizes, list) or len(row.arguments) != 1 or not sizes or row.repeats != 1:
        row.fail("it takes a list of channels, and nothing else is followed")
    widths = [integer(row, one, "channels") for one in sizes]
    name, conv = f"layer_{row.number}", f"conv: {{out_channels: {sum(widths)}, kernel_size: 1}}"
    writer.item(conv, name if len(widths) == 1 else "", writer.taps(row))
    if len(widths) > 1:
        writer.item(f"split: {{sizes: [{', '.join(map(str, widths))}]}}", name)
    writer.parts[row.number] = widths
    return Number("0", (0,) * len(writer.scales))


def _cb_fuse(writer: Writer, row: Row) -> Number:
    picks = first(row)
    if not isinstance(picks, list) or len(picks) != len(row.sources) - 1 or row.repeats != 1:
        row.fail("it takes a part of each row that it reads but the last")
    taps, out = writer.taps(row), writer.widths(row)[-1]
    names: list[str] = []
    for index, tap, pick in zip(row.sources[:-1], taps[:-1], picks, strict=True):
        part = integer(row, pick, "part", least=0)
        parts = writer.parts.get(index, [])
        if part >= len(parts) or any(parts[part] != value for value in out.values):
            row.fail(f"row {index} has no part {part} of {out.values[0]} channels")
        name = f"layer_{row.number}_{len(names)}"
        alone = f"{tap}.{part}" if len(parts) > 1 else f"{tap}"
        writer.item(f"upsample: {{like: {taps[-1]}}}", name, [alone])
        names.append(name)
    writer.item("add", f"layer_{row.number}", [*names, taps[-1]])
    return out


def _classify(writer: Writer, row: Row) -> Number:
    single(writer, row)
    classes = writer.classes(row, first(row))
    found = arguments(row, _STRIDED, row.arguments[1:], classes)
    writer.item(
        call("classify", {"classes": classes.written, **found}), f"layer_{row.number}", writer.taps(row)
    )
    writer.is_classifier = True
    return classes


SPECIAL: dict[str, Write] = {
    "C3k2": _c3k2,
    "C2fCIB": _c2f_cib,
    "A2C2f": _a2c2f,
    "SPPF": _sppf,
    "SPP": _spp,
    "PSA": _psa,
    "C2PSA": _psa,
    "Bottleneck": _bottleneck,
    "DWConv": _dw_conv,
    "nn.ConvTranspose2d": _conv_transpose,
    "Concat": _concat,
    "nn.Upsample": _upsample,
    "nn.MaxPool2d": _max_pool,
    "nn.ZeroPad2d": _zero_pad,
    "nn.Identity": _identity,
    "CBLinear": _cb_linear,
    "CBFuse": _cb_fuse,
    "Classify": _classify,
    **heads.HEADS,
}
"""Modules that need a word more."""
