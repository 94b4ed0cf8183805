"""Writes what ships with archcost."""
