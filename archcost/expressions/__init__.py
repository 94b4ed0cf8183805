"""Expressions in a spec: tokens, values and their arithmetic."""
