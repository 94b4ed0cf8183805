"""Writes the nodes of a network after expansion."""
