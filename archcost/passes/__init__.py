"""Questions about several layers at once: plain functions from a network to values."""
