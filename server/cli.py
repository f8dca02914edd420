"""``claimlight``: the command line."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Final

import click

from server.commands.terminal import EXIT_CODES

COMMANDS: Final = {
    "serve": "serve",
    "push": "push",
    "retract": "changes",
    "history": "changes",
    "revert": "changes",
    "export": "changes",
    "match": "match",
    "token": "token",
    "doctor": "doctor",
    "evaluate": "evaluate",
}
"""Each command, and the module of ``server.commands`` that holds it."""


class Commands(click.Group):
    """Loads a command when it is called: some settings have to be made before libraries load."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands, in the order in which they are listed."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"server.commands.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(
    cls=Commands,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(version("claimlight"), prog_name="claimlight")
def main() -> None:
    """Fact-check hints in the page a person is reading."""


if __name__ == "__main__":
    main()
