"""What the service costs beside the matcher; ``python -m server.bench``, part of ``make bench``."""
