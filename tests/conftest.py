"""For all tests: the table of figures at the end of ``make torture``."""

from tests import torture


def pytest_terminal_summary() -> None:
    if torture.FIGURES:
        torture.show()
