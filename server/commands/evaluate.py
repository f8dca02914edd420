"""``claimlight evaluate``."""

from __future__ import annotations

import click


@click.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
    short_help="Measure the quality of the matching.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def evaluate(arguments: tuple[str, ...]) -> None:
    """Measure the quality of the matching; see `claimlight evaluate --help`."""
    from matcher.evaluate.__main__ import main

    main(arguments, called="claimlight evaluate")
