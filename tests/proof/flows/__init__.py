"""Whole stories of a sale, for killing a process at every point they pass; CONTRIBUTING.md.

A flow is a function that takes a Run: people act on the run's shop, and every part that one of our
processes does goes through `run.work`, `run.hear` or `run.does`, where it may be killed.
"""
