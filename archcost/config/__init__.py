"""The configuration of the gate: found, read, and its entries."""
