"""What `verify` says it would need, beside what it takes: memory that is allocated, and processor time."""

from __future__ import annotations

import argparse
import tempfile
import tracemalloc
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from tabulate import tabulate

import archcost
from archcost.execute.need import need
from archcost.execute.verification import runs, verify
from archcost.limits import Limits
from tests.execute.heavy_layers import LAYERS, spec

if TYPE_CHECKING:
    from archcost.network import Network

LIMITS = Limits(memory=2**34, seconds=10**6)
NETWORKS = {
    "unet": "1x220x220",
    "resnet50": "3x64x64",
    "mobilenet_v2": "3x64x64",
    "vgg16": "3x32x32",
    "densenet121": "3x64x64",
    "vit_base_patch16_224": None,
    "deeplabv3_resnet50": "3x65x65",
}


def row(label: str, network: Network, samples: int) -> list[object]:
    """A line of the table."""
    needed = need(network, 8, probes=runs(network, samples) - 1)
    tracemalloc.start()
    verify(network, samples=samples, limits=LIMITS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    began = process_time()
    verify(network, samples=samples, limits=LIMITS)
    took = process_time() - began
    megabytes = needed.memory / 1e6, peak / 1e6
    times = needed.memory / peak, needed.seconds / took
    return [label, *megabytes, times[0], needed.seconds, took, times[1]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=2)
    samples = parser.parse_args().samples
    rows = [row(name, archcost.load(f"zoo:{name}", input=shape), samples) for name, shape in NETWORKS.items()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.yaml")
        for x, layer in LAYERS:
            path.write_text(spec(x, layer))
            rows.append(row(f"{layer} on {x}", archcost.load(path), samples))
    headers = ["", "said, MB", "took, MB", "times", "said, s", "took, s", "times"]
    print(tabulate(rows, headers, floatfmt=".2f"))


if __name__ == "__main__":
    main()
