"""Networks as models of other formats."""
