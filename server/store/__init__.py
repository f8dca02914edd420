"""What editors have published: cases, the log of changesets, the version; kept in Redis.

This package and ``server.embedded`` are the only ones that know Redis.
"""

from server.store.connection import Listener
from server.store.store import Store
from server.store.tokens import Identity, Role, Token, Tokens, whose
from server.store.values import Changeset, Contents, Difference, Published, Retraction, Update

__all__ = [
    "Changeset",
    "Contents",
    "Difference",
    "Identity",
    "Listener",
    "Published",
    "Retraction",
    "Role",
    "Store",
    "Token",
    "Tokens",
    "Update",
    "whose",
]
