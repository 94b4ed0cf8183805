"""Writes what changed between two networks."""
