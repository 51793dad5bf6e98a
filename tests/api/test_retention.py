"""What goes by itself after some days, what stays, and what other processes are told meanwhile."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from queue import Queue

from ledger.command import Role
from ledger.register import RegisterSchool
from ledger.store.progress import Work
from ledger.store.retention import Retention
from ledger.store.ticket import DAYS_KEPT
from tests.api.test_load import LOAD, bureau, committed, planned, sheet, teacher
from tests.api.test_reconciliation import RECONCILE, SHEET, desk, put_on_record, tried
from tests.api.test_upload import given_up
from tests.cast import RUIAN
from tests.server import DAY, Party, Served, codes, serving

__all__ = ["bureau", "desk"]

SEEN = "query($id: ID!) { upload(id: $id) { progress { work done total } rowsRead } }"
PLANNED = "query($id: ID!) { loadProgress(upload: $id) }"


def later(served: Served, days: int) -> None:
    """So many days after the first, by the ledger's clock."""
    served.clock.set(DAY + timedelta(days=days))


def mine(party: Party) -> list[tuple[str, bool]]:
    """The uploads of an asker, and whether they stay for good."""
    told = party.ask("{ uploads { id ends } }")["uploads"]
    return [(each["id"], each["ends"] is None) for each in told]


def look(served: Served) -> tuple[int, int]:
    """One look, as a server takes it by itself: how many uploads and dry runs went."""
    ledger = served.house.ledger
    return Retention(ledger.uploads, ledger.loads, ledger.progress, ledger.feed).look()


def test_a_server_that_nobody_asks_for_anything_removes_what_is_too_old(desk: Served) -> None:
    party, ledger = desk.party(Role.BUREAU, str(RUIAN)), desk.house.ledger
    looks: Queue[tuple[int, int]] = Queue()
    upload = given_up(party, SHEET, "名单.csv")
    watch = Retention(
        ledger.uploads,
        ledger.loads,
        ledger.progress,
        ledger.feed,
        every=0.01,
        told=lambda *gone: looks.put(gone),
    )
    watch.start()
    assert looks.get(timeout=30) == (0, 0)
    later(desk, DAYS_KEPT - 1)
    assert looks.get(timeout=30) == (0, 0)
    assert mine(party) == [(upload, False)]
    later(desk, DAYS_KEPT + 1)
    while (gone := looks.get(timeout=30)) == (0, 0):
        pass
    watch.close()

    assert gone == (1, 0)
    assert mine(party) == []


def test_a_file_that_was_reconciled_stays_and_a_trial_goes_with_its_file(desk: Served) -> None:
    party = desk.party(Role.BUREAU, str(RUIAN))
    put_on_record(party)
    [(stays, _)] = mine(party)
    token = tried(party)["token"]
    trial = "query($t: ID!) { reconciliationTrial(token: $t) { token } }"
    assert party.ask(trial, t=token)["reconciliationTrial"] == {"token": token}

    later(desk, DAYS_KEPT + 1)
    assert look(desk) == (1, 0)
    assert party.ask(trial, t=token)["reconciliationTrial"] is None
    gone = {"reconciliation": "reconciliation:b", "token": token}
    [refusal] = party.ask(RECONCILE, i=gone, r="late")["answer"]["refusals"]
    assert refusal["code"] == "UNKNOWN_TOKEN"
    later(desk, 4 * DAYS_KEPT)
    assert look(desk) == (0, 0)
    assert mine(party) == [(stays, True)]


def test_a_file_whose_reconciliation_was_refused_goes_like_any_other(desk: Served) -> None:
    party = desk.party(Role.BUREAU, str(RUIAN))
    given = {"reconciliation": "reconciliation:a", "token": tried(party)["token"]}
    party.ask(RECONCILE, i=given, r="one")
    other = tried(party, SHEET.replace(b"24", b"20"))["token"]
    answer = party.ask(RECONCILE, i=given | {"token": other}, r="two")["answer"]
    assert [each["code"] for each in answer["refusals"]] == ["ALREADY_REGISTERED"]
    [(_, late), (first, early)] = mine(party)
    assert (late, early) == (True, True)

    later(desk, DAYS_KEPT + 1)
    look(desk)
    assert mine(party) == [(first, True)]


def test_a_load_stays_with_its_file_and_a_dry_run_goes(served: Served, bureau: Party) -> None:
    done = planned(bureau, sheet(teacher(1), teacher(2)))
    assert committed(bureau, done["token"])["complete"]
    [(file, _)] = mine(bureau)
    left = planned(bureau, sheet(teacher(3)))

    later(served, DAYS_KEPT + 1)
    assert look(served) == (1, 1)
    assert mine(bureau) == [(file, True)]
    assert bureau.ask(LOAD, t=done["token"])["load"]["count"] == 2
    assert bureau.ask(LOAD, t=left["token"])["load"] is None
    later(served, 4 * DAYS_KEPT)
    assert look(served) == (0, 0)


def test_another_server_on_the_same_ledger_says_how_far_a_work_is(
    desk: Served, tmp_path: Path
) -> None:
    party = desk.party(Role.BUREAU, str(RUIAN))
    upload = given_up(party, SHEET, "名单.csv")
    folder = tmp_path / "other"
    folder.mkdir()
    with serving(desk.house.ledger.url, folder) as other:
        there = other.party(Role.BUREAU, str(RUIAN))
        assert there.ask(SEEN, id=upload)["upload"] == {"progress": [], "rowsRead": None}
        with (
            desk.house.ledger.progress.of(upload, Work.COMPARING, 4),
            desk.house.ledger.progress.of(upload, Work.READING),
            desk.house.ledger.progress.of(upload, Work.PLANNING),
        ):
            assert there.ask(SEEN, id=upload)["upload"] == {
                "progress": [
                    {"work": "COMPARING", "done": 0, "total": 4},
                    {"work": "PLANNING", "done": 0, "total": None},
                    {"work": "READING", "done": 0, "total": None},
                ],
                "rowsRead": 0,
            }
            assert there.ask(PLANNED, id=upload)["loadProgress"] == 0
            stranger = other.party(Role.BUREAU, "jurisdiction:330326")
            assert stranger.ask(SEEN, id=upload)["upload"] is None
            assert stranger.ask(PLANNED, id=upload)["loadProgress"] is None
        assert there.ask(PLANNED, id=upload)["loadProgress"] is None


def test_each_step_of_a_comparison_and_of_a_load_is_told(
    served: Served, bureau: Party, monkeypatch
) -> None:
    progress = served.house.ledger.progress
    told: list[tuple[Work, int, int | None]] = []

    def heard(upload: str, work: Work, total: int | None):
        return lambda done: told.append((work, done, total))

    monkeypatch.setattr(progress, "_teller", heard)
    done = planned(bureau, sheet(*(teacher(n) for n in range(1, 4))))
    # On a ledger that did not move nothing is planned anew.
    own = {"school": "school:new", "place": RUIAN, "title": "新小学", "stage": "PRIMARY"}
    assert codes(served.operator.mutate(RegisterSchool, own, "new")) == []
    committed(bureau, done["token"])
    upload = given_up(bureau, SHEET, "名单.csv")
    document = "mutation($i: TryReconciliationInput!) { tryReconciliation(input: $i) { token } }"
    bureau.ask(document, i={"upload": upload, "place": str(RUIAN)})

    assert [each for each in told if each[0] is Work.PLANNING] == [
        (Work.PLANNING, 0, None),
        (Work.PLANNING, 3, None),
        (Work.PLANNING, 0, 3),
        (Work.PLANNING, 3, 3),
    ]
    assert [each for each in told if each[0] is Work.COMMITTING] == [
        (Work.COMMITTING, 0, 1),
        (Work.COMMITTING, 1, 1),
    ]
    assert [each for each in told if each[0] is Work.COMPARING] == [
        (Work.COMPARING, step, 4) for step in range(4)
    ]
