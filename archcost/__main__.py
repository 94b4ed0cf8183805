"""`python -m archcost` is `archcost`."""

from __future__ import annotations

import sys

from archcost.cli import console

if __name__ == "__main__":
    sys.exit(console())
