"""Writes what `compare` found."""
