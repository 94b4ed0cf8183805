"""Other people's models as specs: a file of another framework is read, converted, and written down."""
