"""What archcost finds out, as plain values: the keys of its JSON."""
