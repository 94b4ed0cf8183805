"""Writes the spec of a configuration: an item for each stage, and blocks for what stages are made of."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from archcost.importing.lines import SpecLines, call

if TYPE_CHECKING:
    from archcost.importing.nnunet.plans import Configuration, Dataset, Stage
    from archcost.windows.window import Axes


class Writer(SpecLines):
    """The spec of one configuration.

    Attributes:
        input: the shape that arrives.
        outputs: the segmentations, the largest first.
    """

    def __init__(self, plan: Configuration, dataset: Dataset) -> None:
        super().__init__()
        self._plan = plan
        self._residual = plan.network != "PlainConvUNet"
        # The commonest kernel and stride need not be said at each stage.
        self._kernel = Counter(stage.kernel_size for stage in plan.stages).most_common(1)[0][0]
        self.input = (dataset.channels + dataset.foreground * plan.follows, *plan.patch)
        self.outputs: list[str] = []
        self._encoder()
        self._decoder()

    def _encoder(self) -> None:
        stages = self._plan.stages
        self.row = stages[0].place.line
        if self._residual:
            fields = {"channels": str(self._plan.stem)} | self._sliding(stages[0].kernel_size)
            self.item(call("unit", fields), "stem")
        for i, stage in enumerate(stages):
            self.row = stage.place.line
            self.item(call("encoder_stage", self._fields(stage)), f"encoder_{i}")

    def _fields(self, stage: Stage) -> dict[str, str]:
        fields = {"channels": str(stage.channels)}
        if stage.bottleneck:
            fields["inner"] = str(stage.bottleneck)
        if stage.blocks > 1:
            fields["depth"] = str(stage.blocks)
        fields |= self._sliding(stage.kernel_size)
        return fields | ({"stride": _one_or_all(stage.stride)} if max(stage.stride) > 1 else {})

    def _sliding(self, kernel: Axes) -> dict[str, str]:
        """The kernel and its padding, if they are not those of most stages."""
        if kernel == self._kernel:
            return {}
        return {"kernel_size": _one_or_all(kernel), "padding": _one_or_all(_half(kernel))}

    def _decoder(self) -> None:
        stages = self._plan.stages
        below = f"encoder_{len(stages) - 1}"
        for i, depth in enumerate(self._plan.decoder):
            aside = len(stages) - 2 - i
            self.row = stages[aside].place.line
            fields = {"stride": _one_or_all(stages[aside + 1].stride)}
            fields |= {"depth": str(depth)} if depth > 1 else {}
            fields |= self._sliding(stages[aside].kernel_size)
            self.item(call("decoder_stage", fields), f"decoder_{aside}", [below, f"encoder_{aside}"])
            below = f"decoder_{aside}"
            self.item(call("conv", {"out_channels": "$classes", "kernel_size": "1"}), f"logits_{aside}")
            self.outputs.insert(0, f"logits_{aside}")

    # -- blocks

    def blocks(self) -> list[str]:
        """The blocks, as lines of the spec."""
        sliding = f"kernel_size: {_one_or_all(self._kernel)}, padding: {_one_or_all(_half(self._kernel))}"
        decoded = self._plan.network == "ResidualUNet"
        return [
            "blocks:",
            *self._unit(sliding),
            *(self._residual_block(sliding) if self._residual else []),
            "  encoder_stage:",
            f"    params: {{channels: required, {self._inner}depth: 1, {sliding}, stride: 1}}",
            "    body:",
            *_repeated(self._block(residual=self._residual), first="stride: $stride"),
            "  decoder_stage:",
            "    inputs: [below, aside]",
            f"    params: {{channels: $(in_channels(aside)), depth: 1, {sliding}, stride: required}}",
            "    body:",
            "      - name: raised",
            "        from: below",
            f"        {self._raising()}",
            "      - {concat, from: [raised, aside]}",
            *_repeated(self._block(residual=decoded), first=""),
        ]

    @property
    def _inner(self) -> str:
        return "inner: required, " if self._plan.stages[0].bottleneck else ""

    def _raising(self) -> str:
        bias = "" if self._plan.bias else ", bias: false"
        return f"conv_transpose: {{out_channels: $channels, kernel_size: $stride, stride: $stride{bias}}}"

    def _block(self, *, residual: bool) -> str:
        """The call of a block, or of a convolution with what follows it."""
        inner = "inner: $inner, " if residual and self._inner else ""
        name = "block" if residual else "unit"
        return f"{name}: {{channels: $channels, {inner}kernel_size: $kernel_size, padding: $padding}}"

    def _unit(self, sliding: str) -> list[str]:
        plan = self._plan
        slides = "kernel_size: $kernel_size, stride: $stride, padding: $padding"
        drop = [] if plan.dropout is None else [f"{{dropout: {{p: {plan.dropout}}}, when: $drop}}"]
        act = [_under(plan.activation, "$act")] if plan.activation else []
        rest = [*act, plan.norm] if plan.activation_first else [plan.norm, *act]
        choices, bias = ", act: true" * bool(act) + ", drop: true" * bool(drop), str(plan.bias).lower()
        return [
            "  unit:",
            f"    params: {{channels: required, {sliding}, stride: 1, bias: {bias}{choices}}}",
            "    body:",
            *(
                f"      - {item}"
                for item in [f"conv: {{out_channels: $channels, {slides}, bias: $bias}}", *drop, *rest]
                if item
            ),
        ]

    def _residual_block(self, sliding: str) -> list[str]:
        """A residual block, whose shortcut takes means where it strides."""
        plan = self._plan
        last = ", act: false" * bool(plan.activation)
        kept = ", drop: false" * (plan.dropout is not None)
        slides = "kernel_size: $kernel_size, padding: $padding"
        inside = (
            [
                f"unit: {{channels: $inner, kernel_size: 1, padding: 0{kept}}}",
                f"unit: {{channels: $inner, {slides}, stride: $stride}}",
                f"unit: {{channels: $channels, kernel_size: 1, padding: 0{last}{kept}}}",
            ]
            if self._inner
            else [
                f"unit: {{channels: $channels, {slides}, stride: $stride}}",
                f"unit: {{channels: $channels, {slides}{last}{kept}}}",
            ]
        )
        project = f"unit: {{channels: $channels, kernel_size: 1, padding: 0, bias: false{last}{kept}}}"
        return [
            "  block:",
            f"    params: {{channels: required, {self._inner}{sliding}, stride: 1}}",
            "    body:",
            "      - residual:",
            *(f"          - {item}" for item in inside),
            "        shortcut:",
            "          - {avg_pool: {kernel_size: $stride}, when: $(stride != 1)}",
            f"          - {project}",
            "            when: $(in_channels != channels)",
            *([f"      - {plan.activation}"] if plan.activation else []),
        ]


def _repeated(block: str, first: str) -> list[str]:
    """A block, and as many more of it as there are."""
    head = f"{block[:-1]}, {first}}}" if first else block
    return [f"      - {head}", "      - repeat: $(depth - 1)", f"        body: [{{{block}}}]"]


def _under(item: str, condition: str) -> str:
    return f"{{{item}, when: {condition}}}"


def _half(kernel: Axes) -> Axes:
    """Padding that keeps the size, of an odd kernel."""
    return tuple((k - 1) // 2 for k in kernel)


def _one_or_all(axes: Axes) -> str:
    return str(axes[0]) if len(set(axes)) == 1 else f"[{', '.join(map(str, axes))}]"
