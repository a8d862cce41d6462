"""The published tables in PostgreSQL, for tools that want a server.

Belongs here: connecting, relations, rows and grants there. Does not: what is published, and when.
"""
