"""Benchmarks of the addon: the same work in a database with it and in one without it."""
