"""What the made-up firm's systems hold, and how it changes as time passes.

Belongs here: who keeps which fact where, in which shape, from when on. Does not: what is true
(company), or how a vendor's system answers (servers).
"""
