"""What the service adds to the matcher, how it grows with workers, and the dearest requests.

Part of ``make bench``. All of it are ratios within one run: the same pages go to the matcher in
this process, then over HTTP to a running service, from ``wrk``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from matcher.case import Case
from matcher.index import Index
from matcher.pairs import shipped
from matcher.training.corpora import DATASETS, rows
from matcher.types import Sentence
from server.embedded import Embedded
from server.folder import DataFolder
from server.formats import Rejected, read
from server.store import Store

PAGE: Final = 100
PAGES: Final = 20
RUN_S: Final = 10
READY_S: Final = 60
CASES: Final = DATASETS / "euvsdisinfo" / "cases.jsonl"

Page = list[dict[str, str]]


def sentences() -> list[str]:
    """Ordinary sentences: news where the shared datasets are, else recombined labelled ones."""
    return [row["text"][:2_000] for row in rows("news/en")][: PAGE * PAGES]


def cases() -> list[Case]:
    """EUvsDisinfo's cases, about 11,000."""
    found = read(CASES, default_verdict="false")
    return [row for row in found if not isinstance(row, Rejected)]


def pages(texts: Sequence[str]) -> list[Page]:
    """The texts in pages of 100 sentences, as a browser would send them unfiltered."""
    return [
        [
            {"id": str(number), "text": text, "language": "en"}
            for number, text in enumerate(texts[start : start + PAGE])
        ]
        for start in range(0, len(texts), PAGE)
    ]


def matcher_ms(index: Index, asked: Sequence[Page]) -> float:
    """Mean time of the matcher alone for a page, in milliseconds; best of three rounds."""
    batches = [
        [Sentence(one["id"], one["text"], one["language"]) for one in page] for page in asked
    ]
    for batch in batches:
        index.match(batch)  # so that both sides have met the pages before
    rounds = []
    for _ in range(3):
        began = time.perf_counter()
        for batch in batches:
            index.match(batch)
        rounds.append(1000 * (time.perf_counter() - began) / len(batches))
    return min(rounds)


@contextmanager
def service(folder: Path, redis_url: str, workers: int) -> Iterator[str]:
    """A running service of so many workers; its address."""
    data = folder / f"data-{workers}"
    environ = {
        **os.environ,
        "CLAIMLIGHT_DATA_DIR": str(data),
        "CLAIMLIGHT_REDIS_URL": redis_url,
        "CLAIMLIGHT_STARTER_CASES": "",
        "CLAIMLIGHT_PORT": "0",
        "CLAIMLIGHT_WORKERS": str(workers),
    }
    with (folder / f"log-{workers}").open("wb") as log:
        command = [sys.executable, "-m", "server.cli", "serve"]
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    try:
        yield _ready(data)
    finally:
        process.terminate()
        process.wait()


def _ready(data: Path) -> str:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        tenant = DataFolder(data).tenant()
        if tenant is not None and tenant.address is not None:
            try:
                with urlopen(f"{tenant.address}/v1/index", timeout=5) as answer:  # noqa: S310
                    if json.load(answer)["cases"]:
                        time.sleep(2)  # so that every worker has its index
                        return tenant.address
            except URLError:
                pass
        time.sleep(0.1)
    raise TimeoutError(f"no index within {READY_S} s")


def wrk(address: str, asked: Sequence[Page], *, connections: int) -> tuple[float, float]:
    """Pages a second, and the mean time of one in milliseconds."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        bodies = ",".join(
            f"[==[{json.dumps({'sentences': page}, ensure_ascii=False)}]==]" for page in asked
        )
        script.write(
            f"local bodies = {{{bodies}}}\nlocal at = 0\n"
            "wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\n"
            "request = function() at = at % #bodies + 1; "
            "return wrk.format(nil, nil, nil, bodies[at]) end\n"
            "done = function(s, l) io.write(string.format('RESULT %d %d %f %d\\n', s.requests, "
            "s.duration, l.mean, s.errors.status + s.errors.read + s.errors.timeout)) end\n"
        )
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{RUN_S}s", "--timeout", "20s"]
        told = subprocess.run(
            [*command, "-s", script.name, f"{address}/v1/match"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) (\d+)", told)
    if found is None or int(found[4]):
        raise RuntimeError(f"wrk met errors: {told}")
    return int(found[1]) / int(found[2]) * 1e6, float(found[3]) / 1000


def dearest(index: Index, texts: Sequence[str]) -> Iterator[tuple[str, float, int, int]]:
    """Legal requests made to cost: what, cost beside typical text of the same size, its size."""
    claims = [case.claims[0].text for case in index.cases() if case.claims[0].language == "en"]

    def cost(batch: Sequence[Sentence], **options: float) -> float:
        runs = []
        for _ in range(3):
            began = time.perf_counter()
            index.match(batch, **options)  # type: ignore[arg-type]
            runs.append(time.perf_counter() - began)
        return statistics.median(runs)

    def typical(count: int, characters: int) -> list[Sentence]:
        """Ordinary text of the same number of sentences and characters."""
        stream, length = " ".join(texts) * 2, max(1, characters // count)
        return [Sentence(str(i), stream[i * length : (i + 1) * length], "en") for i in range(count)]

    long = " ".join(claims)
    hostile: dict[str, tuple[list[str], dict[str, float]]] = {
        "256 claims of the index": (claims[:256], {}),
        "256 claims, ten cases each": (claims[:256], {"limit": 10}),
        "256 claims, ten cases each, any score": (claims[:256], {"limit": 10, "min_score": 0.0}),
        "50 x 2,000 characters of claims": (
            [long[i * 2_000 : (i + 1) * 2_000] for i in range(50)], {},
        ),
        "50 x 2,000 characters, ten, any score": (
            [long[i * 2_000 : (i + 1) * 2_000] for i in range(50)],
            {"limit": 10, "min_score": 0.0},
        ),
        "50 x one claim over and over": ([(claims[0] + " ") * 40] * 50, {}),
        "50 x 2,000 combining marks": (["e" + "\u0301" * 1_900] * 50, {}),
        "256 x commonest words": (["the of and to in that is was"] * 256, {"min_score": 0.0}),
    }  # fmt: skip
    for what, (written, options) in hostile.items():
        batch = [Sentence(str(i), text[:2_000], "en") for i, text in enumerate(written)]
        size = sum(len(one.text) for one in batch)
        usual = cost(typical(len(batch), size))
        spent = cost(batch, **options)
        yield what, spent / usual, len(batch), size


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description="What the service adds to the matcher")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", choices=["http", "dearest"])
    options = parser.parse_args()
    if not DATASETS.exists():
        print("left out: the service's bench; it needs the shared datasets")
        return
    texts, held = sentences(), cases()
    index = Index.build(held, pair_model=shipped())
    if options.only != "http":
        _tell_dearest(index, texts)
    if options.only != "dearest":
        if shutil.which("wrk") is None:
            print("left out: the service over HTTP; it needs wrk")
            return
        _tell_http(index, held, texts, options.workers)


def _tell_dearest(index: Index, texts: Sequence[str]) -> None:
    print(f"\ndearest legal requests, {len(index):,} cases, beside ordinary text of their size")
    print(f"{'':44}{'sentences':>10}{'characters':>12}{'cost':>8}")
    for what, ratio, count, size in dearest(index, texts):
        print(f"{what:44}{count:10,}{size:12,}{ratio:7.1f}x")


def _tell_http(
    index: Index, held: Sequence[Case], texts: Sequence[str], workers: Sequence[int]
) -> None:
    asked = pages(texts)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "redis").mkdir()
        with Embedded(folder / "redis") as redis:
            store = Store(redis.url)
            store.apply(put=held, who="bench")
            store.close()
            alone = matcher_ms(index, asked)
            print(f"\na page of {PAGE} sentences, {len(index):,} cases: the matcher {alone:.1f} ms")
            print(f"{'':44}{'pages/s':>10}{'ms a page':>12}{'beside':>10}")
            rates: list[float] = []
            for count in workers:
                with service(folder, redis.url, count) as address:
                    wrk(address, asked, connections=count)  # as the matcher has met them before
                    if not rates:
                        rate, took = wrk(address, asked, connections=1)
                        beside = took / min(alone, matcher_ms(index, asked))
                        what = "over HTTP, one worker, one client"
                        print(f"{what:44}{rate:10.1f}{took:12.1f}{beside:9.2f}x")
                    rate, took = wrk(address, asked, connections=4 * count)
                rates.append(rate)
                what = f"{count} worker(s), {4 * count} clients"
                print(f"{what:44}{rate:10.1f}{took:12.1f}{rate / rates[0]:9.2f}x")


if __name__ == "__main__":
    main()
