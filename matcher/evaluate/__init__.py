"""Quality of the matching as one table beside the committed baseline: ``make evaluate``.

The project's own ``data/quality`` is always measured; the shared datasets where they lie
beside the checkout. What the scorer was fitted on is marked so: those rows flatter it.
"""
