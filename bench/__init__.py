"""Benchmarks. Each starts what it needs, measures in pairs, and cleans up after itself."""
