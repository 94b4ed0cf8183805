"""Windows over axes, and the sets of positions that are read through them."""
