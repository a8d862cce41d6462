"""Telling people what broke, since when, what it affects and what to do.

Belongs here: what a message says and how it is sent. Does not: noticing (sensors).
"""
