"""Errors of the matching engine.

MatcherError
└── SnapshotError    an index on disk cannot be read, or has another format
"""


class MatcherError(Exception):
    """Base of all errors that ``matcher`` raises on purpose."""


class SnapshotError(MatcherError):
    """A snapshot folder is missing, damaged, or of another format."""
