"""Loads: a list shown row by row before anything is done, and taken in exactly as it was shown."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from ledger.anomaly import SettleAnomaly
from ledger.command import Role
from ledger.load import EndLoad
from ledger.offering import OpenOffering
from ledger.register import RegisterSchool
from ledger.store.feed import Filter
from schema import planning
from tests.api.test_upload import given_up
from tests.cast import COUNTY_SCHOOL, LIN, OFFERING, OTHER_SCHOOL, RUIAN, SCHOOL, UNIVERSITY
from tests.server import Party, Served, codes
from tests.sheets import xlsx
from tests.town import chosen, declared, registered, tell

PLAN = """mutation($i: LoadInput!) { planLoad(input: $i) { token form position digest count new
  changed unchanged anomalies refused batches begun ended rows { end rows { row fate teacher
  commands { name asks } objections { code zh en column letters rule clause } } } } }"""
COMMIT = """mutation($t: ID!, $l: Boolean = false) { commitLoad(token: $t, leaveRefused: $l) {
  complete position batches committed moved refused { row refusal { code zh en } } } }"""
LOAD = (
    """query($t: ID!) { load(token: $t) { token begun ended count rows { rows { row fate } } } }"""
)
QUEUE = """query($s: AnomalyState, $p: Position) { anomalies(status: $s, atLeast: $p) {
  edges { node { id code zh place teacher row ledger sheet status reason how } } } }"""
HEADER = (
    "姓名", "身份证号", "平台编号", "学校", "学段", "学科", "参加工作时间", "手机", "调动日期",
)  # fmt: skip
NAMES = "王李张刘陈杨黄赵周吴"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_number(number: int) -> str:
    """A valid id number."""
    digits = f"330381{1970 + number % 30}0101{number % 1000:03d}"
    check = "10X98765432"[sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True)) % 11]
    return digits + check


def sheet(*rows: tuple[Any, ...], header: tuple[str, ...] = HEADER) -> bytes:
    def fill(book: Any) -> None:
        tab = book.add_worksheet("名册")
        for at, row in enumerate([header, *rows]):
            for column, value in enumerate(row):
                tab.write_string(at, column, "" if value is None else str(value))

    return xlsx(fill)


def teacher(at: int, **other: Any) -> tuple[Any, ...]:
    row = {
        "name": NAMES[at % 100 // 10] + NAMES[at % 10], "id": id_number(at), "number": "",
        "school": "安阳小学",
        "stage": "小学", "subject": "语文", "entered": "2010-09-01", "phone": "", "since": "",
    }  # fmt: skip
    return tuple((row | other).values())


@pytest.fixture
def bureau(served: Served) -> Party:
    """An officer of the county, which has two schools; one in the next county has the same name."""
    for school, place, title in (
        (SCHOOL, RUIAN, "安阳小学"),
        (OTHER_SCHOOL, RUIAN, "塘下中学"),
        ("school:next", "jurisdiction:330326", "安阳小学"),
    ):
        given = {"school": school, "place": place, "title": title, "stage": "PRIMARY"}
        answer = served.operator.mutate(RegisterSchool, given, f"school-{school}")
        assert codes(answer) == []
    return served.party(Role.BUREAU, RUIAN)


def planned(party: Party, data: bytes, form: str = "TEACHERS", **options: Any) -> Any:
    upload = given_up(party, data, form=form)
    served = party.served
    served.house.wait_seconds = 20.0
    return party.ask(PLAN, i={"upload": upload} | options)["planLoad"]


def committed(party: Party, token: str, **options: Any) -> Any:
    return party.ask(COMMIT, t=token, **options)["commitLoad"]


def loaded(party: Party, data: bytes, form: str = "TEACHERS", **options: Any) -> Any:
    made = planned(party, data, form, **options)
    done = committed(party, made["token"])
    assert done["complete"], (made, done)
    return made


def queue(party: Party, **options: Any) -> list[Any]:
    told = party.ask(QUEUE, p=party.served.head, **options)["anomalies"]
    return [each["node"] for each in told["edges"]]


def fates(made: Any) -> list[tuple[int, str, list[str]]]:
    return [
        (each["row"], each["fate"], [one["code"] for one in each["objections"]])
        for each in made["rows"]["rows"]
    ]


def test_a_dry_run_writes_nothing_and_its_token_takes_in_what_it_showed(served, bureau):
    head = served.head
    made = planned(bureau, sheet(teacher(1), teacher(2, number="T-2")))

    assert served.head == head
    assert (made["new"], made["refused"], made["batches"]) == (2, 0, 1)
    assert [each["name"] for row in made["rows"]["rows"] for each in row["commands"]] == [
        "RegisterTeacher", "RegisterTeacher",
    ]  # fmt: skip
    done = committed(bureau, made["token"])
    assert (done["complete"], done["moved"], done["refused"]) == (True, [], [])
    types = [entry.event.NAME for entry in served.house.ledger.feed.entries(Filter(after=head))]
    assert types == [
        "load.begun", "register.teacher-registered", "register.teacher-registered", "load.ended",
    ]  # fmt: skip
    people = served.house.ledger.vault.open(["teacher:T-2"])
    assert people["teacher:T-2"] == {"name": "王张", "id_number": id_number(2)}
    bodies = served.house.ledger.feed.entries(Filter(after=head))
    assert "王张" not in "".join(map(str, bodies))


def test_committing_again_writes_nothing_anew(served, bureau):
    made = planned(bureau, sheet(teacher(1)))
    first = committed(bureau, made["token"])
    head = served.head
    again = committed(bureau, made["token"])

    assert first["complete"]
    assert again["complete"]
    assert served.head == head
    told = bureau.ask(LOAD, t=made["token"])["load"]
    assert (told["begun"], told["ended"]) == (True, True)


def test_each_row_says_what_it_leads_to(bureau):
    loaded(bureau, sheet(*(teacher(n) for n in range(1, 11))))
    made = planned(
        bureau,
        sheet(
            teacher(1),
            teacher(2, subject="数学"),
            teacher(3, school="塘下中学", since="2024-02-01"),
            teacher(4, school="塘下中学"),
            teacher(5, name="别人"),
            teacher(6, stage="初中"),
            teacher(7, entered="2011-09-01"),
            teacher(8, id=id_number(88)),
            teacher(9),
            teacher(9, subject="数学"),
            teacher(20, school="没有的学校"),
            teacher(21, subject=""),
            teacher(22, id="330381199001011234"),
        ),
        full=True,
    )  # fmt: skip

    assert fates(made) == [
        (2, "UNCHANGED", []),
        (3, "CHANGE", ["SUBJECT_CHANGES"]),
        (4, "CHANGE", ["SCHOOL_CHANGES"]),
        (5, "ANOMALY", ["SCHOOL_DIFFERS"]),
        (6, "ANOMALY", ["NAME_DIFFERS"]),
        (7, "ANOMALY", ["STAGE_DIFFERS"]),
        (8, "ANOMALY", ["ENTERED_DIFFERS"]),
        (9, "ANOMALY", ["NAMESAKE"]),
        (10, "ANOMALY", ["LISTED_TWICE"]),
        (11, "ANOMALY", ["LISTED_TWICE"]),
        (12, "REFUSED", ["SCHOOL_UNKNOWN"]),
        (13, "REFUSED", ["CELL_EMPTY"]),
        (14, "REFUSED", ["BAD_ID_NUMBER"]),
        (0, "ANOMALY", ["MISSING_FROM_LIST"]),
    ]
    changed = made["rows"]["rows"][1]["objections"][0]["zh"]
    assert changed == "学科：账本 语文，表中 数学"


@pytest.mark.parametrize("other", [{"stage": "初中"}, {}, {"stage": "无此学段"}])
def test_two_rows_of_one_id_number_are_both_held_for_somebody_to_decide(served, bureau, other):
    made = planned(bureau, sheet(teacher(1), teacher(2), teacher(1, **other)))
    faulty = "stage" in other and other["stage"] == "无此学段"
    assert fates(made)[0] == (2, "ANOMALY", ["LISTED_TWICE"])
    assert [each[1] for each in fates(made)] == [
        "ANOMALY", "NEW", "REFUSED" if faulty else "ANOMALY",
    ]  # fmt: skip
    assert made["rows"]["rows"][0]["objections"][0]["zh"].endswith("第 2、4 行")

    done = committed(bureau, made["token"], l=True)
    assert done["complete"]
    assert {each["row"] for each in queue(bureau, s="OPEN")} == ({2} if faulty else {2, 4})
    ledger = served.house.ledger
    prints = [ledger.vault.fingerprint(id_number(each)) for each in (1, 2)]
    assert [*ledger.vault.owners(prints)] == prints[1:]
    # Whoever is right comes in by a list that says it once.
    again = planned(bureau, sheet(teacher(1, **({} if faulty else other))))
    assert fates(again) == [(2, "NEW", [])]


def test_an_anomaly_waits_in_the_queue_until_somebody_settles_it_with_a_reason(served, bureau):
    loaded(bureau, sheet(teacher(1)))
    loaded(bureau, sheet(teacher(1, stage="初中", name="别人")))
    [name, stage] = queue(bureau, s="OPEN")

    assert {name["code"], stage["code"]} == {"NAME_DIFFERS", "STAGE_DIFFERS"}
    stage = stage if stage["code"] == "STAGE_DIFFERS" else name
    assert (stage["ledger"], stage["sheet"]) == ("PRIMARY", "JUNIOR_SECONDARY")
    assert "别人" not in str(queue(bureau))
    again = planned(bureau, sheet(teacher(1, stage="初中", name="别人")))
    assert again["rows"]["rows"][0]["commands"] == []
    given = {"anomaly": stage["id"], "how": "LEDGER_RIGHT", "reason": " "}
    assert codes(bureau.mutate(SettleAnomaly, given, "s1")) == ["REASON_MISSING"]
    assert codes(bureau.mutate(SettleAnomaly, given | {"reason": "以账本为准"}, "s2")) == []
    assert codes(bureau.mutate(SettleAnomaly, given | {"reason": "再"}, "s3")) == ["ANOMALY_OVER"]
    assert len(queue(bureau, s="OPEN")) == 1


def test_whoever_works_elsewhere_is_an_anomaly_that_does_not_say_where(served, bureau):
    other = served.party(Role.BUREAU, "jurisdiction:330326")
    loaded(other, sheet(teacher(1, number="far-1")))
    made = planned(bureau, sheet(teacher(1, subject="数学"), teacher(2)))
    numbered = planned(bureau, sheet(teacher(2, number="far-1")))
    moved = planned(bureau, sheet(teacher(1, since="2024-03-01")))

    assert fates(made)[0] == (2, "ANOMALY", ["WORKS_ELSEWHERE"])
    assert fates(numbered) == [(2, "ANOMALY", ["WORKS_ELSEWHERE"])]
    assert "far-1" not in str(made["rows"]["rows"][0])
    assert "school:next" not in str(made)
    assert fates(moved) == [(2, "CHANGE", [])]


def test_a_row_that_the_ledger_has_overtaken_is_named_and_nothing_is_written(served, bureau):
    made = planned(bureau, sheet(teacher(1), teacher(2)))
    loaded(bureau, sheet(teacher(2, number="other")))
    head = served.head
    done = committed(bureau, made["token"])

    assert (done["complete"], done["committed"], done["moved"]) == (False, 0, [3])
    assert served.head == head


def test_refused_rows_keep_the_others_out_unless_they_are_left(served, bureau):
    made = planned(bureau, sheet(teacher(1), teacher(2, school="没有")))
    head = served.head
    errors = bureau.errors(COMMIT, t=made["token"])

    assert [each["code"] for each in errors] == ["ROWS_REFUSED"]
    assert served.head == head
    assert committed(bureau, made["token"], l=True)["complete"]
    assert served.head == head + 3


def test_a_load_that_broke_off_goes_on_where_it_stopped(served, bureau, monkeypatch):
    monkeypatch.setattr(planning, "BATCH_COMMANDS", 2)
    made = planned(bureau, sheet(*(teacher(n) for n in range(1, 8))))
    head, ask, asked = served.head, served.house.ledger.ask, []

    def breaking(*given: Any, **options: Any) -> Any:
        asked.append(options["request"])
        if len(asked) == 3:
            raise RuntimeError("the power failed")
        return ask(*given, **options)

    monkeypatch.setattr(served.house.ledger, "ask", breaking)
    bureau.errors(COMMIT, t=made["token"])
    assert served.head == head + 5
    other = planned(bureau, sheet(teacher(50)))
    done = committed(bureau, other["token"])
    assert [each["refusal"]["code"] for each in done["refused"]] == ["LOAD_UNDERWAY"]
    done = committed(bureau, made["token"])

    assert made["batches"] == 4
    assert (done["complete"], done["committed"]) == (True, 4)
    events = [each.event for each in served.house.ledger.feed.entries(Filter(after=head))]
    teachers = [each.teacher for each in events if hasattr(each, "subject")]
    assert len(teachers) == len(set(teachers)) == 7


def test_a_load_may_be_stopped_for_a_reason(served, bureau, monkeypatch):
    monkeypatch.setattr(planning, "BATCH_COMMANDS", 1)
    made = planned(bureau, sheet(teacher(1), teacher(2)))
    ask = served.house.ledger.ask

    def breaking(*given: Any, **options: Any) -> Any:
        if options["request"].endswith(":1"):
            raise RuntimeError("the power failed")
        return ask(*given, **options)

    monkeypatch.setattr(served.house.ledger, "ask", breaking)
    bureau.errors(COMMIT, t=made["token"])
    monkeypatch.undo()
    given = {"load": made["token"], "party": RUIAN, "reason": "名册有误"}
    assert codes(bureau.mutate(EndLoad, given, "e1")) == []
    done = committed(bureau, made["token"])
    assert (done["complete"], done["committed"]) == (False, 0)
    assert loaded(bureau, sheet(teacher(2)))["new"] == 1


def test_two_officers_at_once_lose_and_double_nothing(served, bureau):
    colleague = served.party(Role.BUREAU, RUIAN, "staff:colleague")
    data = sheet(*(teacher(n) for n in range(1, 40)))
    tokens = [(each, planned(each, data)["token"]) for each in (bureau, colleague)]
    before = served.head
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda each: committed(*each), tokens))

    assert sorted(each["complete"] for each in done) == [False, True]
    assert served.head == before + 41


def test_the_sheet_comes_back_with_what_is_wrong_in_chinese(served, bureau):
    made = planned(
        bureau, sheet(teacher(1), teacher(2, school="没有的学校"), teacher(3, entered=""))
    )
    answer = served.client.get(f"/loads/{made['token']}/marked", headers=bureau.headers)
    back = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)

    assert answer.status_code == 200
    said = [row[-1] for row in back.to_python()]
    assert said == [
        "错误说明",
        "",
        "D 列（学校）本属地没有登记这所学校",
        "G 列（参加工作时间）缺少参加工作时间",
    ]
    stranger = served.party(Role.BUREAU, "jurisdiction:330326")
    for party in (stranger, served.party(Role.BUREAU, RUIAN, "staff:colleague")):
        gone = served.client.get(f"/loads/{made['token']}/marked", headers=party.headers)
        assert gone.status_code == 404


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.BUREAU, "jurisdiction:330326"),
        (Role.SCHOOL, SCHOOL),
        (Role.PROVIDER, "provider:p1"),
        (Role.TEACHER, "teacher:t1"),
        (Role.AUDITOR, RUIAN),
    ],
)
def test_nobody_else_sees_a_dry_run_or_commits_it(served, bureau, role, scope):
    loaded(bureau, sheet(teacher(1)))
    loaded(bureau, sheet(teacher(1, stage="初中")))
    made = planned(bureau, sheet(teacher(2)))
    party = served.party(role, scope, scope if role is Role.TEACHER else "staff:tester")

    assert party.ask(LOAD, t=made["token"])["load"] is None
    assert [each["code"] for each in party.errors(COMMIT, t=made["token"])] == ["UNKNOWN_LOAD"]
    assert len(queue(party)) == (1 if role is Role.AUDITOR else 0)


def test_only_a_bureau_loads_teachers(served, bureau):
    school = served.party(Role.SCHOOL, SCHOOL)
    upload = given_up(school, sheet(teacher(1)), form="TEACHERS")
    errors = school.errors(PLAN, i={"upload": upload})
    assert [each["code"] for each in errors] == ["FORBIDDEN_ROLE"]
    upload = given_up(bureau, sheet(teacher(1)), form="TEACHERS")
    errors = bureau.errors(PLAN, i={"upload": upload, "party": "jurisdiction:330326"})
    assert [each["code"] for each in errors] == ["OUTSIDE_SCOPE"]


TRAININGS = ("姓名", "身份证号", "培训名称", "学时", "学分", "缺课学时", "结束日期", "结果", "备注")


def training(at: int, **other: Any) -> tuple[Any, ...]:
    row = {
        "name": NAMES[at % 100 // 10] + NAMES[at % 10], "id": id_number(at), "title": "作文教学",
        "hours": "8", "credits": "8", "missed": "", "completed": "2024-03-01", "passed": "",
        "note": "",
    }  # fmt: skip
    return tuple((row | other).values())


def test_a_school_records_its_trainings_and_its_bureau_recognises_them(served, bureau):
    loaded(bureau, sheet(teacher(1), teacher(2), teacher(3, school="塘下中学")))
    school = served.party(Role.SCHOOL, SCHOOL)
    rows = (
        training(1),
        training(2, missed="2"),
        training(1),
        training(3),
        training(2, title="教研", hours="9", credits="10"),
    )
    made = planned(school, sheet(*rows, header=TRAININGS), "SCHOOL_BASED")
    assert fates(made) == [
        (2, "NEW", []), (3, "NEW", []), (4, "REFUSED", ["LISTED_TWICE"]),
        (5, "REFUSED", ["NOBODY"]), (6, "REFUSED", ["BAD_AMOUNT"]),
    ]  # fmt: skip
    loaded(school, sheet(*rows[:2], header=TRAININGS), "SCHOOL_BASED")
    told = (*rows[:1], training(2, missed="2", passed="不合格", note="缺课过多"), training(3))
    made = planned(bureau, sheet(*told, header=TRAININGS), "SCHOOL_BASED")
    assert fates(made) == [(2, "CHANGE", []), (3, "CHANGE", []), (4, "REFUSED", ["NOT_RECORDED"])]
    assert committed(bureau, made["token"], l=True)["complete"]
    again = planned(bureau, sheet(*told[:2], header=TRAININGS), "SCHOOL_BASED")
    assert [each[1] for each in fates(again)] == ["UNCHANGED", "UNCHANGED"]
    other = planned(bureau, sheet(training(1, credits="6"), header=TRAININGS), "SCHOOL_BASED")
    assert fates(other) == [(2, "REFUSED", ["RECORDED_OTHERWISE"])]


BALANCES = ("姓名", "身份证号", "集中培训学分", "远程培训学分", "校本培训学分", "是否确定")


def test_balances_of_the_old_platform_are_loaded_and_marked_in_the_record(served, bureau):
    loaded(bureau, sheet(teacher(1, number="T-1"), teacher(2), teacher(3)))
    rows = (
        (NAMES[0] + NAMES[1], id_number(1), "", "40", "20", "待核实"),
        (NAMES[0] + NAMES[2], id_number(2), "90", "", "", "确定"),
        (NAMES[0] + NAMES[3], id_number(3), "", "", "", ""),
    )
    options = {"origin": "市继教网", "until": "2024-01-31"}
    made = loaded(bureau, sheet(*rows, header=BALANCES), "BALANCES", **options)
    assert [each[1] for each in fates(made)] == ["NEW", "NEW", "UNCHANGED"]
    record = bureau.ask(
        'query($p: Position) { creditRecord(teacher: "teacher:T-1", atLeast: $p) { credits '
        "lines { kind credits balance source } } }",
        p=served.head,
    )["creditRecord"]
    assert record["credits"] == "60"
    assert {each["balance"] for each in record["lines"]} == {"UNCERTAIN"}
    again = planned(bureau, sheet(*rows, header=BALANCES), "BALANCES", **options)
    assert again["unchanged"] == 3
    other = (("王李", id_number(1), "", "41", "20", "待核实", "原平台更正"),)
    mended = loaded(bureau, sheet(*other, header=(*BALANCES, "备注")), "BALANCES", **options)
    assert fates(mended) == [(2, "CHANGE", ["BALANCE_CHANGES"])]
    assert "账本 40，表中 41" in mended["rows"]["rows"][0]["objections"][0]["zh"]
    upload = given_up(bureau, sheet(*rows, header=BALANCES), form="BALANCES")
    errors = bureau.errors(PLAN, i={"upload": upload})
    assert [each["code"] for each in errors] == ["ORIGIN_MISSING"]


def test_a_provider_loads_the_results_of_its_class(served):
    tell(served.house.ledger, [each for part in (registered, declared, chosen) for each in part()])
    provider = served.party(Role.PROVIDER, COUNTY_SCHOOL)
    header = ("教师编号", "考核结果", "缺课学时")
    data = sheet((LIN.value, "合格", "0"), ("nobody", "合格", ""), header=header)
    made = planned(provider, data, "RESULTS", offering=OFFERING)

    assert fates(made) == [(2, "NEW", []), (3, "REFUSED", ["NOBODY"])]
    assert committed(provider, made["token"], l=True)["complete"]
    again = planned(provider, data, "RESULTS", offering=OFFERING)
    assert fates(again)[0] == (2, "UNCHANGED", [])
    other = sheet((LIN.value, "不合格", "4"), header=header)
    wrong = planned(provider, other, "RESULTS", offering=OFFERING)["rows"]["rows"]
    assert [each["code"] for each in wrong[0]["objections"]] == ["NO_TIMETABLE"]
    assert wrong[0]["objections"][0]["clause"]
    upload = given_up(served.party(Role.PROVIDER, UNIVERSITY), data, form="RESULTS")
    errors = served.party(Role.PROVIDER, UNIVERSITY).errors(
        PLAN, i={"upload": upload, "offering": OFFERING}
    )
    assert [each["code"] for each in errors] == ["UNKNOWN_CLASS"]


def test_steps_of_a_past_term_are_reported_with_the_findings_that_follow(served):
    tell(served.house.ledger, [each for part in (registered, declared) for each in part()])
    opening = [each for each in chosen() if isinstance(each.command, OpenOffering)]
    tell(served.house.ledger, opening)
    party = served.party(Role.INTEGRATOR, RUIAN, "staff:other-system")
    header = ("环节", "教师编号", "班级编号", "日期", "结果")
    own = LIN.value, OFFERING.value
    data = sheet(
        ("录取", *own, "2024-03-18", "通过"),
        ("选课", *own, "2024-01-02", ""),
        ("学校审核", *own, "2024-01-03", "通过"),
        header=header,
    )
    reported = {"source": "旧平台/2024H1", "on": "2024-03-19"}
    made = planned(party, data, "TERM", reported=reported)
    assert fates(made) == [(3, "NEW", []), (4, "NEW", []), (2, "NEW", [])]
    head = served.head
    done = committed(party, made["token"])
    assert done["complete"], done
    events = list(served.house.ledger.feed.entries(Filter(after=head)))
    assert {each.source for each in events} == {"旧平台/2024H1"}
    assert "finding.made" in {each.event.NAME for each in events}


UNFINISHED = "{ unfinishedLoads { token party form actor count } }"


def test_unfinished_loads_are_seen_by_who_loads_such_sheets_there(served, bureau, monkeypatch):
    monkeypatch.setattr(planning, "BATCH_COMMANDS", 1)
    token = planned(bureau, sheet(teacher(1), teacher(2)))["token"]
    submit = served.house.ledger.ask

    def breaking(*given, **options):
        if options["request"].endswith(":1"):
            raise RuntimeError("broken off")
        return submit(*given, **options)

    with monkeypatch.context() as patch:
        patch.setattr(served.house.ledger, "ask", breaking)
        assert bureau.errors(COMMIT, t=token)[0]["code"] == "INTERNAL"
    told = {"party": RUIAN, "form": "TEACHERS", "actor": "staff:tester", "count": 2}

    def seen(*who):
        return served.party(*who).ask(UNFINISHED)["unfinishedLoads"]

    assert bureau.ask(UNFINISHED)["unfinishedLoads"] == [told | {"token": token}]
    assert seen(Role.BUREAU, RUIAN, "staff:colleague") == [told | {"token": None}]
    assert seen(Role.BUREAU, "jurisdiction:330300") == [told | {"token": None}]
    assert seen(Role.OPERATOR, "ledger:xuefen") == [told | {"token": None}]
    assert seen(Role.BUREAU, "jurisdiction:330326") == []
    assert seen(Role.SCHOOL, SCHOOL) == []
    assert seen(Role.PROVIDER, UNIVERSITY) == []
    teachers = served.party(Role.TEACHER, LIN, LIN)
    assert teachers.errors(UNFINISHED)[0]["code"] == "FORBIDDEN_ROLE"
    assert served.public.errors(UNFINISHED)[0]["code"] == "UNAUTHENTICATED"
    assert committed(bureau, token)["complete"]
    assert bureau.ask(UNFINISHED)["unfinishedLoads"] == []
