"""Writes what `analyze` found."""
