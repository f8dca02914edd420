"""Errors of the matching engine.

MatcherError
├── SnapshotError    an index on disk cannot be read, or has another format
├── ModelError       the files of a model are missing, damaged, or of another kind
└── FilterError      bytes that are no filter, or a difference to another one
"""


class MatcherError(Exception):
    """Base of all errors that ``matcher`` raises on purpose."""


class SnapshotError(MatcherError):
    """A snapshot folder is missing, damaged, or of another format."""


class FilterError(MatcherError):
    """Bytes that are no filter of this format, or a difference that does not fit."""


class ModelError(MatcherError):
    """The files of a model are missing, damaged, or of another kind."""
