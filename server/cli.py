"""``claimlight``: the command line."""

from __future__ import annotations

from importlib.metadata import version

import click

from server.commands.changes import export, history, retract, revert
from server.commands.doctor import doctor
from server.commands.match import match
from server.commands.push import push
from server.commands.serve import serve
from server.commands.terminal import EXIT_CODES
from server.commands.token import token


@click.group(
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(version("claimlight"), prog_name="claimlight")
def main() -> None:
    """Fact-check hints in the page a person is reading."""


@click.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
    short_help="Measure the quality of the matching.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def evaluate(arguments: tuple[str, ...]) -> None:
    """Measure the quality of the matching; see `claimlight evaluate --help`."""
    from matcher import evaluate as evaluation

    evaluation.main(arguments)


for command in (serve, push, retract, history, revert, export, match, token, doctor, evaluate):
    main.add_command(command)


if __name__ == "__main__":
    main()
