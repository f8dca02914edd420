"""ClaimReview from pages and feeds of other publishers, of any size."""

from __future__ import annotations

import doctest
import io
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from matcher.case import Case
from server.formats import Rejected, ratings, read, wording
from server.formats.ratings import TABLE, verdict_of
from tests.server.formats.cases import REVIEW
from tests.torture import full, tell


def review(**change: Any) -> dict[str, Any]:
    return REVIEW | change


def taken(value: Any, **options: Any) -> list[Case | Rejected]:
    text = value if isinstance(value, str) else json.dumps(value)
    return list(read(io.BytesIO(text.encode()), **options))


def test_review_of_another_publisher_becomes_a_case() -> None:
    (case,) = taken(REVIEW)
    assert isinstance(case, Case)
    assert (case.verdict, case.rating) == ("false", "Pants on Fire!")
    assert (case.publisher.name, case.publisher.url) == ("Checkers", "https://checkers.example")
    assert (case.claims[0].language, case.outlets) == ("en", ("A. Cheesemonger",))
    assert str(case.published) == "2020-03-01"


def test_two_claims_reviewed_on_one_page_are_two_cases() -> None:
    first, second = taken([REVIEW, review(claimReviewed="The Moon is hollow inside.")])
    assert isinstance(first, Case)
    assert isinstance(second, Case)
    assert first.id != second.id
    assert taken(REVIEW)[0] == first  # the same review has the same id wherever it is read


def test_same_review_twice_in_one_line_is_rejected_the_second_time() -> None:
    first, second = taken([REVIEW, REVIEW])
    assert isinstance(first, Case)
    assert isinstance(second, Rejected)


def test_markup_is_found_in_a_page_and_its_scripts_are_not_run() -> None:
    markup = json.dumps({"@graph": [{"@type": "Article"}, REVIEW]})
    page = f"""<!doctype html><html><head><title>x</title>
    <script>throw "{{"</script>
    <script type="application/ld+json">{markup}</script>
    <script type="application/ld+json">{{broken</script></head></html>"""
    case, broken = taken(page)
    assert isinstance(case, Case)
    assert isinstance(broken, Rejected)
    assert broken.line == 4


def test_entry_of_a_feed_holds_a_list_or_a_single_review() -> None:
    feed = {
        "@type": "DataFeed",
        "dataFeedElement": [
            {"url": "https://checkers.example/1", "item": [REVIEW]},
            {
                "url": "https://checkers.example/2",
                "item": review(url=None, claimReviewed="It sings."),
            },
            {"url": "https://checkers.example/3", "item": []},
        ],
    }
    first, second = taken(feed)
    assert isinstance(first, Case)
    assert isinstance(second, Case)
    assert second.url == "https://checkers.example/2"


def test_bad_entry_of_a_feed_is_told_by_its_line_and_the_next_one_read() -> None:
    entries = [
        REVIEW,
        review(url="http://x.example"),
        review(claimReviewed="It sings."),
        review(x="y" * 1_200_000),
    ]
    lines = ",\n".join(json.dumps({"item": [entry]}) for entry in entries)
    first, bad, third, large = taken(f'{{"dataFeedElement": [\n{lines}\n]}}')
    assert isinstance(first, Case)
    assert isinstance(bad, Rejected)
    assert (bad.line, "https://" in bad.message) == (3, True)
    assert isinstance(third, Case)
    assert isinstance(large, Rejected)
    assert (large.line, large.message) == (5, "more than 1,000,000 characters")


def test_feed_that_breaks_off_gives_what_was_whole_and_says_where_it_broke() -> None:
    lines = ",\n".join(
        json.dumps({"item": [review(claimReviewed=f"Claim {n}.")]}) for n in range(3)
    )
    *cases, broken = taken(f'{{"dataFeedElement": [\n{lines}'[:-9])
    assert len(cases) == 2
    assert isinstance(broken, Rejected)
    assert "not JSON from here on" in broken.message


def test_rating_not_in_the_table_is_rejected_word_for_word() -> None:
    odd = review(reviewRating={"alternateName": "Três Pinóquios e meio"})
    (rejected,) = taken(odd)
    assert isinstance(rejected, Rejected)
    assert "'Três Pinóquios e meio' is not in the table" in rejected.message
    (case,) = taken(odd, default_verdict="mixed")
    assert isinstance(case, Case)
    assert (case.verdict, case.rating) == ("mixed", "Três Pinóquios e meio")
    (right,) = taken(review(reviewRating={"alternateName": "True"}), default_verdict="false")
    assert isinstance(right, Rejected)


def test_value_of_any_type_in_any_place_is_no_fault_of_the_reader() -> None:
    values: list[Any] = [None, 1, "x", [], {}, [[]], [{}], {"name": []}, True]
    for key in REVIEW:
        for value in values:
            for row in taken([review(**{key: value})], format="claimreview"):
                assert isinstance(row, Case | Rejected)


class Endless(io.RawIOBase):
    """A feed made while it is read, a piece at a time."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""
        self.sent = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = next(self._pieces, b"")
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        self.sent += count
        return count


def feed(entries: int, body: str) -> Iterator[bytes]:
    yield b'{"@type": "DataFeed", "dataFeedElement": ['
    for number in range(entries):
        told = review(claimReviewed=f"Claim number {number}.", reviewBody=body)
        if number % 100:  # in a real feed most languages have to be detected, which takes time
            told["inLanguage"] = "en"
        entry = {"item": [told]}
        yield (b", " if number else b"") + json.dumps(entry).encode()
    yield b"]}"


def test_memory_does_not_grow_with_the_feed() -> None:
    def peak(entries: int) -> int:
        source = Endless(feed(entries, "Nothing of it is true. " * 400))
        tracemalloc.start()
        try:
            count = sum(isinstance(row, Case) for row in read(source))  # type: ignore[arg-type]
            assert count == entries
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)  # loads what is loaded once
    assert peak(600) < peak(60) + 1_000_000  # 5 MB more of feed


MEASURE = """
import re, sys
from pathlib import Path
from server.formats import Rejected, read
count = sum(not isinstance(row, Rejected) for row in read(Path(sys.argv[1])))
# Not getrusage: its figure begins with that of the process that started this one.
told = Path("/proc/self/status").read_text()
print(count, int(re.search(r"VmHWM:\\s+(\\d+) kB", told)[1]) // 1024)
"""


@pytest.mark.torture
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak")
@pytest.mark.parametrize("megabytes", [full(200, small=20)])
def test_feed_of_200_megabytes_is_read_in_less_than_200_megabytes_of_memory(
    tmp_path: Path, megabytes: int
) -> None:
    path = tmp_path / "feed.json"
    body = "Nothing of it is true, as the records of the agency show. " * 10
    entries = megabytes * 1_000_000 // len(next(islice(feed(2, body), 1, 2)))
    with path.open("wb") as file:
        file.writelines(feed(entries, body))
    assert path.stat().st_size > megabytes * 990_000
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True
    )
    count, peak = map(int, done.stdout.split())
    tell(
        f"a feed of {path.stat().st_size / 1e6:.0f} MB, {count:,} reviews, read",
        bar="less than 200 MB of memory",
        found=f"{peak} MB",
    )
    assert count == entries
    assert peak < 200


def test_table_of_ratings_is_without_contradiction() -> None:
    seen: dict[str, str] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]:
        rating, verdict, _ = line.split(",")
        assert verdict in {"false", "misleading", "unproven", "mixed", "none"}, line
        assert seen.setdefault(rating.casefold(), verdict) == verdict
        assert verdict_of(rating) == verdict


def test_examples_of_the_documentation_are_right() -> None:
    for module in (ratings, wording):
        tried = doctest.testmod(module)
        assert tried.attempted
        assert not tried.failed
