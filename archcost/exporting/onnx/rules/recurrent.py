"""Recurrent layers: steps first, gates in ONNX's order; and scans, whose steps are a graph of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcost.exporting.onnx.graph import Graph, Site, Value
from archcost.exporting.onnx.rules.common import NotExportableError
from archcost.exporting.onnx.wire import Body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcost.exporting.onnx.rules.common import Rule
    from archcost.exporting.onnx.wire import Attribute
    from archcost.layers.recurrent import Gru, Lstm, Rnn, SelectiveScan


def _lstm(site: Site, layer: Lstm, x: Value, **weights: Value) -> Value:
    if layer.proj_size:
        raise NotExportableError("the LSTM of ONNX has no projection (proj_size)")
    return _over_steps(site, "LSTM", layer, x, weights, (0, 3, 1, 2))


def _gru(site: Site, layer: Gru, x: Value, **weights: Value) -> Value:
    return _over_steps(site, "GRU", layer, x, weights, (1, 0, 2), linear_before_reset=1)


def _rnn(site: Site, layer: Rnn, x: Value, **weights: Value) -> Value:
    functions = (layer.nonlinearity.capitalize(),) * (1 + layer.bidirectional)
    return _over_steps(site, "RNN", layer, x, weights, (0,), activations=functions)


def _over_steps(  # noqa: PLR0913, PLR0917 - what a layer is made of
    site: Site,
    word: str,
    layer: Lstm | Gru | Rnn,
    x: Value,
    weights: dict[str, Value],
    gates: tuple[int, ...],
    **attributes: Attribute,
) -> Value:
    """Layer by layer; `gates` are ours in ONNX's order."""
    directions, hidden = 1 + layer.bidirectional, layer.hidden_size
    direction = "bidirectional" if layer.bidirectional else "forward"
    x = site.transpose(x, (2, 0, 1))  # steps, batch, channels
    for i in range(layer.num_layers):
        ends = [f"l{i}", f"l{i}_reverse"][:directions]
        arriving, fed_back = (
            _per_direction(site, [_in_order(site, weights[f"weight_{what}_{end}"], gates) for end in ends])
            for what in ("ih", "hh")
        )
        tensors = [x, arriving, fed_back]
        if layer.bias:
            both = [
                [_bias(site, weights, f"{of}_{end}", gates, hidden) for of in ("ih", "hh")] for end in ends
            ]
            tensors.append(_per_direction(site, [site.joined(pair, 0) for pair in both]))
        shape = (x.shape[0], directions, 1, hidden)
        y = site.op(word, *tensors, shape=shape, direction=direction, hidden_size=hidden, given=attributes)
        x = site.reshape(site.transpose(y, (0, 2, 1, 3)), (x.shape[0], 1, directions * hidden))
    return site.transpose(x, (1, 2, 0))


def _bias(site: Site, weights: Mapping[str, Value], end: str, gates: tuple[int, ...], hidden: int) -> Value:
    """A bias; zeros where the layer has none, for ONNX takes both or none."""
    bias = weights.get(f"bias_{end}")
    return _in_order(site, bias, gates) if bias else site.filled(0.0, (len(gates) * hidden,))


def _in_order(site: Site, weight: Value, gates: tuple[int, ...]) -> Value:
    """The rows of each gate, gates in another order."""
    rows = weight.shape[0] // len(gates)
    return site.joined([site.part(weight, 0, gate * rows, (gate + 1) * rows) for gate in gates], 0)


def _per_direction(site: Site, weights: list[Value]) -> Value:
    return site.joined([site.reshape(weight, (1, *weight.shape)) for weight in weights], 0)


def _selective_scan(  # noqa: PLR0913, PLR0917 - its inputs, one by one
    site: Site,
    layer: SelectiveScan,
    x: Value,
    delta: Value,
    b: Value,
    c: Value,
    *,
    A_log: Value,  # noqa: N803 - its name in Mamba, as that of `D`
    D: Value | None = None,  # noqa: N803
) -> Value:
    """Before the scan what does not depend on the step before; positions are its steps."""
    groups, states = layer.groups, A_log.shape[1]
    channels, length = x.shape[1] // groups, x.shape[2]
    rate = site.op("Neg", site.op("Exp", site.reshape(A_log, (groups, channels, states))))
    dt = site.op("Softplus", delta)
    steps = [
        site.reshape(site.transpose(one, (2, 0, 1)), (length, groups, *sizes))
        for one, sizes in (
            (dt, (channels, 1)),
            (site.op("Mul", dt, x), (channels, 1)),
            (b, (1, states)),
            (c, (states, 1)),
        )
    ]
    start = site.filled(0, (groups, channels, states))
    shape = (length, groups, channels, 1)
    body = _step(site, rate, [one.shape[1:] for one in steps], start.shape)
    y = site.op("Scan", start, *steps, shape=shape, nth=1, body=body, num_scan_inputs=len(steps))
    y = site.transpose(site.reshape(y, (length, 1, groups * channels)), (1, 2, 0))
    if D is None:
        return y
    return site.op("Add", y, site.op("Mul", x, site.per_channel(D, x)))


def _step(site: Site, rate: Value, shapes: list[tuple[int, ...]], state: tuple[int, ...]) -> Body:
    """What is kept decays and is fed, and is read. The rate is that of the graph outside."""
    prefix = f"{site.path}.step."
    graph = Graph(prefix)
    kept, dt, fed, into, out = inputs = [
        Value(f"{prefix}{name}", shape)
        for name, shape in zip(("kept", "dt", "fed", "into", "out"), (state, *shapes), strict=True)
    ]
    step = Site(graph, f"{prefix}next", state)
    decayed = step.op("Mul", kept, step.op("Exp", step.op("Mul", dt, rate)))
    kept = step.done(step.op("Add", decayed, step.op("Mul", fed, into)))
    read = Site(graph, f"{prefix}read", (*state[:2], 1))
    y = read.done(read.matmul(kept, out))
    return Body(graph.encoded(f"{prefix}body", inputs, [kept, y]))


RULES: dict[str, Rule] = {
    "lstm": _lstm,
    "gru": _gru,
    "rnn": _rnn,
    "selective_scan": _selective_scan,
}
