"""The gate: what networks may cost, and who agreed to what is over it."""
