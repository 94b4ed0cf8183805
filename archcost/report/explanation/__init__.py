"""Writes where one number comes from."""
