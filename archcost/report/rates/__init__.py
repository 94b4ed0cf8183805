"""Writes stacks of dilated convolutions without holes."""
