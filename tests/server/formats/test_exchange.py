"""What is written is read again as the same cases, in every format, and is harmless on the way."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.case import Case
from matcher.index import Index
from server.formats import WRITERS, FormatError, Rejected, read
from server.formats.encoding import encoding_of
from tests.server.conftest import make_case
from tests.server.formats.cases import cases


def written(format_: str, *given_cases: Case) -> bytes:
    return "".join(WRITERS[format_].write(given_cases)).encode()


@pytest.mark.parametrize("format_", list(WRITERS))
@settings(deadline=None, max_examples=80)
@given(some=st.lists(cases(), min_size=1, max_size=4, unique_by=lambda case: case.id))
def test_export_then_import_gives_the_same_index(format_: str, some: list[Case]) -> None:
    again = list(read(io.BytesIO(written(format_, *some))))
    assert again == some
    assert Index.build(c for c in again if isinstance(c, Case)).digest == Index.build(some).digest


@pytest.mark.parametrize(
    "start", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "'=1", "''=1", "＝1", "＠a"]
)
def test_cell_that_a_spreadsheet_would_run_is_written_as_text(start: str) -> None:
    case = make_case("one", start).model_copy(
        update={"keywords": (start,), "rating": start, "summary": start, "outlets": (start, "x")}
    )
    table = written("csv", case).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(table, newline="")):
        for cell in row:
            assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
    assert list(read(io.BytesIO(table.encode()))) == [case]


@settings(deadline=None, max_examples=300)
@given(inside=st.text(alphabet=";'\t\r\n =+-@＝a\"", max_size=12))
def test_cell_runs_no_formula_either_where_semicolons_separate_cells(inside: str) -> None:
    text = f"x{inside}x"
    case = make_case("one", text).model_copy(update={"outlets": (text, "=1")})
    table = written("csv", case).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(table, newline=""), delimiter=";"):
        for cell in row:
            assert cell.strip()[:1] not in ("=", "+", "-", "@", "＝")
    (again,) = read(io.BytesIO(table.encode()))
    assert isinstance(again, Case)
    assert (again.claims, again.outlets) == (case.claims, case.outlets)


COLUMNS = "claim,url,publisher,published,verdict,summary"
ROW = "Die Erde sei eine Scheibe,https://example.org/a,Prüfstelle,03.10.2017,false,Sie ist rund."


def table(text: str, encoding: str = "utf-8") -> list[Case | Rejected]:
    return list(read(io.BytesIO(text.encode(encoding))))


@pytest.mark.parametrize(
    ("encoding", "separator", "hint"),
    [
        ("utf-8", ",", ""),
        ("utf-8-sig", ";", ""),
        ("utf-8-sig", ";", "sep=;\r\n"),
        ("utf-16", "\t", ""),
        ("utf-16-le", "\t", ""),
        ("cp1252", ";", ""),
    ],
)
def test_table_is_read_as_each_spreadsheet_writes_it(
    encoding: str, separator: str, hint: str
) -> None:
    text = hint + f"{COLUMNS}\r\n{ROW}\r\n,,,,,\r\n".replace(",", separator)
    (case,) = table(text, encoding)
    assert isinstance(case, Case), case
    assert (case.publisher.name, str(case.published)) == ("Prüfstelle", "2017-10-03")
    assert case.claims[0].language == "de"
    assert case.id.startswith("die-erde-sei-eine-scheibe-")


SENTENCES = {
    "cp1252 mac_roman cp850": (
        "Die Kanzlerin hat das Singen in den Wäldern für nächstes Jahr verboten.",
        "El Gobierno prohibirá los coches en España el próximo año, según él.",
        "O governo proibiu as eleições no próximo ano, não é verdade.",
        "Regeringen har förbjudit valet nästa år, säger en blogg på nätet.",
        "Hallitus on kieltänyt vaalit ensi vuonna, väittää blogi.",
        "Il governo ha proibito le elezioni perché è già così, più o meno.",
    ),
    "cp1252 mac_roman": ("Le gouvernement a interdit les élections à l’étranger, où il vote.",),
    "cp1250 cp852": (
        "Rząd zakazał używania węgla w każdym domu, twierdzą źródła.",
        "Vláda zakázala příští volby, tvrdí řetězový e-mail.",
        "A kormány betiltotta a jövő évi választásokat, állítja egy blog.",
        "Vlada je zabranila izbore sljedeće godine, tvrdi jedan blog, što nije točno.",
    ),
    "cp1251 cp866": ("Правительство запретило выборы в следующем году, утверждает блог.",),
    "cp1253": ("Η κυβέρνηση απαγόρευσε τις εκλογές, λέει ένα μπλογκ.",),
    "cp1254": ("Hükümet gelecek yıl seçimleri yasakladı, diyor bir blog. Şüphesiz.",),
    "cp1257": ("Vyriausybė uždraudė rinkimus kitais metais, teigia tinklaraštis.",),
    "cp1255": ("הממשלה אסרה את הבחירות בשנה הבאה, טוען בלוג.",),
    "cp932": ("政府は来年の選挙を禁止したとブログが主張している。",),
}


@pytest.mark.parametrize(
    ("encoding", "claim"),
    [
        (encoding, claim)
        for encodings, claims in SENTENCES.items()
        for encoding in encodings.split()
        for claim in claims
    ],
)
def test_table_in_the_code_page_of_an_old_computer_is_read_letter_by_letter(
    encoding: str, claim: str
) -> None:
    notices: list[str] = []
    text = (
        f"claim;url;publisher;published;verdict\r\n{claim};https://example.org/a;P;2017-10-03;false"
    )
    (case,) = read(io.BytesIO(text.encode(encoding)), notice=notices.append)
    assert isinstance(case, Case), case
    assert case.claim == claim
    assert "not in UTF-8" in notices[0]


def test_old_encoding_of_a_table_of_one_endless_cell_is_found() -> None:
    assert encoding_of(b"caf\xe9 cr\xe8me;" + b"hello there " * 100_000) == ("cp1252", True)


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ("3/10/2017 and 25/12/2017", "2017-10-03 2017-12-25"),  # Excel in London
        ("10/3/2017 and 12/25/2017", "2017-10-03 2017-12-25"),  # in New York
        ("3-10-2017 and 25-12-2017", "2017-10-03 2017-12-25"),  # in Amsterdam
        ("2017/10/3 and 2017/12/25", "2017-10-03 2017-12-25"),  # in Tokyo
        ("03. 10. 2017 and 25. 12. 2017", "2017-10-03 2017-12-25"),  # in Prague
        ("3.10.2017 and 12/25/2017", "2017-10-03 2017-12-25"),
    ],
)
def test_dates_are_read_as_the_spreadsheet_of_each_country_writes_them(
    dates: str, expected: str
) -> None:
    rows = [
        ROW.replace("03.10.2017", date).replace("/a", f"/{number}")
        for number, date in enumerate(dates.split(" and "))
    ]
    found = table("\n".join([COLUMNS, *rows]))
    assert " ".join(str(each.published) for each in found if isinstance(each, Case)) == expected


@pytest.mark.parametrize("dates", [("3/10/2017", "4/11/2017"), ("25/1/2017", "1/25/2017")])
def test_day_and_month_are_never_guessed(dates: tuple[str, str]) -> None:
    rows = [ROW.replace("03.10.2017", date).replace("/a", f"/{n}") for n, date in enumerate(dates)]
    found = table("\n".join([COLUMNS, *rows]))
    assert all(isinstance(row, Rejected) for row in found)
    assert "does not tell day and month apart" in str(found[0])


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (b"PK\3\4\x14\0", "save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "save the sheet as CSV"),
        (b"\x1f\x8b\x08", "unpack it"),
        (b"%PDF-1.7", "is a PDF"),
        (b"claim,link,publisher\nx,y,z\n", "no column url, no column published"),
    ],
)
@pytest.mark.parametrize("format_", ["auto", "csv"])
def test_file_that_editors_mistake_for_a_table_says_what_to_do(
    start: bytes, told: str, format_: str
) -> None:
    with pytest.raises(FormatError, match=told):
        list(read(io.BytesIO(start + bytes(100)), format=format_))


def test_byte_that_is_not_utf8_costs_its_row_alone_and_says_what_to_do() -> None:
    rows = [
        f"The Moon is made of cheese,https://example.org/{n},P,2017-10-03,false,No."
        for n in range(2_000)
    ]
    text = "\n".join([COLUMNS, *rows]).encode()
    *good, bad = read(
        io.BytesIO(text + "\nCafé,https://example.org/x,P,2017-10-03,false,".encode("cp1252"))
    )
    assert (len(good), bad.line if isinstance(bad, Rejected) else bad) == (2_000, 2_002)
    assert "byte 0xE9 is not UTF-8; save the table as “CSV UTF-8”" in str(bad)


def test_header_may_be_written_as_people_write() -> None:
    header = "Claim ,URL,Publisher,Published,Verdict,Summary,Publisher URL"
    (case,) = table(f"{header}\n{ROW},https://example.org\n")
    assert isinstance(case, Case)
    assert case.publisher.url == "https://example.org"


def test_columns_are_checked_before_any_row(tmp_path: Any) -> None:
    with pytest.raises(FormatError, match="unknown column 'sumary'"):
        table(f"{COLUMNS.replace('summary', 'sumary')}\n{ROW}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("https://", "http://"), "/url: a link must start with https://"),
        (("https://example.org/a", "javascript:alert(1)"), "/url: a link must start with https://"),
        (("03.10.2017", "10/3/2017"), "/published"),
        (("false", "untrue"), "/verdict"),
        (("Die Erde", "Die \u202eErde"), "U+202E at position 4"),
        (("Sie ist rund.", "x" * 601), "601 characters"),
        ((",false,", ",,"), "no verdict"),
        ((",Sie ist rund.", ""), "5 cells; the header names 6"),
        (("Sie ist rund.", "x" * 1_200_000), "at most 600 characters"),
    ],
)
def test_row_that_cannot_be_taken_is_told_by_its_line_and_the_next_one_read(
    change: tuple[str, str], message: str
) -> None:
    good = ROW.replace("/a", "/b")
    rejected, case = table(f"{COLUMNS}\n{ROW.replace(*change)}\n{good}\n")
    assert isinstance(rejected, Rejected)
    assert rejected.line == 2
    assert message in rejected.message
    assert isinstance(case, Case)


def test_rating_without_a_verdict_is_looked_up_and_never_guessed() -> None:
    header = COLUMNS + ",rating"
    rows = [ROW.replace(",false,", ",,").replace("/a", f"/{n}") for n in range(3)]
    told = [f"{row},{r}" for row, r in zip(rows, ("Irreführend!", "Richtig", "Na ja"), strict=True)]
    first, right, unknown = table("\n".join([header, *told]))
    assert isinstance(first, Case)
    assert (first.verdict, first.rating) == ("misleading", "Irreführend!")
    assert isinstance(right, Rejected)
    assert "no debunked claim" in right.message
    assert isinstance(unknown, Rejected)
    assert "'Na ja' is not in the table of ratings" in unknown.message
    with_default = list(
        read(io.BytesIO("\n".join([header, *told]).encode()), default_verdict="mixed")
    )
    assert isinstance(
        with_default[1], Rejected
    )  # a claim found right is no case, whatever the default
    assert isinstance(with_default[2], Case)
    assert (with_default[2].verdict, with_default[2].rating) == ("mixed", "Na ja")


def test_table_with_the_line_ends_of_old_macintoshes_is_read() -> None:
    (case,) = table(f"\r\r{COLUMNS}\r{ROW}\r")
    assert isinstance(case, Case), case


@pytest.mark.parametrize("header", [f"{COLUMNS},verdict", f"{COLUMNS},Publisher URL,publisher_url"])
def test_column_named_twice_is_refused_by_its_name(header: str) -> None:
    name = header.rsplit(",", 1)[1]
    with pytest.raises(FormatError, match=f"the column '{name}' more than once"):
        table(f"{header}\n{ROW}")
    cells = "," * (header.count(",") - COLUMNS.count(","))
    with pytest.raises(FormatError, match=f"the column '{name}' more than once"):
        table(f"{header}\n{ROW}{cells}")


@pytest.mark.parametrize("start", ["no table\rat all", '"open\rquote', "a\0b"])
def test_file_that_only_seems_a_table_is_of_no_known_format(start: str) -> None:
    with pytest.raises(FormatError, match="of no format known here"):
        table(start)
