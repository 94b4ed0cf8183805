"""What is known of a network, worked out: facts, the report, explanations."""
