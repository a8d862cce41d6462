"""Why a stream could not be read, in words for the person who must act.

Belongs here: the errors that a connector may raise. Does not: how a night reacts to them.
"""

from __future__ import annotations


class SourceError(Exception):
    """A stream could not be read; the message says what is wrong, where, and what to do.

    Never put a secret, or a response body that may echo one, into the message.
    """

    is_transient: bool = False


class PermanentSourceError(SourceError):
    """Trying again will not help: credentials, a missing scope or file, a bad request."""


class NotPermitted(PermanentSourceError):
    """The credentials are good, but not for this."""


class CursorExpired(PermanentSourceError):
    """The source no longer knows where the last read ended: everything must be read again."""


class TransientSourceError(SourceError):
    """Trying again later may help: rate limits, server errors, lost connections."""

    is_transient = True


class DailyQuotaSpent(TransientSourceError):
    """The vendor answers no more of our requests today."""
