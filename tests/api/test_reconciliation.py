"""A bureau's sheet held against the ledger over HTTP: tried, put on record, settled, signed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from python_calamine import CalamineWorkbook

from ledger.command import Role
from ledger.credit import CreditRevoked
from ledger.discrepancy import ReopenReconciliation, SettleDifferences, SignReconciliation
from ledger.names import CreditId, OfferingId, TeacherId
from ledger.petition import DecideCorrection, RequestCorrection
from tests import cast
from tests.api.test_upload import given_up
from tests.cast import RUIAN, SCHOOL
from tests.scene import Scenes
from tests.server import ANSWER, Party, Served, spoken
from tests.sheets import GOOD, OTHER, xlsx
from tests.town import OPERATOR, Put

HEADER = "姓名,身份证号,平台编号,学校,培训名称,结业时间,学分\n"
DAY = date(2023, 6, 1)
TRY = """mutation($i: TryReconciliationInput!) { tried: tryReconciliation(input: $i) {
  token hiddenRows tab tabHidden tabsUnread skipped { row why }
  outline { digest position rows faults equal differing onlyLedger onlySheet creditsSheet
    creditsLedger difference attributed unattributed causes { cause lines amount } }
  lines(first: 100) { totalCount edges { node { number row teacher standing ledger sheet
    difference unattributed portions { cause amount zh en events rule } } } }
  doubtful(first: 100) { edges { node { doubt rows teachers zh en } } }
  faults(first: 100) { edges { node { row column code zh en } } } } }"""
RECONCILE = (
    "mutation($i: ReconcileInput!, $r: String!, $dry: Boolean! = false) "
    f"{{ answer: reconcile(input: $i, requestId: $r, rehearse: $dry) {{ {ANSWER} "
    "... on Rehearsed { events { type } } } }"
)
ANEW = (
    "mutation($i: CompareAnewInput!, $r: String!) "
    f"{{ answer: compareAnew(input: $i, requestId: $r) {{ {ANSWER} }} }}"
)
SEEN = """query($id: ID!, $p: Position) { reconciliation(id: $id, atLeast: $p) {
  id place status rows left comparison { digest equal differing unattributed }
  signed { actor position } steps { type lines how note }
  result { token lines(first: 100) { edges { node { number standing treatment } } } }
  since { moved before { differing } after { differing }
    lines { before { row ledger } after { row ledger portions { cause events } } } } } }"""


def who(number: int) -> TeacherId:
    return TeacherId(f"teacher:r{number}")


def credited(number: int, credits: str, **more: Any) -> Any:
    made = cast.awarded(
        credits,
        teacher=who(number),
        credit=CreditId(f"credit:r{number}"),
        offering=OfferingId(f"offering:r{number}"),
        completed=DAY,
        **more,
    )
    return structs.replace(made, title=f"培训{number}")


def credits_told(served: Served) -> None:
    """Four teachers of a county: one as the sheet says, one with a deduction, one revoked."""
    ledger = served.house.ledger
    seal, digests = ledger.vault.seal(str(who(1)), {"name": "王芳", "id_number": GOOD})
    people = [cast.registered(who(number)) for number in (1, 2, 3, 4)]
    sealed = structs.replace(people[0], sealed=digests)
    events = (
        cast.school(),
        sealed,
        *people[1:],
        credited(1, "24"),
        credited(2, "22", base=24, missed=2),
        credited(3, "24"),
        credited(4, "12"),
    )
    answers = ledger.ask([Put(events=events)], OPERATOR, seals={0: seal})
    assert answers.outcomes[0].accepted
    revoked = CreditRevoked(
        credit=CreditId("credit:r3"),
        teacher=who(3),
        school=SCHOOL,
        place=RUIAN,
        credits_before=Decimal(24),
        corrects="0193-0001",
        reason="误认",
        decided=True,
    )
    assert ledger.ask([Put(events=(revoked,))], OPERATOR).outcomes[0].accepted
    served.house.runner.catch_up()


@pytest.fixture
def desk(scenes: Scenes, tmp_path: Path) -> Iterator[Served]:
    """A server of its own to which that was told."""
    with scenes.serving(credits_told, tmp_path) as server:
        yield server


SHEET = (
    HEADER
    + f"王芳,{GOOD},,,培训1,2023.6.1,24\n"
    + "李四,,r2,,培训2,2023年6月1日,24\n"
    + "张三,,teacher:r3,,培训3,20230601,２４\n"
    + f"赵六,{OTHER},,,培训9,2023-06-01,10\n"
    + "钱七,,r4,,培训4,2023-06-01,很多\n"
    + "合计,,,,,,82\n"
).encode("gb18030")


@pytest.fixture
def bureau(desk: Served) -> Party:
    return desk.party(Role.BUREAU, str(RUIAN))


def tried(party: Party, data: bytes = SHEET, **more: Any) -> Any:
    upload = given_up(party, data, "名单.csv")
    given = {"upload": upload, "place": str(RUIAN), **more}
    return party.ask(TRY, i=given)["tried"]


def nodes(connection: Any) -> list[Any]:
    return [each["node"] for each in connection["edges"]]


def put_on_record(party: Party, name: str = "reconciliation:a", **more: Any) -> Any:
    token = tried(party)["token"]
    given = {"reconciliation": name, "token": token, **more}
    answer = party.ask(RECONCILE, i=given, r=f"reconcile-{name}")["answer"]
    assert answer["__typename"] == "Recorded", answer
    return answer


def seen(party: Party, answer: Any, name: str = "reconciliation:a") -> Any:
    return party.ask(SEEN, id=name, p=answer["position"])["reconciliation"]


def test_each_line_of_a_sheet_is_equal_or_differs_with_its_causes(bureau: Party) -> None:
    found = tried(bureau)
    lines = {each["row"]: each for each in nodes(found["lines"])}

    assert lines[2]["standing"] == "EQUAL"
    assert lines[2]["teacher"] == str(who(1))
    assert (lines[3]["standing"], lines[3]["difference"]) == ("DIFFERS", "-2")
    assert [(p["cause"], p["amount"]) for p in lines[3]["portions"]] == [("DEDUCTION", "-2")]
    assert [(p["cause"], p["amount"]) for p in lines[4]["portions"]] == [("REVOCATION", "-24")]
    assert all(p["events"] and p["zh"] and p["en"] for p in lines[4]["portions"])
    assert (lines[5]["standing"], lines[5]["teacher"]) == ("ONLY_THERE", None)
    assert lines[6]["teacher"] == str(who(4))
    assert lines[6]["standing"] == "DIFFERS"


def test_what_is_attributed_and_what_is_not_add_up_to_the_difference(bureau: Party) -> None:
    outline = tried(bureau)["outline"]
    number = {key: Decimal(value) for key, value in outline.items() if key.startswith("credits")}

    difference = Decimal(outline["difference"])
    assert number["creditsLedger"] - number["creditsSheet"] == difference
    assert Decimal(outline["attributed"]) + Decimal(outline["unattributed"]) == difference
    assert (outline["equal"], outline["rows"], outline["faults"]) == (1, 5, 1)


def test_faults_doubts_and_skipped_rows_are_said(bureau: Party) -> None:
    found = tried(bureau)

    assert [(e["row"], e["column"]) for e in nodes(found["faults"])] == [(6, 7)]
    assert [(e["doubt"], e["rows"]) for e in nodes(found["doubtful"])] == [("NOBODY", [5])]
    assert found["skipped"] == [{"row": 7, "why": "TOTALS"}]
    assert (found["tabHidden"], found["tabsUnread"]) == (False, [])


def test_tabs_that_were_not_read_are_said(bureau: Party) -> None:
    def fill(book: Any) -> None:
        for name, more in (("一月", ["类别"]), ("二月", [])):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["平台编号", "培训名称", "结业时间", "学分", *more])
            sheet.write_row(1, 0, ["r1", "培训1", "2023.6.1", 24])

    upload = given_up(bureau, xlsx(fill), "两张.xlsx")
    found = bureau.ask(TRY, i={"upload": upload, "place": str(RUIAN)})["tried"]
    assert (found["tab"], found["tabsUnread"]) == ("一月", ["二月"])


def test_an_id_number_with_one_wrong_digit_is_a_suggestion_only(bureau: Party) -> None:
    near = GOOD[:9] + "8" + GOOD[10:]
    found = tried(bureau, (HEADER + f"王芳,{near},,,培训1,2023.6.1,24\n").encode())
    [doubt] = [e for e in nodes(found["doubtful"]) if e["doubt"] == "ONE_DIGIT"]

    assert doubt["teachers"] == [str(who(1))]
    line = nodes(found["lines"])[0]
    assert line["teacher"] is None
    assert "疑为 ***，" in line["portions"][0]["zh"]
    assert "suggestion" in line["portions"][0]["en"]


@pytest.mark.parametrize(
    ("sheet", "meant"),
    [
        (f"姓名,身份证号,学校,培训名称,结业时间\n王芳,{GOOD},,培训1,2023.6.1\n", "学分"),
        ("学校,培训名称,结业时间,学分\n一中,培训1,2023.6.1,24\n", "姓名"),
        (f"姓名,身份证号,培训名称,学时\n王芳,{GOOD},培训1,24\n", "学分"),
    ],
)
def test_a_sheet_that_lacks_persons_or_amounts_is_not_compared(
    bureau: Party, sheet: str, meant: str
) -> None:
    upload = given_up(bureau, sheet.encode(), "名单.csv")
    [error] = bureau.errors(TRY, i={"upload": upload, "place": str(RUIAN)})

    assert (error["code"], error["field"]) == ("COLUMNS_LACKING", "mapping")
    assert meant in error["zh"]


def test_the_same_sheet_tried_twice_comes_to_the_same_digest(bureau: Party) -> None:
    one, other = tried(bureau), tried(bureau)

    assert one["outline"]["digest"] == other["outline"]["digest"]
    assert one["token"] != other["token"]


def test_a_trial_is_put_on_record_exactly_as_it_was_shown(bureau: Party, desk: Served) -> None:
    shown = tried(bureau)
    later = Put(events=(credited(4, "2"),))
    assert desk.house.ledger.ask([replace(later)], OPERATOR).outcomes[0].accepted
    given = {"reconciliation": "reconciliation:a", "token": shown["token"]}
    dry = bureau.ask(RECONCILE, i=given, r="dry", dry=True)["answer"]
    assert [e["type"] for e in dry["events"]] == [
        "reconciliation.sheet-received",
        "reconciliation.sheet-compared",
        "reconciliation.differences-found",
    ]
    answer = bureau.ask(RECONCILE, i=given, r="once")["answer"]
    again = bureau.ask(RECONCILE, i=given, r="once")["answer"]

    more = given | {"reconciliation": "reconciliation:b", "again": "再对一次"}
    spent = bureau.ask(RECONCILE, i=more, r="twice")["answer"]

    assert (answer["__typename"], again["replayed"]) == ("Recorded", True)
    assert [e["code"] for e in spent["refusals"]] == ["TOKEN_SPENT"]
    assert "reconciliation:a" in spent["refusals"][0]["zh"]
    held = seen(bureau, answer)
    assert held["comparison"]["digest"] == shown["outline"]["digest"]
    assert held["left"] == [2, 3, 4, 5]


def test_two_officers_who_put_the_same_on_record_do_it_once(bureau: Party, desk: Served) -> None:
    put_on_record(bureau)
    colleague = desk.party(Role.BUREAU, str(RUIAN), "staff:colleague")
    token = tried(colleague)["token"]
    given = {"reconciliation": "reconciliation:a", "token": token}
    taken = colleague.ask(RECONCILE, i=given, r="r2")["answer"]
    same = colleague.ask(RECONCILE, i=given | {"reconciliation": "reconciliation:b"}, r="r3")[
        "answer"
    ]

    assert [e["code"] for e in taken["refusals"]] == ["ALREADY_REGISTERED"]
    assert [e["code"] for e in same["refusals"]] == ["SAME_FILE"]


def test_differences_are_settled_signed_reopened_and_shown_since(
    bureau: Party, desk: Served
) -> None:
    answer = put_on_record(bureau)
    digest = seen(bureau, answer)["comparison"]["digest"]
    own = {"reconciliation": "reconciliation:a", "place": str(RUIAN)}
    early = bureau.mutate(SignReconciliation, own | {"digest": digest}, "early")
    assert [e["code"] for e in early["refusals"]] == ["UNSETTLED"]
    some = own | {"how": "LEDGER_ACCEPTED", "reason": "以账本为准", "lines": [2]}
    bureau.mutate(SettleDifferences, some, "s1")
    bureau.mutate(SettleDifferences, own | {"how": "NOTED", "reason": "已核"}, "s2")
    answer = bureau.mutate(SignReconciliation, own | {"digest": digest}, "sign")
    held = seen(bureau, answer)

    assert (held["status"], held["left"]) == ("SIGNED", [])
    treated = {e["number"]: e["treatment"] for e in nodes(held["result"]["lines"])}
    assert treated == {1: None, 2: "LEDGER_ACCEPTED", 3: "NOTED", 4: "NOTED", 5: "NOTED"}
    assert held["since"]["moved"] == 0
    wrong = {
        "petition": "petition:a", "credit": "credit:r2", "teacher": str(who(2)),
        "credits": "20", "reason": "缺课有误", "reconciliation": "reconciliation:a", "line": 2,
    }  # fmt: skip
    other = wrong | {"petition": "petition:b", "line": 3}
    refused = bureau.mutate(RequestCorrection, other, "other")
    assert [e["code"] for e in refused["refusals"]] == ["LINE_OF_ANOTHER"]
    assert bureau.mutate(RequestCorrection, wrong, "p")["__typename"] == "Recorded"
    grant = {
        "petition": "petition:a", "credit": "credit:r2", "teacher": str(who(2)),
        "granted": True, "credits": "20", "reason": "属实",
    }  # fmt: skip
    own_wish = bureau.mutate(DecideCorrection, grant, "own")
    assert [e["code"] for e in own_wish["refusals"]] == ["SAME_ACTOR"]
    colleague = desk.party(Role.BUREAU, str(RUIAN), "staff:colleague")
    granted = colleague.mutate(DecideCorrection, grant, "d")
    assert granted["__typename"] == "Recorded", granted
    reopened = bureau.mutate(ReopenReconciliation, own | {"reason": "有更正"}, "o")
    held = seen(bureau, reopened)
    assert held["status"] == "REOPENED"
    [line] = held["since"]["lines"]
    assert (line["before"]["ledger"], line["after"]["ledger"]) == ("22", "20")
    corrected = [e["id"] for e in granted["events"] if "corrected" in e["type"].lower()]
    causes = {each["cause"]: each["events"] for each in line["after"]["portions"]}
    assert corrected[0] in causes["CORRECTION"]


def test_the_sheet_is_compared_anew_and_that_is_put_on_record(bureau: Party, desk: Served) -> None:
    put_on_record(bureau)
    query = (
        'mutation { again: tryReconciliationAnew(reconciliation: "reconciliation:a") '
        "{ token outline { digest position } } }"
    )
    again = bureau.ask(query)["again"]
    given = {"reconciliation": "reconciliation:a", "token": again["token"]}
    answer = bureau.ask(ANEW, i=given, r="anew")["answer"]

    assert answer["__typename"] == "Recorded", answer
    assert seen(bureau, answer)["comparison"]["digest"] == again["outline"]["digest"]


def test_a_correction_that_nobody_asked_for_is_no_settlement(bureau: Party) -> None:
    put_on_record(bureau)
    own = {"reconciliation": "reconciliation:a", "place": str(RUIAN)}
    request = own | {"how": "CORRECTION_REQUESTED", "reason": "已申请", "lines": [2]}
    refused = bureau.mutate(SettleDifferences, request, "s1")
    assert [e["code"] for e in refused["refusals"]] == ["NOT_REQUESTED"]
    petition = {
        "petition": "petition:a", "credit": "credit:r2", "teacher": str(who(2)),
        "credits": "24", "reason": "缺课有误", "reconciliation": "reconciliation:a", "line": 2,
    }  # fmt: skip
    assert bureau.mutate(RequestCorrection, petition, "p")["__typename"] == "Recorded"
    assert bureau.mutate(SettleDifferences, request, "s2")["__typename"] == "Recorded"


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.BUREAU, "jurisdiction:330326"),
        (Role.SCHOOL, str(SCHOOL)),
        (Role.TEACHER, str(who(1))),
        (Role.PROVIDER, "provider:wzu"),
    ],
)
def test_nobody_else_sees_a_reconciliation_or_its_trial(
    bureau: Party, desk: Served, role: Role, scope: str
) -> None:
    token = tried(bureau)["token"]
    answer = put_on_record(bureau)
    other = desk.party(role, scope)
    desk.house.runner.catch_up()

    assert other.ask(SEEN, id="reconciliation:a", p=answer["position"])["reconciliation"] is None
    query = "query($t: ID!) { reconciliationTrial(token: $t) { token } }"
    assert other.ask(query, t=token)["reconciliationTrial"] is None
    listed = other.ask("{ reconciliations { totalCount edges { node { id } } } }")
    assert listed["reconciliations"] == {"totalCount": 0, "edges": []}


def test_the_city_above_and_the_auditor_see_it_line_by_line(bureau: Party, desk: Served) -> None:
    answer = put_on_record(bureau)
    for role, scope in ((Role.BUREAU, "jurisdiction:330300"), (Role.AUDITOR, str(RUIAN))):
        held = seen(desk.party(role, scope), answer)
        assert len(nodes(held["result"]["lines"])) == 5


def test_a_sheet_is_compared_for_ones_own_places_only(desk: Served) -> None:
    other = desk.party(Role.BUREAU, "jurisdiction:330326")
    upload = given_up(other, SHEET, "名单.csv")
    [error] = other.errors(TRY, i={"upload": upload, "place": str(RUIAN)})
    assert error["code"] == "OUTSIDE_SCOPE"


def test_nothing_is_told_of_teachers_who_never_worked_there(desk: Served) -> None:
    other = desk.party(Role.BUREAU, "jurisdiction:330326")
    upload = given_up(other, SHEET, "名单.csv")
    found = other.ask(TRY, i={"upload": upload, "place": "jurisdiction:330326"})["tried"]

    assert {each["teacher"] for each in nodes(found["lines"])} == {None}
    assert {e["doubt"] for e in nodes(found["doubtful"])} == {"NOBODY"}


def test_a_token_of_another_is_no_token(bureau: Party, desk: Served) -> None:
    token = tried(bureau)["token"]
    colleague = desk.party(Role.BUREAU, str(RUIAN), "staff:colleague")
    for given in (token, "nonsense", "00000000-0000-0000-0000-000000000000"):
        answer = colleague.ask(
            RECONCILE, i={"reconciliation": "reconciliation:a", "token": given}, r=f"r{given}"
        )["answer"]
        assert [e["code"] for e in answer["refusals"]] == ["UNKNOWN_TOKEN"]


@pytest.mark.parametrize("form", ["xlsx", "json"])
def test_the_report_of_a_position_is_the_same_byte_for_byte(
    bureau: Party, desk: Served, form: str
) -> None:
    answer = put_on_record(bureau)
    address = f"/reconciliations/reconciliation:a/report.{form}?position={answer['position']}"
    one = desk.client.get(address, headers=bureau.headers)
    own = {"reconciliation": "reconciliation:a", "place": str(RUIAN)}
    bureau.mutate(SettleDifferences, own | {"how": "NOTED", "reason": "已核"}, "s2")
    other = desk.client.get(address, headers=bureau.headers)
    now = desk.client.get(address.partition("?")[0], headers=bureau.headers)

    assert (one.status_code, now.status_code) == (200, 200), one.text
    assert one.content == other.content
    assert sha256(one.content).hexdigest() == one.headers["x-xuefen-sha256"]
    logged = bureau.ask('{ accessLog(what: "reconciliationReport") { totalCount } }')
    assert logged["accessLog"]["totalCount"] == 3


def test_a_report_in_json_says_every_line_and_adds_up(bureau: Party, desk: Served) -> None:
    put_on_record(bureau)
    desk.house.runner.catch_up()
    told = desk.client.get(
        "/reconciliations/reconciliation:a/report.json", headers=bureau.headers
    ).json()

    assert [each["number"] for each in told["lines"]] == [1, 2, 3, 4, 5]
    total = sum(Decimal(each["difference"]) for each in told["lines"])
    assert Decimal(told["outline"]["difference"]) == total
    assert told["about"]["reconciliation"] == "reconciliation:a"
    assert told["terms"]["place"] == str(RUIAN)


def test_a_workbook_of_a_report_holds_the_lines_with_their_causes(
    bureau: Party, desk: Served
) -> None:
    put_on_record(bureau)
    desk.house.runner.catch_up()
    made = desk.client.get(
        "/reconciliations/reconciliation:a/report.xlsx", headers=bureau.headers
    ).content
    book = CalamineWorkbook.from_filelike(io.BytesIO(made))
    header, *rows = book.get_sheet_by_name("逐行").to_python()

    assert book.sheet_names == ["汇总", "逐行", "存疑", "有误"]
    assert [row[header.index("结果")] for row in rows] == [
        "一致", "不同", "不同", "仅表格有", "不同",
    ]  # fmt: skip
    assert rows[1][header.index("原因")] == "缺课扣减 -2"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/reconciliations/reconciliation:none/report.json", 404),
        ("/reconciliations/reconciliation:a/report.pdf", 404),
        ("/reconciliations/nonsense/report.json", 400),
        ("/reconciliations/reconciliation:a/report.json?position=-1", 400),
        ("/reconciliations/reconciliation:a/report.json?position=999999", 400),
    ],
)
def test_a_report_that_is_not_there_is_refused_with_a_sentence(
    bureau: Party, desk: Served, address: str, status: int
) -> None:
    put_on_record(bureau)
    desk.house.runner.catch_up()
    answer = desk.client.get(address, headers=bureau.headers)
    assert answer.status_code == status
    spoken(answer.json()["errors"][0]["extensions"])


def test_a_neighbour_has_no_report(bureau: Party, desk: Served) -> None:
    put_on_record(bureau)
    desk.house.runner.catch_up()
    other = desk.party(Role.BUREAU, "jurisdiction:330326")
    address = "/reconciliations/reconciliation:a/report.json"
    for headers in (other.headers, {}):
        answer = desk.client.get(address, headers=headers)
        said = answer.json()["errors"][0]["extensions"]
        assert (answer.status_code, said["code"]) == (404, "UNKNOWN_REPORT")


def test_a_report_that_is_asked_for_right_away_waits_for_what_was_put_on_record(
    bureau: Party, desk: Served
) -> None:
    answer = put_on_record(bureau)
    address = "/reconciliations/reconciliation:a/report.json"
    assert desk.client.get(address, headers=bureau.headers).status_code == 200
    told = f"{address}?atLeast={answer['position']}"
    assert desk.client.get(told, headers=bureau.headers).status_code == 200
    beyond = desk.client.get(f"{address}?atLeast=999999", headers=bureau.headers)
    assert beyond.status_code == 400
    assert beyond.json()["errors"][0]["extensions"]["code"] == "BEYOND_HEAD"


def test_a_report_whose_views_are_late_is_asked_for_once_more(
    bureau: Party, desk: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on_record(bureau)
    monkeypatch.setattr(desk.house, "wait_seconds", 0.0)
    monkeypatch.setattr(desk.house.runner, "position", lambda *_: 0)
    monkeypatch.setattr(desk.house.runner, "standing", lambda *_: (0, None))
    address = "/reconciliations/reconciliation:a/report.json"
    late = desk.client.get(address, headers=bureau.headers)
    assert (late.status_code, late.headers["retry-after"]) == (503, "1")
    spoken(late.json()["errors"][0]["extensions"])


def test_a_position_before_anybody_was_registered_explains_the_sheet_by_time(
    bureau: Party, desk: Served
) -> None:
    rows = f"王芳,{GOOD},,,培训1,2023.6.1,24\n,,r2,,培训2,2023.6.1,22\n"
    found = tried(bureau, (HEADER + rows).encode(), asOf={"position": 1})
    lines = nodes(found["lines"])

    assert [[p["cause"] for p in each["portions"]] for each in lines] == [["TIMING"], ["TIMING"]]
    assert [each["teacher"] for each in lines] == [str(who(1)), str(who(2))]
    assert (found["outline"]["unattributed"], nodes(found["doubtful"])) == ("0", [])


def test_the_report_says_its_doubts_and_faults_in_chinese(bureau: Party, desk: Served) -> None:
    put_on_record(bureau)
    desk.house.runner.catch_up()
    made = desk.client.get(
        "/reconciliations/reconciliation:a/report.xlsx", headers=bureau.headers
    ).content
    book = CalamineWorkbook.from_filelike(io.BytesIO(made))
    outline = book.get_sheet_by_name("汇总").to_python()
    told = [book.get_sheet_by_name(each).to_python()[1:] for each in ("存疑", "有误")]

    assert ["口径", "认定学分"] in [row[:2] for row in outline]
    assert any(told)
    assert not [row for rows in told for row in rows for each in row[:3]
                if isinstance(each, str) and re.fullmatch("[A-Z_]+", each)]  # fmt: skip


def test_another_id_number_than_the_one_on_file_is_in_doubt_and_tells_of_nobody_else(
    bureau: Party,
) -> None:
    rows = f"王芳,{OTHER},r1,,培训1,2023.6.1,24\n李四,{OTHER},r2,,培训2,2023.6.1,22\n"
    found = tried(bureau, (HEADER + rows).encode())
    doubts = [(e["doubt"], e["rows"], e["teachers"]) for e in nodes(found["doubtful"])]
    lines = {e["row"]: e["teacher"] for e in nodes(found["lines"]) if e["row"]}

    # Of the second, no id number is on file.
    assert doubts == [("CONTRADICTION", [2], [str(who(1))])]
    assert lines == {2: None, 3: str(who(2))}
