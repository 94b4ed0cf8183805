"""From what a user names to a network: a spec, or the model of another framework."""
