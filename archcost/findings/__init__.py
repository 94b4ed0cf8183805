"""What archcost notices about a network: one rule per file, each a function that returns findings."""
