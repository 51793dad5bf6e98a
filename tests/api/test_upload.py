"""Giving up a file: a ticket, its bytes, what it holds, and who sees it."""

from __future__ import annotations

import http.client
import io
import json
import socket
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from python_calamine import CalamineWorkbook

from ledger.command import Role
from ledger.store.container import BYTES_MAX
from ledger.store.ticket import DAYS_KEPT
from ledger.store.upload import TICKET_MINUTES
from tests.server import BODY_BYTES_MAX, Party, Served, spoken
from tests.sheets import GOOD, OTHER, excel, xlsx

RUIAN, PINGYANG = "jurisdiction:330381", "jurisdiction:330326"
OPEN = "mutation($i: OpenUploadInput!) { openUpload(input: $i) { id address ends } }"
SEEN = """query($id: ID!) { upload(id: $id) { fileName form bytes sha256 received rowsRead
  proposals { tab headerRow headerRows headerDigest known concealed rows hiddenRows lacking
    columns { at letters header column samples } }
  reading { rows soundRows faultyCells hiddenRows skipped { row why zh en }
    faults { row column code zh en } faultsEnd mappingDigest } } }"""
SAVE = """mutation($i: SaveMappingInput!, $r: String!) { saveMapping(input: $i, requestId: $r) {
  __typename ... on Refused { refusals { code zh en } } } }"""


def opened(party: Party, data: bytes, name: str = "名单.xlsx", form: str = "CREDITS") -> Any:
    given = {"fileName": name, "bytes": len(data), "form": form}
    return party.ask(OPEN, i=given)["openUpload"]


def put(party: Party, address: str, data: bytes) -> httpx.Response:
    headers = {"authorization": f"Bearer {party.token}"} if party.token else {}
    return party.served.client.put(address, content=data, headers=headers)


def given_up(party: Party, data: bytes, name: str = "名单.xlsx", form: str = "CREDITS") -> str:
    ticket = opened(party, data, name, form)
    answer = put(party, ticket["address"], data)
    assert answer.status_code == 201, answer.text
    assert answer.json()["id"] == ticket["id"]
    return str(ticket["id"])


def code(answer: httpx.Response) -> str:
    said = answer.json()["errors"][0]["extensions"]
    spoken(said)
    return str(said["code"])


@pytest.fixture
def bureau(served: Served) -> Party:
    """An officer of the county."""
    return served.party(Role.BUREAU, RUIAN)


def test_a_file_is_given_up_and_told_with_its_columns_and_faults(bureau):
    data = xlsx(excel)
    upload = bureau.ask(SEEN, id=given_up(bureau, data))["upload"]

    assert (upload["fileName"], upload["bytes"], upload["rowsRead"]) == (
        "名单.xlsx", len(data), None,
    )  # fmt: skip
    first, concealed = upload["proposals"]
    assert (first["tab"], first["headerRow"], first["known"]) == ("学分明细", 3, False)
    assert first["hiddenRows"] == 1
    assert concealed["concealed"] is True
    assert [each["column"] for each in first["columns"]] == [
        None, "NAME", "ID_NUMBER", "SCHOOL", "TITLE", "KIND", "COMPLETED", "CREDITS",
    ]  # fmt: skip
    reading = upload["reading"]
    assert (reading["rows"], reading["soundRows"], reading["hiddenRows"]) == (3, 2, [5])
    assert [(each["row"], each["why"]) for each in reading["skipped"]] == [(7, "TOTALS")]
    assert [each["code"] for each in reading["faults"]] == ["STORED_AS_NUMBER", "CELL_ERROR"]


def test_no_sample_shows_an_id_number_or_a_name(bureau):
    upload = given_up(bureau, xlsx(excel))
    told = str(bureau.ask(SEEN, id=upload)["upload"]["proposals"])

    assert "1101" in told
    for secret in (GOOD, GOOD.lower(), OTHER, "王芳", "王 芳", "李四"):
        assert secret not in told


def test_a_saved_mapping_is_recognised_by_the_next_sheet_of_the_same_bureau(served, bureau):
    shown = bureau.ask(SEEN, id=given_up(bureau, xlsx(excel)))["upload"]["proposals"][0]
    columns = [
        {"at": each["at"], "column": each["column"]} for each in shown["columns"] if each["column"]
    ]
    columns[0]["column"] = "NOTE"
    given = {
        "place": RUIAN, "form": "CREDITS", "headerDigest": shown["headerDigest"],
        "columns": columns,
    }  # fmt: skip
    saved = bureau.ask(SAVE, i=given, r="save-1")["saveMapping"]
    again = bureau.ask(SEEN, id=given_up(bureau, xlsx(excel)))["upload"]["proposals"][0]
    other = served.party(Role.BUREAU, PINGYANG)
    theirs = other.ask(SEEN, id=given_up(other, xlsx(excel)))["upload"]["proposals"][0]

    assert saved["__typename"] == "Recorded"
    assert again["known"] is True
    assert again["columns"][1]["column"] == "NOTE"
    assert theirs["known"] is False
    refused = other.ask(SAVE, i=given, r="save-2")["saveMapping"]
    assert [each["code"] for each in refused["refusals"]] == ["OUTSIDE_SCOPE"]


def test_a_mapping_may_be_chosen_for_once(bureau):
    data = "甲,乙,丙\n王芳,24,2024.3.7\n".encode("gb18030")
    upload = given_up(bureau, data, "a.csv")
    mapping = {
        "tab": "CSV", "headerRow": 1,
        "columns": [{"at": 1, "column": "NAME"}, {"at": 2, "column": "CREDITS"}],
    }  # fmt: skip
    asked = (
        "query($id: ID!, $m: SheetMappingInput) { upload(id: $id) { reading(mapping: $m) "
        "{ rows soundRows } } }"
    )

    assert bureau.ask(asked, id=upload, m=mapping)["upload"]["reading"] == {
        "rows": 1,
        "soundRows": 1,
    }
    for wrong in ({"headerRow": 9}, {"tab": "x"}, {"columns": [{"at": 7, "column": "NAME"}]}):
        assert bureau.errors(asked, id=upload, m=mapping | wrong)


@pytest.mark.parametrize(
    ("role", "scope", "actor"),
    [
        (Role.BUREAU, PINGYANG, "staff:tester"),
        (Role.BUREAU, RUIAN, "staff:colleague"),
        (Role.SCHOOL, "school:s1", "staff:tester"),
        (Role.PROVIDER, "provider:p1", "staff:tester"),
        (Role.TEACHER, "teacher:t1", "staff:tester"),
        (Role.AUDITOR, RUIAN, "staff:tester"),
        (Role.OPERATOR, "ledger:xuefen", "staff:tester"),
        (Role.PUBLIC, "", ""),
    ],
)
def test_nobody_else_sees_sends_marks_or_removes_it(served, bureau, role, scope, actor):
    other = served.party(role, scope, actor)
    data = xlsx(excel)
    upload, ticket = given_up(bureau, data), opened(bureau, data)
    marked = served.client.get(
        f"/uploads/{upload}/marked",
        headers={"authorization": f"Bearer {other.token}"} if other.token else {},
    )

    assert other.ask(SEEN, id=upload)["upload"] is None
    assert other.ask("{ uploads { id } }")["uploads"] == []
    assert other.ask("mutation($id: ID!) { removeUpload(id: $id) }", id=upload) == {
        "removeUpload": False
    }
    assert code(put(other, ticket["address"], data)) == "TICKET_INVALID"
    assert (marked.status_code, code(marked)) == (404, "UNKNOWN_UPLOAD")
    assert put(bureau, ticket["address"], data).status_code == 201


@pytest.mark.parametrize(
    ("role", "scope", "wanted"),
    [
        (Role.TEACHER, "teacher:t1", "FORBIDDEN_ROLE"),
        (Role.AUDITOR, RUIAN, "FORBIDDEN_ROLE"),
        (Role.PUBLIC, "", "UNAUTHENTICATED"),
    ],
)
def test_who_has_no_sheets_to_give_up_gets_no_ticket(served, role, scope, wanted):
    given = {"fileName": "a.csv", "bytes": 10, "form": "CREDITS"}
    [error] = served.party(role, scope).errors(OPEN, i=given)

    assert error["code"] == wanted


def test_a_ticket_is_good_once_and_soon(served, bureau):
    data = xlsx(excel)
    ticket = opened(bureau, data)

    assert put(bureau, ticket["address"], data).status_code == 201
    assert code(put(bureau, ticket["address"], data)) == "TICKET_INVALID"
    assert code(put(bureau, "/uploads/nonsense", data)) == "TICKET_INVALID"
    late = opened(bureau, data)
    with psycopg.connect(served.house.ledger.url) as connection:
        connection.execute(
            "update vault.uploads set ticket_ends = ticket_ends - %s where received_at is null",
            (timedelta(minutes=TICKET_MINUTES),),
        )
    assert code(put(bureau, late["address"], data)) == "TICKET_INVALID"


def test_what_comes_has_the_size_that_was_said(bureau):
    data = xlsx(excel)

    for sent in (data[:-1], data + b"x"):
        ticket = opened(bureau, data)
        assert code(put(bureau, ticket["address"], sent)) == "SIZE_DIFFERS"
        assert bureau.ask(SEEN, id=ticket["id"])["upload"] is None
    given = {"fileName": "a.csv", "bytes": BYTES_MAX + 1, "form": "CREDITS"}
    assert bureau.errors(OPEN, i=given)[0]["code"] == "FILE_TOO_LARGE"
    given = {"fileName": "a.exe", "bytes": 1, "form": "CREDITS"}
    assert bureau.errors(OPEN, i=given)[0]["code"] == "FORMAT_UNKNOWN"


def test_a_file_larger_than_other_bodies_is_taken_up_to_its_own_limit(bureau):
    data = ("姓名,学分,备注\n" + "王芳,24,第三期语文学科教学能力提升研修\n" * 50_000).encode()
    ticket = opened(bureau, data, "a.csv")

    assert len(data) > BODY_BYTES_MAX
    assert put(bureau, ticket["address"], data).status_code == 201


def test_a_file_that_cannot_be_read_is_refused_at_once_and_not_kept(bureau):
    data = b"%PDF-1.7 and so on"
    ticket = opened(bureau, data)
    answer = put(bureau, ticket["address"], data)

    assert (answer.status_code, code(answer)) == (422, "MISLABELLED")
    assert bureau.ask("{ uploads { id } }")["uploads"] == []


def test_the_bytes_and_the_name_lie_sealed(served, bureau):
    data = f"姓名,身份证号,学分\n王芳,{GOOD},24\n".encode()
    given_up(bureau, data, "王芳的学分.csv")
    with psycopg.connect(served.house.ledger.url) as connection:
        [row] = connection.execute("select u::text from vault.uploads u").fetchall()

    for secret in (GOOD.encode(), "王芳".encode()):
        assert secret.hex() not in row[0]
        assert secret.decode() not in row[0]


def test_what_led_to_nothing_goes_after_some_days_and_what_is_kept_stays(served, bureau):
    uploads = served.house.ledger.uploads
    data = b"a,b\n1,2\n"
    gone, kept = (given_up(bureau, data, "a.csv") for _ in range(2))
    uploads.keep(kept)
    with psycopg.connect(served.house.ledger.url) as connection:
        connection.execute(
            "update vault.uploads set opened_at = opened_at - %s",
            (timedelta(days=DAYS_KEPT, hours=-1),),
        )
    assert uploads.purge() == 0
    with psycopg.connect(served.house.ledger.url) as connection:
        connection.execute("update vault.uploads set opened_at = opened_at - interval '1 hour'")

    assert uploads.purge() == 1
    assert [each["id"] for each in bureau.ask("{ uploads { id } }")["uploads"]] == [kept]
    assert gone != kept


def test_the_marked_copy_says_in_the_row_what_is_wrong_and_is_logged(served, bureau):
    upload = given_up(bureau, xlsx(excel))
    answer = served.client.get(
        f"/uploads/{upload}/marked", headers={"authorization": f"Bearer {bureau.token}"}
    )
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    rows = book.get_sheet_by_name("标注").to_python(skip_empty_area=False)
    log = served.operator.ask("{ accessLog { edges { node { what clear rows } } } }")

    assert rows[2][8] == "错误说明"
    assert rows[3][8] == ""
    assert "C 列（身份证号）" in rows[5][8] and "H 列（学分）" in rows[5][8]
    assert log["accessLog"]["edges"][0]["node"] == {"what": "marked", "clear": True, "rows": 3}


def test_nothing_in_the_marked_copy_is_a_formula(served, bureau):
    text = '姓名,身份证号,学分\n=1+1,"=HYPERLINK(""http://x"")",@SUM(A1)\n'
    upload = given_up(bureau, text.encode(), "a.csv")
    answer = served.client.get(
        f"/uploads/{upload}/marked", headers={"authorization": f"Bearer {bureau.token}"}
    )
    from zipfile import ZipFile

    with ZipFile(io.BytesIO(answer.content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()

    assert "<f>" not in sheet and "hyperlink" not in sheet.lower()
    assert "=1+1" in ZipFile(io.BytesIO(answer.content)).read("xl/sharedStrings.xml").decode()


def test_a_file_in_pieces_that_exceeds_what_any_file_may_have_is_too_large(served, bureau):
    given = {"fileName": "a.csv", "bytes": BYTES_MAX, "form": "CREDITS"}
    ticket = bureau.ask(OPEN, i=given)["openUpload"]
    piece = b"x" * 65_536
    pieces = BYTES_MAX // len(piece)

    with socket.create_connection((served.client.base_url.host, served.client.base_url.port)) as to:
        head = f"PUT {ticket['address']} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n"
        to.sendall(f"{head}authorization: Bearer {bureau.token}\r\n\r\n".encode())
        for _ in range(pieces):
            to.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        to.sendall(b"1\r\nx\r\n0\r\n\r\n")
        answer = http.client.HTTPResponse(to)
        answer.begin()
        said = json.loads(answer.read())

    assert (answer.status, said["errors"][0]["extensions"]["code"]) == (413, "BODY_TOO_LARGE")
    assert bureau.ask("{ uploads { id } }")["uploads"] == []
