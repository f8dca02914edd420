"""The threat model names tests that exist."""

from __future__ import annotations

import re

import pytest

from tests.audit import ROOT

NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", (ROOT / "docs" / "security.md").read_text())))


@pytest.mark.parametrize("named", NAMED)
def test_every_test_named_in_the_threat_model_exists(named: str) -> None:
    path, _, name = named.partition("::")
    assert (ROOT / path).is_file()
    assert not name or f"def {name}(" in (ROOT / path).read_text()


def test_every_sort_of_attacker_is_in_the_threat_model() -> None:
    text = (ROOT / "docs" / "security.md").read_text()
    for wanted in ("reader", "extension", "editor", "operator", "with a token", "with the network"):
        assert re.search(rf"^## .*{wanted}", text, re.M), wanted
    assert len(NAMED) > 30
