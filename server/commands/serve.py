"""``claimlight serve``."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from server.commands.terminal import complain, console, read_settings, speaks
from server.settings import TABLE, LogFormat, Settings

if TYPE_CHECKING:
    from server.snapshots import Current

_NOT_FOR_SERVE: Final = {"server", "token"}


def _with_settings(function: Callable[..., Any]) -> Callable[..., Any]:
    for setting in reversed(TABLE):
        if setting.name not in _NOT_FOR_SERVE:
            default = setting.default_text() or "none"
            help_text = f"{setting.help}  [{setting.variable}; default: {default}]"
            function = click.option(setting.flag, setting.name, metavar="…", help=help_text)(
                function
            )
    return function


@click.command(short_help="Run the service, with a Redis of its own unless one is named.")
@_with_settings
@speaks
def serve(**flags: str | None) -> None:
    """Run the service until Ctrl-C or SIGTERM.

    Without settings it listens on this machine alone, keeps everything in one data folder with a
    private Redis, and begins with the starter cases. Every setting can be given as a flag or as a
    variable, named in brackets; a flag wins.
    """
    # One thread a worker for linear algebra: there are as many workers as cores. Has to be said
    # before numpy is loaded.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    settings = read_settings(**flags)
    with _folder_of_counts(settings):
        from server import runtime

        def ready(address: str, current: Current) -> None:
            if settings.log_format is LogFormat.JSON:
                _log(settings, f"ready at {address}, version {current.version}", logging.INFO)
            else:
                _welcome(address, current, settings.data_dir)

        runtime.serve(settings, ready=ready, tell=functools.partial(_tell, settings))


@contextlib.contextmanager
def _folder_of_counts(settings: Settings) -> Iterator[None]:
    """Make a folder that the workers count into, where metrics are told.

    prometheus_client looks for it when it is loaded, so that this comes first.
    """
    if settings.metrics is None:
        yield
        return
    master = os.getpid()
    folder = tempfile.mkdtemp(prefix="claimlight-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    try:
        yield
    finally:
        if os.getpid() == master:  # a forked worker leaves through here too
            shutil.rmtree(folder, ignore_errors=True)


def _tell(settings: Settings, text: str) -> None:
    if settings.log_format is LogFormat.JSON:
        _log(settings, text, logging.WARNING)
    else:
        complain(text, style="yellow")


def _log(settings: Settings, text: str, level: int) -> None:
    """Write a line of the log, before any worker has set it up or whatever it leaves out."""
    from server import logs

    record = logging.LogRecord(logs.ROOT, level, "", 0, text, None, None)
    click.echo(logs.formatter(settings.log_format).format(record), err=True)


def _welcome(address: str, current: Current, data_dir: Path) -> None:
    index = current.index
    state = "stale: Redis is away" if current.stale else f"version {current.version}"
    program = _program()
    counts = f"{len(index):,} cases in {index.claims:,} wordings"
    lines = [
        f"[bold green]Claimlight is ready[/] at [bold]{address}[/]: {counts} ({state})",
        f"  try it        open {address}/ in a browser",
        "  in the page   load the extension: make extension, then extension/.output/chrome-mv3",
        f"  your cases    {program} push FILE",
        f"  in trouble    {program} doctor",
        f"  stop          Ctrl-C; everything is kept in {data_dir}",
    ]
    console.print("\n".join(lines), soft_wrap=True)


def _program() -> str:
    """How to call this program again from where the operator is."""
    called = Path(sys.argv[0])
    found = shutil.which(called.name)
    if found is not None and Path(found).resolve() == called.resolve():
        return called.name
    path, here = called.resolve(), Path.cwd()
    # As started from the root by a supervisor, who is not the person to type it.
    inside = path.is_relative_to(here) and here != here.parent
    return shlex.quote(str(path.relative_to(here) if inside else path))
