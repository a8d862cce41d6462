"""A made-up software firm and its customers over years, made from a seed.

Belongs here: what is true in that firm, whoever writes it down. Does not: any system that it keeps
records in (systems), or any wire format (servers).
"""
