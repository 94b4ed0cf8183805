"""Writes receptive fields."""
