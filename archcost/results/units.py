"""Data types and their sizes."""

from __future__ import annotations

DTYPES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
"""Bytes of one element, by data type."""
