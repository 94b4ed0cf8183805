"""Python imports this first, where its folder is on the path: what runs of archcost is noted."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent))
import lines

sys.path.pop()
lines.start()
