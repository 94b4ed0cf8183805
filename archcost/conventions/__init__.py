"""What other tools, papers and frameworks would print: rules per layer kind, beside our own counts.

`table` has the rules, `counting` applies them. Our counts never change with a convention.
"""
