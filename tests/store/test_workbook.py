"""Files as people and others give them: read as they are meant, or refused with a sentence."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path
from struct import pack
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from ledger.credit import CreditKind
from ledger.fault import Fault
from ledger.heading import propose
from ledger.mapping import Form
from ledger.reading import read
from ledger.sheet import Grid
from ledger.store.container import BYTES_MAX
from ledger.store.workbook import read_workbook
from tests.sheets import GOOD, HEADER, OTHER, excel, kept, lying, repacked, xlsx

TEXT = "姓名,身份证号,学分\r\n王芳,11010519491231002X,24\r\n"
NEEDS = Path(__file__).parents[1] / "needs.sh"


@pytest.fixture(scope="module")
def office() -> str:
    """LibreOffice, installed where it is missing."""
    asked = subprocess.run([NEEDS], capture_output=True, text=True)
    found = shutil.which("soffice")
    assert found, asked.stderr
    return found


def refused(data: bytes, name: str = "名单.xlsx") -> str:
    with pytest.raises(Fault) as found:
        read_workbook(data, name)
    assert any("一" <= each <= "鿿" for each in found.value.zh), found.value.zh
    assert "ledger" not in found.value.en
    return found.value.code


def taken(grid: Grid, form: Form = Form.CREDITS):
    return read(grid, propose(grid, form)[0].mapping)


def as_meant(grid: Grid) -> None:
    """What ``sheets.excel`` says, whoever saved it."""
    reading = taken(grid)
    assert [(r.row, r.name, r.id_number) for r in reading.rows] == [
        (4, "王芳", GOOD),
        (5, "李四", OTHER),
        (6, "张三", None),
    ]
    assert [row.completed for row in reading.rows] == [date(2024, 3, 7)] * 3
    assert [row.credits for row in reading.rows] == [Decimal(24), Decimal("8.5"), None]
    assert [row.kind for row in reading.rows] == [
        CreditKind.INTENSIVE,
        CreditKind.DISTANCE,
        CreditKind.SCHOOL_BASED,
    ]
    assert reading.hidden == (5,)
    assert [(each.row, each.why) for each in reading.skipped] == [(7, "TOTALS")]
    faults = [(each.row, each.column, each.code) for each in reading.faults]
    assert (6, 3, "STORED_AS_NUMBER") in faults


def test_a_list_from_excel_is_read_as_it_is_meant():
    seen: list[tuple[str, int]] = []
    grid = read_workbook(xlsx(excel), "名单.xlsx", lambda *told: seen.append(told))

    as_meant(grid)
    assert [(each.name, each.concealed) for each in grid.tabs] == [
        ("学分明细", False),
        ("Sheet2", False),
        ("旧表", True),
    ]
    assert [each.mapping.tab for each in propose(grid, Form.CREDITS)] == ["学分明细", "旧表"]
    assert taken(grid).faults[-1].code == "CELL_ERROR"
    assert ("checked", 0) in seen


def test_rows_and_columns_keep_their_place_where_the_sheet_begins_further_down():
    def fill(book):
        book.add_worksheet().write_row(4, 2, ["姓名", "学分"])

    tab = read_workbook(xlsx(fill), "a.xlsx").tabs[0]

    assert tab.cell(5, 3) == "姓名"


def test_bare_numbers_count_from_1904_where_the_workbook_does():
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["姓名", "学分", "结业时间"])
        sheet.write_row(1, 0, ["王芳", 24, 43896])
        sheet.write_datetime(2, 2, date(2024, 3, 7), book.add_format({"num_format": "yyyy.m.d"}))
        sheet.write_row(2, 0, ["李四", 8])

    reading = taken(read_workbook(xlsx(fill, date_1904=True), "a.xlsx"))

    assert [row.completed for row in reading.rows] == [date(2024, 3, 7)] * 2


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_is_read_in_each_encoding_and_with_each_separator(encoding, separator):
    data = TEXT.replace(",", separator).encode(encoding)
    [row] = taken(read_workbook(data, "名单.csv")).rows

    assert (row.name, row.id_number, row.credits) == ("王芳", GOOD, Decimal(24))


def test_an_id_number_that_a_program_wrote_as_a_power_is_refused():
    data = TEXT.replace("11010519491231002X", "1.10105E+17").encode()

    assert [each.code for each in taken(read_workbook(data, "a.csv")).faults] == [
        "STORED_AS_NUMBER"
    ]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_a_list_saved_by_libreoffice_is_read_as_it_is_meant(kind, office, tmp_path):
    (tmp_path / "given.xlsx").write_bytes(xlsx(excel))
    (tmp_path / "out").mkdir()
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
         "--convert-to", kind, "--outdir", tmp_path / "out", tmp_path / "given.xlsx"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip

    as_meant(read_workbook((tmp_path / "out" / f"given.{kind}").read_bytes(), f"名单.{kind}"))


def test_spans_of_rows_and_blanks_within_tags_are_read():
    def change(name, body):
        if name.startswith("xl/worksheets/sheet1"):
            text = body.decode().replace("<row r=", '<row spans="1:8" r=')
            return text.replace("<c r=", "<c  r=").encode()
        return body

    as_meant(read_workbook(repacked(xlsx(excel), change), "名单.xlsx"))


def test_a_file_that_is_cut_off_is_refused():
    data = xlsx(excel)

    assert refused(data[: len(data) // 2]) == "FILE_DAMAGED"
    assert refused(data[:40]) == "FILE_DAMAGED"
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls") == "FILE_DAMAGED"


def test_an_altered_file_is_refused():
    data = bytearray(xlsx(excel))
    with ZipFile(io.BytesIO(data)) as archive:
        [part] = [each for each in archive.infolist() if each.filename.endswith("sheet1.xml")]
    data[part.header_offset + 30 + len(part.filename) + part.compress_size // 2] ^= 0xFF

    assert refused(bytes(data)) == "FILE_DAMAGED"


def compound(*names: str) -> bytes:
    """A compound file with streams of these names and nothing in them."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += pack("<HHHHH6xI", 62, 3, 0xFFFE, 9, 6, 0)
    header += pack("<II4xIIIII", 1, 1, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += pack("<I", 0) + pack("<108I", *[0xFFFFFFFF] * 108)
    fat = pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    entries = b""
    for name in ("Root Entry", *names):
        title = name.encode("utf-16-le") + b"\0\0"
        entries += title.ljust(64, b"\0") + pack("<H", len(title)) + bytes(50) + pack("<IQ", 0, 0)
    return header + fat + entries.ljust(512, b"\0")


def test_a_compound_file_with_nothing_in_it_is_refused():
    assert refused(compound("Workbook"), "a.xls") == "FILE_DAMAGED"
    assert refused(compound("WordDocument"), "a.xls") == "FILE_DAMAGED"


def test_an_encrypted_workbook_is_refused():
    assert refused(compound("EncryptionInfo", "EncryptedPackage"), "a.xls") == "FILE_ENCRYPTED"
    assert refused(compound("EncryptionInfo", "EncryptedPackage")) == "FILE_ENCRYPTED"


def test_a_workbook_with_macros_is_refused():
    data = xlsx(excel)

    assert refused(repacked(data, kept, **{"xl/vbaProject.bin": b"x"})) == "MACROS_PRESENT"
    assert refused(repacked(data, kept, **{"xl/macrosheets/sheet1.xml": b"x"})) == "MACROS_PRESENT"
    assert refused(data, "a.xlsm") == "MACROS_PRESENT"
    assert refused(compound("_VBA_PROJECT_CUR"), "a.xls") == "MACROS_PRESENT"


MAIN = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
VBA = b"application/vnd.ms-office.vbaProject"


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("[Content_Types].xml", MAIN, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
        (
            "[Content_Types].xml",
            b"</Types>",
            b'<Override PartName="/xl/theme/theme1.xml" ContentType="' + VBA + b'"/></Types>',
        ),
        ("[Content_Types].xml", b"</Types>", b'<Default Extension="bin" ContentType="%s"/></Types>'
         % VBA),
        (
            "xl/_rels/workbook.xml.rels",
            b"</Relationships>",
            b'<Relationship Id="r9" Type="http://schemas.microsoft.com/office/2006/relationships/'
            b'vbaProject" Target="picture.bin"/></Relationships>',
        ),
        (
            "xl/_rels/workbook.xml.rels",
            b"</Relationships>",
            b'<Relationship Id="r9" Type="http://schemas.microsoft.com/office/2006/relationships/'
            b'xlMacrosheet" Target="worksheets/sheet2.xml"/></Relationships>',
        ),
    ],
)  # fmt: skip
def test_macros_are_known_by_the_types_of_the_parts_whatever_they_are_called(part, old, new):
    assert refused(altered(part, lambda body: body.replace(old, new, 1))) == "MACROS_PRESENT"


def test_a_bomb_is_refused_whether_it_declares_its_size_or_lies():
    data = xlsx(excel)
    declared = repacked(data, kept, **{"xl/media/a.xml": b" " * (401 * 1024 * 1024)})

    assert len(declared) < 1024 * 1024
    assert refused(declared) == "UNPACKS_TOO_LARGE"
    assert refused(lying(data, "xl/worksheets/sheet1.xml", 50_000_000)) == "UNPACKS_TOO_LARGE"
    many = {f"xl/a{number}.xml": b"" for number in range(1_001)}
    assert refused(repacked(data, kept, **many)) == "UNPACKS_TOO_LARGE"
    nested = io.BytesIO()
    with ZipFile(nested, "w", ZIP_DEFLATED) as inner:
        inner.writestr("a", b" " * 1_000_000)
    inside = {"xl/embeddings/inner.zip": nested.getvalue()}
    assert refused(repacked(data, kept, **inside)) == "FILES_EMBEDDED"


def altered(part, make):
    """A workbook of which one part is made anew from what it was."""
    return repacked(xlsx(excel), lambda name, body: make(body) if name == part else body)


def test_a_small_file_that_unpacks_to_very_much_is_refused():
    def one_string(body):
        head = body[: body.index(b"<sst")]
        return head + b"<sst><si><t>" + b"x" * 300_000_000 + b"</t></si></sst>"

    def text_of(size):
        def made(body):
            noise = b"".join(b"%d" % (number * 7919) for number in range(size // 8))
            return body[: body.index(b"<sst")] + b"<sst><si><t>" + noise + b"</t></si></sst>"

        return made

    def same_rows(body):
        head = body.partition(b"<sheetData>")[0]
        rows = b"<row r='5'></row>" * 1_800_000
        return head + b"<sheetData>" + rows + b"</sheetData></worksheet>"

    assert refused(altered("xl/sharedStrings.xml", one_string)) == "CELL_TOO_LONG"
    assert refused(altered("xl/sharedStrings.xml", text_of(2_000_000))) == "CELL_TOO_LONG"
    assert refused(altered("xl/worksheets/sheet1.xml", same_rows)) == "TOO_MANY_ROWS"
    tight = {"xl/custom.dat": b"<a/>" * 10_000_000}
    assert refused(repacked(xlsx(excel), kept, **tight)) == "UNPACKS_TOO_LARGE"


def test_one_cell_in_the_last_row_of_all_makes_no_rows_of_those_between():
    def far(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, [1, "王芳", GOOD, "一中", "语文", "集中培训", "2024.3.7", 24])
        sheet.write(1_048_575, 3, " 一中")

    grid = read_workbook(xlsx(far), "a.xlsx")
    [found] = propose(grid, Form.CREDITS)
    reading = read(grid, found.mapping)

    assert [row.row for row in reading.rows] == [2]
    assert [(each.row, each.why) for each in reading.skipped] == [(3, "EMPTY"), (1_048_576, "NOTE")]
    assert "1048575" in reading.skipped[0].zh and "1048575" in reading.skipped[0].en
    assert found.rows == 2


def test_shared_strings_that_grow_with_their_uses_are_refused():
    cells = "".join(
        f'<c r="A{n}" t="s"><v>0</v></c></row><row r="{n + 1}">' for n in range(1, 90_000)
    )
    text = "x" * 32_000

    def change(name, body):
        if name == "xl/sharedStrings.xml":
            start = body.decode().index("<sst")
            return (body.decode()[:start] + f"<sst><si><t>{text}</t></si></sst>").encode()
        if name == "xl/worksheets/sheet1.xml":
            head = body.decode().partition("<sheetData>")[0]
            return f'{head}<sheetData><row r="1">{cells}</row></sheetData></worksheet>'.encode()
        return body

    assert refused(repacked(xlsx(excel), change)) == "READING_STOPPED"


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.csv"])
@pytest.mark.parametrize(
    "data",
    [
        b"<html><table><tr><td>x</td></tr></table></html>",
        b"%PDF-1.7 ...",
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_a_file_that_is_something_else_than_its_name_says_is_refused(data, name):
    assert refused(data, name) == "MISLABELLED"


def test_text_called_a_workbook_and_a_workbook_called_text_are_refused():
    plain = io.BytesIO()
    with ZipFile(plain, "w") as archive:
        archive.writestr("readme.txt", "x")

    assert refused(TEXT.encode(), "a.xlsx") == "MISLABELLED"
    assert refused(xlsx(excel), "a.csv") == "MISLABELLED"
    assert refused(xlsx(excel), "a.xls") == "MISLABELLED"
    assert refused(plain.getvalue(), "a.xlsx") == "MISLABELLED"
    assert refused(compound("Workbook"), "a.csv") == "MISLABELLED"
    assert refused(b"x", "a.exe") == refused(b"x", "a") == "FORMAT_UNKNOWN"


@pytest.mark.parametrize(
    "declared", ['<!DOCTYPE x [<!ENTITY a "b">]>', '<!DOCTYPE x SYSTEM "file:///etc/passwd">']
)
def test_a_workbook_that_declares_entities_is_refused(declared):
    def change(name, body):
        if name == "xl/workbook.xml":
            return body.replace(b"?>", b"?>" + declared.encode(), 1)
        return body

    assert refused(repacked(xlsx(excel), change)) == "ENTITIES_DECLARED"


def test_an_empty_file_and_an_empty_workbook_are_refused():
    assert refused(b"") == refused(b"\xef\xbb\xbf\r\n", "a.csv") == "FILE_EMPTY"
    assert refused(xlsx(lambda book: book.add_worksheet())) == "FILE_EMPTY"


def test_more_than_the_limits_is_refused_with_the_limit():
    assert refused(b"x,y\n" * 100_300, "a.csv") == "TOO_MANY_ROWS"
    assert refused((b"x," * 300 + b"\n") * 3, "a.csv") == "TOO_MANY_COLUMNS"
    assert refused(b"x," + b"y" * 5_000 + b"\n", "a.csv") == "CELL_TOO_LONG"
    assert refused(bytes(BYTES_MAX + 1)) == "FILE_TOO_LARGE"

    def wide(book):
        sheet = book.add_worksheet()
        sheet.write(0, 0, "x")
        sheet.write(90_000, 16_000, "x")

    assert refused(xlsx(wide)) == "TOO_MANY_COLUMNS"


def test_what_is_no_text_is_refused():
    assert refused(b"a,b\n\x00\x01\x02", "a.csv") == "ENCODING_UNKNOWN"
    assert refused(b"a,b\n\xff\xfe\xfa\xff\n", "a.csv") == "ENCODING_UNKNOWN"


def test_a_header_that_is_missing_is_said_when_the_columns_are_proposed():
    grid = read_workbook("王芳,24\n李四,8\n".encode(), "a.csv")
    with pytest.raises(Fault) as found:
        propose(grid, Form.CREDITS)

    assert found.value.code == "HEADER_MISSING"
    assert HEADER
