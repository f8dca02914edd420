"""How much one request may ask; the same figures are published at ``/v1/index``."""

from typing import Final

MAX_SENTENCES: Final = 256
"""Sentences a request."""
MAX_SENTENCE_CHARS: Final = 2_000
"""Characters a sentence, before and after normalisation."""
MAX_TEXT_CHARS: Final = 100_000
"""Characters a request, all sentences together."""
MAX_BODY_BYTES: Final = 1_048_576
"""Bytes a request body."""
MAX_LIMIT: Final = 10
"""Cases a sentence."""
