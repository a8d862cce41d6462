"""A made-up software company and the systems it runs on, for the demo and for tests.

Belongs here: what stands in for the world outside. Does not: anything the product itself uses.
"""
