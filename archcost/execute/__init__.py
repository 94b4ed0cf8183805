"""The reference executor: a network run in NumPy, to prove what is predicted about it. Imports NumPy."""
