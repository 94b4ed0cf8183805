"""Keras' attention layers, as the products that they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcost.importing.converter import Rule

ATTENTION: dict[str, Rule] = {}
