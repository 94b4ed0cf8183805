"""Writes what the gate says, for those who listen: people, GitHub, GitLab, Jenkins, code scanners.

A format shows a judgement and changes nothing about it: whether a check fails is decided elsewhere.
"""
