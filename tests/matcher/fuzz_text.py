"""Coverage-guided fuzzing (atheris) of what every sentence of a page goes through.

``make fuzz`` runs each target in a process of its own, since libFuzzer ends the one it is in.
Not part of the daily tests: atheris is built for some versions of Python only.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

SEEDS: Final = (
    "The West guaranteed that NATO would not expand eastwards.",
    "Mr. Smith paid 2,500.50 $ on 5.3.2020, see https://t.co/x #NoWay @BradTrost!",
    '{"sentences": [{"id": "s1", "text": "A.", "language": "en"}], "limit": 2, "min_score": 0.5}',
    '{"text": "One. Two", "language": "pt-BR"}',
    "第一句。第二句！ هل هذا صحيح؟ \u202eﷺ½ﬁ İstanbul’s ΣΑΣ x\u0301",
)


def normalising(text: str) -> None:
    """Normalising twice changes nothing more, and makes a text not much longer."""
    from matcher.text import normalise

    once = normalise(text)
    assert normalise(once) == once
    assert len(once) <= 18 * len(text) + 1  # U+FDFA alone becomes 18 characters


def stemming(text: str) -> None:
    """Each word has a stem in every language, of a length that the word accounts for."""
    from matcher.text import normalise, stems, text_key, words

    clean = normalise(text[1:])
    language = _language(text)
    found = stems(clean, language)
    assert len(found) == len(words(clean, language))
    assert all(0 <= text_key(stem) < 2**64 for stem in found)


def _language(text: str) -> str:
    """One of all languages there are, by the first character of a text."""
    from matcher.language import LANGUAGES

    return sorted(LANGUAGES)[ord(text[0]) % len(LANGUAGES)] if text else "en"


def splitting(text: str) -> None:
    """Nothing but white space is lost, and the pieces are in order."""
    from matcher.text import split_sentences

    pieces = split_sentences(text, _language(text))
    assert "".join("".join(pieces).split()) == "".join(text.split())
    at = 0
    for piece in pieces:
        at = text.index(piece, at) + len(piece)


def folding(text: str) -> None:
    """What a browser would compute too: every word is told by 24 bits."""
    from matcher.folding import fold, words

    assert all(0 <= fold(word).hashed < 2**24 for word in words(text))


def reading(text: str) -> None:
    """The body of a request is a query or a refusal with a place."""
    from server.faults import WireError
    from server.wire.match import query_of, read_match

    try:
        query = query_of(read_match(text.encode(errors="surrogatepass")))
    except WireError as error:
        if not error.faults:
            raise
    else:
        assert query.sentences or query.skipped or query.pieces is not None


TARGETS: Final[dict[str, Callable[[str], None]]] = {
    target.__name__: target for target in (normalising, stemming, splitting, folding, reading)
}


def main() -> int:
    """Run all targets, or in the child process the one that is named."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=int, default=60)
    asked.add_argument("--target", choices=TARGETS)
    options = asked.parse_args()
    if options.target:
        return _fuzz(options.target, options.seconds)
    failed = []
    for name, target in TARGETS.items():
        print(f"fuzzing {name} for {options.seconds} s: {target.__doc__}", flush=True)
        command = [sys.executable, "-m", __spec__.name, "--target", name]
        done = subprocess.run(
            [*command, "--seconds", str(options.seconds)], check=False, stderr=subprocess.PIPE
        )
        lines = done.stderr.decode(errors="replace").splitlines()
        print("\n".join(lines[-1:] if done.returncode == 0 else lines[-40:]), flush=True)
        failed += [name] if done.returncode else []
    print(f"{len(TARGETS) - len(failed)} of {len(TARGETS)} targets hold" + "".join(
        f"; {name} fails" for name in failed))  # fmt: skip
    return 1 if failed else 0


def _fuzz(name: str, seconds: int) -> int:
    import atheris

    with atheris.instrument_imports(include=["matcher", "server.faults", "server.wire"]):
        import server.wire.match  # noqa: F401

    def once(data: bytes) -> None:
        odd = name != "reading"  # whose JSON has to stay legible; the others meet any character
        text = atheris.FuzzedDataProvider(data).ConsumeUnicode(len(data)) if odd else ""
        TARGETS[name](text or data.decode(errors="replace"))

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(SEEDS):
            (Path(folder) / str(number)).write_text(seed)
        arguments = [
            sys.argv[0], folder, f"-max_total_time={seconds}", "-max_len=4096", "-timeout=2",
            "-rss_limit_mb=2048", "-artifact_prefix=build/fuzz-",
        ]  # fmt: skip
        Path("build").mkdir(exist_ok=True)
        atheris.Setup(arguments, once)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
