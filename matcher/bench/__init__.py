"""Cost of matching beside other ways to do it, as ratios within one run: ``make bench``.

Recall stands beside speed, so that no row is fast by finding nothing.
"""
