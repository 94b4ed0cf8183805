"""`archcost verify`: every number proved by running the network."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archcost.cli.common import (
    Loading,
    load_all,
    load_one,
    loading,
    output,
    quiet,
    specs_argument,
    width,
    write_options,
)
from archcost.cli.option import filled, option
from archcost.cli.output import write
from archcost.cli.progress import progress
from archcost.errors import ArchcostError, TooLargeError, UsageError
from archcost.report.formats import write as render
from archcost.words.wording import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Unpack

    from archcost.cli.progress import Progress
    from archcost.execute.verification import Run, Verification
    from archcost.network import Network
    from archcost.windows.window import Shape


class VerifyOptions(Loading):
    """How specs are read, how they are run, and how much of the result is shown."""

    samples: int
    seed: int
    dtype: str
    against: str | None
    scale: Fraction | None
    everything: bool
    width: int | None
    quiet: bool


def _scale(_ctx: click.Context, _param: click.Parameter, given: str | None) -> Fraction | None:
    if given is None:
        return None
    try:
        factor = Fraction(given) if len(given) < 20 else Fraction(0)
    except (ValueError, ZeroDivisionError):
        factor = Fraction(0)
    if not 0 < factor <= 1:
        raise click.BadParameter(f"{given!r} is no share of the channels, such as 0.25 or 1/8")
    return factor


@click.command
@specs_argument
@option(
    "--samples",
    metavar="N",
    type=click.IntRange(min=0),
    default=8,
    show_default=True,
    help="Positions of every input to probe, a run each: corners, centre, borders, then random ones.",
)
@option(
    "--seed",
    metavar="N",
    type=click.IntRange(min=0, max=2**32),
    default=0,
    show_default=True,
    help="Of random weights, inputs and positions.",
)
@option(
    "--dtype",
    type=click.Choice(["float64", "float32"]),
    default="float64",
    show_default=True,
    help="Of all numbers.",
)
@option(
    "--against",
    metavar="torch|MODEL.pt2",
    callback=filled,
    help="Compare every value with PyTorch's, too: on random weights, or those of the export that the spec "
    "was imported from.",
)
@option(
    "--scale-channels",
    "scale",
    metavar="F",
    callback=_scale,
    help="Run the network with F times its channels, such as 0.25 or 1/8.",
)
@option("--all", "everything", is_flag=True, help="A row for every node, however many there are.")
@output("verification")
@loading
@width
@quiet
def command(specs: tuple[str, ...], form: str, output: str | None, **options: Unpack[VerifyOptions]) -> int:
    """Run networks in NumPy and compare what is measured with what was predicted.

    Once with every operation counted, then once per probed position: NaN put there shows which outputs
    depend on it. Shapes, parameters, five operation counts and receptive fields must be as `analyze` and
    `rf` say, for every node; else the exit code is 1. Weights are random unless the spec has some.

    \b
      archcost verify net.yaml
      archcost verify zoo:resnet18 --input 3x64x64
      archcost verify zoo:unet --samples 2 --all
      archcost verify net.yaml --against torch
      archcost verify net.yaml --against net.pt2
      archcost verify 'specs/*.yaml' --quiet
      archcost verify zoo:vit_base_patch16_224 --scale-channels 0.25
      archcost verify net.yaml --limit memory=2^34

    What would take more than the limit `memory` (4 GiB) or `seconds` (600, an estimate) is refused before
    anything is allocated. A smaller --input proves the same layers, and fewer --samples take less time; so
    does --scale-channels, which scales every channel count that a layer sets, as far as the layers still fit
    together.
    """  # noqa: D301 - a real backspace: it tells click to keep the lines that follow
    from archcost.execute.proof_report import verify_report  # noqa: PLC0415 - likewise

    with progress(quiet=options["quiet"]) as doing:
        found = _verified(load_all(specs, options, doing), options, doing)
    reports = [verify_report(one, options["scale"]) for one in found]
    write(render("verification", reports, form, write_options(options, output)), output)
    return 0 if all(report.agrees for report in reports) else 1


def _verified(networks: Sequence[Network], options: VerifyOptions, doing: Progress) -> list[Verification]:
    from archcost.execute.scaling import scaled  # noqa: PLC0415 - few runs ask for it
    from archcost.execute.verification import runs, verify  # noqa: PLC0415 - as above

    if (scale := options["scale"]) is not None:
        networks = [scaled(network, scale) for network in networks]
    for network in networks:
        try:
            _refuse_if_too_large(network, options)
        except TooLargeError as error:
            raise TooLargeError(f"{error}; {_advice(network, options)}") from None
    against = _model(networks, options)
    who = networks[0].path if len(networks) == 1 else plural(len(networks), "network")
    parts = sum(runs(network, options["samples"]) * len(network) for network in networks)
    doing.step(f"running {who}", parts)
    return [
        verify(
            network,
            samples=options["samples"],
            seed=options["seed"],
            dtype=options["dtype"],
            limits=options["limits"],
            torch=options["against"] == "torch",
            against=against,
            tick=doing.tick,
        )
        for network in networks
    ]


def _model(networks: Sequence[Network], options: VerifyOptions) -> Callable[[Network, int, str], Run] | None:
    """The file that the values are those of, if one is named."""
    given = options["against"]
    if given is None or given == "torch":
        return None
    if len(networks) > 1 or options["scale"] is not None:
        raise UsageError(f"--against {given}: a model is that of one network, with all of its channels")
    from archcost.importing.pytorch.beside import beside  # noqa: PLC0415 - few runs ask for it

    return partial(beside, Path(given))


def _refuse_if_too_large(network: Network, options: VerifyOptions) -> None:
    from archcost.execute.verification import refuse_if_too_large  # noqa: PLC0415 - NumPy, and only here

    refuse_if_too_large(
        network,
        options["dtype"],
        options["limits"],
        samples=options["samples"],
        torch=options["against"] is not None,
    )


def _advice(network: Network, options: VerifyOptions) -> str:
    """How to run it all the same."""
    raised = "or try --scale-channels 0.25, or raise the limit: --limit memory=BYTES, --limit seconds=N"
    found = [*_fewer_samples(network, options), *_smaller_input(network, options)]
    offer = f"{' or '.join(found)} would fit" if found else "give it a smaller --input if you can"
    return f"{offer}; {raised}"


def _fewer_samples(network: Network, options: VerifyOptions) -> Iterator[str]:
    """The option with which it fits, halved step by step; nothing if it never does."""
    samples = options["samples"]
    while samples > 0:
        samples //= 2
        try:
            _refuse_if_too_large(network, {**options, "samples": samples})
        except TooLargeError:
            continue
        yield f"--samples {samples}"
        return


def _smaller_input(network: Network, options: VerifyOptions) -> Iterator[str]:
    """Likewise, with the input halved."""
    from archcost.execute.scaling import scaled  # noqa: PLC0415 - few runs ask for it

    shapes = {tensor.path: tensor.output for tensor in network.inputs}
    while network.path != "-" and any(n > 1 for shape in shapes.values() for n in shape[1:]):
        shapes = {name: (shape[0], *((n + 1) // 2 for n in shape[1:])) for name, shape in shapes.items()}
        shape = _as_option(shapes)
        smaller: VerifyOptions = {**options, "variant": _variant_of(network), "input_shape": shape}
        try:
            small = load_one(network.path, smaller)
            small = scaled(small, options["scale"]) if options["scale"] else small
            _refuse_if_too_large(small, options)
        except TooLargeError:
            continue
        except ArchcostError:
            return
        yield f"--input {shape}"
        return


def _variant_of(network: Network) -> tuple[str, ...]:
    """The network's variant, as `--variant` takes it."""
    return (network.variant,) if network.variant else ()


def _as_option(shapes: Mapping[str, Shape]) -> str:
    """Shapes as `--input` takes them."""
    texts = {name: "x".join(map(str, shape)) for name, shape in shapes.items()}
    several = ",".join(f"{name}={text}" for name, text in texts.items())
    return several if len(texts) > 1 else next(iter(texts.values()))
