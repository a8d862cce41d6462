"""Writing results back into the systems that people work in: fields of an account's own record.

Belongs here: which values, where to, what changed, what was written. Does not: HTTP, which is the
connectors' (`connectors/<kind>/write.py`).
"""

WRITE_BACK = "write_back"
"""What follows a source's name where the names of streams do, in assets and messages."""
