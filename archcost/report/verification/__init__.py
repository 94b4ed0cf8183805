"""Writes what a run measured beside what was predicted."""
