"""Networks beside each other: measured, compared, and what changed from one to the next."""
