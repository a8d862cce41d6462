"""What all sources that speak HTTP share: asking, being told to wait, turning pages, reading.

Belongs here: authentication, retry, rate budgets, paginators, slicing records out of a page, and
the frame that every vendor's source fills in. Does not: anything only one vendor does.
"""
