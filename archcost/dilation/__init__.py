"""Dilation rates: published rules, and stacks solved for a field."""
