"""Writes results: a folder for each, and one list of formats."""
