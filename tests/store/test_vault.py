"""The vault: personal data stays out of the ledger, opens with its key only, and can be erased."""

from __future__ import annotations

import stat
from base64 import b64encode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ledger.fault import Fault
from ledger.store.feed import Filter
from ledger.store.ledger import Ledger
from ledger.store.trouble import Trouble
from ledger.store.vault import KEY_BYTES, Vault, digest_of, load_key
from ledger.store.work import Asked, Seal
from ledger.teacher import RegisterTeacher, TeacherRegistered
from tests.cast import OTHER_SCHOOL
from tests.town import KEY, OPERATOR, Put, Stumble, asked, codes, rows, school, teacher, together

WANG = {"name": "王小明", "id_number": "33038119900307001X", "phone": "13800138000"}
LI = {"name": "李华", "id_number": "330381198512120026"}


@pytest.fixture
def town(ledger: Ledger) -> Ledger:
    """A ledger with the school."""
    ledger.ask([school()], OPERATOR)
    return ledger


def sealed(
    ledger: Ledger, number: int | str, values: dict[str, str]
) -> tuple[RegisterTeacher, dict[int, Seal]]:
    """A registration with its personal data."""
    command = teacher(number)
    seal, digests = ledger.vault.seal(str(command.teacher), values)
    return replace(command, sealed=digests), {0: seal}


def register(ledger: Ledger, number: int | str, values: dict[str, str], request: str) -> Asked:
    """The same as work for the committer."""
    command, seals = sealed(ledger, number, values)
    return asked(command, request=request, seals=seals)


def enter(ledger: Ledger, number: int | str, values: dict[str, str]) -> list[str]:
    """Registers and gives the codes of refusal."""
    command, seals = sealed(ledger, number, values)
    return codes(ledger.ask([command], OPERATOR, seals=seals))[0]


def vault_rows(url: str) -> tuple[int, int, int]:
    """How many keys, secrets and look-ups there are."""
    [counts] = rows(
        url,
        "select (select count(*) from vault.keys), (select count(*) from vault.secrets), "
        "(select count(*) from vault.lookups)",
    )
    return counts


def test_the_digest_of_the_example_in_rfc_9901_is_right() -> None:
    text = '["_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius"]'
    disclosure = urlsafe_b64encode(text.encode()).rstrip(b"=").decode()

    assert disclosure == "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    assert digest_of(disclosure) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"


def test_what_was_sealed_opens_again(town: Ledger) -> None:
    assert enter(town, 1, WANG) == []
    assert enter(town, 2, LI) == []

    assert town.vault.open(["teacher:t1", "teacher:t2", "teacher:no"]) == {
        "teacher:t1": WANG,
        "teacher:t2": LI,
        "teacher:no": {},
    }
    assert town.vault.find(WANG["id_number"]) == "teacher:t1"
    assert town.vault.find(WANG["id_number"].lower()) == "teacher:t1"
    assert town.vault.find("330381198512120999") is None


def test_the_digests_in_the_event_are_those_of_the_vault(town: Ledger) -> None:
    enter(town, 1, WANG)
    [entry] = town.feed.page(Filter(after=2), 10)
    digests = [each for (each,) in rows(town.url, "select digest from vault.secrets order by 1")]

    assert town.feed.find(entry.id) == entry
    assert isinstance(entry.event, TeacherRegistered)
    assert list(entry.event.sealed) == sorted(digests)
    assert len(digests) == 3


def test_the_same_values_never_have_the_same_digests(town: Ledger) -> None:
    _, one = town.vault.seal("teacher:t1", WANG)
    _, two = town.vault.seal("teacher:t1", WANG)

    assert set(one).isdisjoint(two)


def test_no_personal_value_is_in_any_byte_of_the_ledger_or_open_in_the_vault(town: Ledger) -> None:
    enter(town, 1, WANG)
    enter(town, 2, LI)
    tables = ("ledger.events", "ledger.requests", "vault.keys", "vault.secrets", "vault.lookups")
    held = b"".join(
        bytes(value) if isinstance(value, bytes) else str(value).encode()
        for table in tables
        for row in rows(town.url, f"select * from {table}")
        for value in row
    )

    assert b"teacher:t1" in held
    for value in (*WANG.values(), *LI.values()):
        for form in (value.encode(), b64encode(value.encode())[:-4], value.encode("utf-16-le")):
            assert form not in held


def test_erasing_takes_the_person_and_leaves_every_byte_of_the_ledger(town: Ledger) -> None:
    enter(town, 1, WANG)
    enter(town, 2, LI)
    before = rows(town.url, "select * from ledger.events order by position")

    assert town.vault.erase("teacher:t1")
    assert town.vault.open(["teacher:t1", "teacher:t2"]) == {"teacher:t1": {}, "teacher:t2": LI}
    assert town.vault.find(WANG["id_number"]) is None
    assert rows(town.url, "select * from ledger.events order by position") == before
    assert rows(town.url, "select wrapped from vault.keys where subject = 'teacher:t1'") == [
        (None,)
    ]
    assert not town.vault.erase("teacher:t1")
    assert not town.vault.erase("teacher:no")


def test_one_who_was_erased_may_be_registered_anew_under_another_name(town: Ledger) -> None:
    enter(town, 1, WANG)
    town.vault.erase("teacher:t1")

    assert enter(town, 3, WANG) == []
    assert town.vault.find(WANG["id_number"]) == "teacher:t3"
    assert town.vault.open(["teacher:t1"]) == {"teacher:t1": {}}


def test_a_wrong_key_is_told_and_opens_nothing(town: Ledger) -> None:
    enter(town, 1, WANG)
    wrong = Vault(bytes(KEY_BYTES), town.pool)
    with pytest.raises(Trouble) as caught:
        wrong.open(["teacher:t1"])

    assert caught.value.code == "VAULT_KEY_WRONG"
    assert wrong.find(WANG["id_number"]) is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("update vault.secrets set subject = 'teacher:t2' where subject = 'teacher:t1'", "DAMAGED"),
        ("update vault.secrets set sealed = sealed || 'x'", "DAMAGED"),
        ("update vault.secrets set digest = 'x' || digest", "DAMAGED"),
        (
            "update vault.keys a set wrapped = b.wrapped from vault.keys b "
            "where a.subject <> b.subject",
            "KEY_WRONG",
        ),
    ],
)
def test_a_row_that_was_moved_or_altered_does_not_open(
    town: Ledger, change: str, code: str
) -> None:
    enter(town, 1, WANG)
    enter(town, 2, LI)
    with town.pool.connection() as connection:
        connection.execute(change)
    with pytest.raises(Trouble) as caught:
        town.vault.open(["teacher:t1", "teacher:t2"])

    assert caught.value.code == f"VAULT_{code}"


# An id number belongs to one person.


def test_an_id_number_that_is_registered_refuses_another_teacher(town: Ledger) -> None:
    enter(town, 1, WANG)
    taken = {**LI, "id_number": WANG["id_number"].lower()}

    assert enter(town, 2, taken) == ["IDENTITY_TAKEN"]
    assert town.vault.open(["teacher:t2"]) == {"teacher:t2": {}}
    assert vault_rows(town.url) == (1, 3, 1)
    assert town.feed.head() == 3


def test_an_id_number_is_taken_once_inside_one_batch(town: Ledger) -> None:
    futures = together(town, [register(town, n, WANG, f"r{n}") for n in range(5)])

    assert [codes(each.result())[0] for each in futures] == [[], *[["IDENTITY_TAKEN"]] * 4]
    assert vault_rows(town.url) == (1, 3, 1)


def test_an_id_number_is_taken_once_inside_one_bulk(town: Ledger) -> None:
    (one, seal_one), (two, seal_two) = sealed(town, 1, WANG), sealed(town, 2, WANG)
    answer = town.ask([one, two], OPERATOR, seals={0: seal_one[0], 1: seal_two[0]})

    assert codes(answer) == [[], ["IDENTITY_TAKEN"]]
    assert town.vault.find(WANG["id_number"]) == "teacher:t1"


def test_of_two_processes_one_takes_an_id_number(town: Ledger) -> None:
    with Ledger(town.url, bytes(range(32))) as other, ThreadPoolExecutor(8) as pool:
        ledgers = (town, other)
        answers = list(pool.map(lambda n: enter(ledgers[n % 2], n, WANG), range(40)))

    assert sorted(answers) == [[], *[["IDENTITY_TAKEN"]] * 39]
    assert vault_rows(town.url) == (1, 3, 1)


def test_a_refused_registration_keeps_nothing_and_takes_no_id_number(town: Ledger) -> None:
    stray, seals = sealed(town, 1, WANG)
    refused, accepted = together(
        town,
        [
            asked(replace(stray, school=OTHER_SCHOOL), request="a", seals=seals),
            register(town, 2, WANG, "b"),
        ],
    )

    assert codes(refused.result()) == [["UNKNOWN_REFERENCE"]]
    assert codes(accepted.result()) == [[]]
    assert town.vault.find(WANG["id_number"]) == "teacher:t2"
    assert vault_rows(town.url) == (1, 3, 1)


def test_a_withheld_registration_keeps_nothing_and_takes_no_id_number(town: Ledger) -> None:
    command, seals = sealed(town, 1, WANG)
    withheld, accepted = together(
        town,
        [
            asked(command, command, request="a", seals=seals, whole=True),
            register(town, 2, WANG, "b"),
        ],
    )

    assert codes(withheld.result()) == [["WITHHELD"], ["ALREADY_REGISTERED"]]
    assert codes(accepted.result()) == [[]]
    assert town.vault.find(WANG["id_number"]) == "teacher:t2"
    assert vault_rows(town.url) == (1, 3, 1)


def test_a_batch_with_a_mistake_keeps_the_seals_of_its_neighbours_once(town: Ledger) -> None:
    one, mistake, two = together(
        town,
        [
            register(town, 1, WANG, "a"),
            asked(Stumble(), request="b"),
            register(town, 2, LI, "c"),
        ],
    )

    assert (codes(one.result()), codes(two.result())) == ([[]], [[]])
    assert isinstance(mistake.exception(), ZeroDivisionError)
    assert town.vault.open(["teacher:t1", "teacher:t2"]) == {"teacher:t1": WANG, "teacher:t2": LI}
    assert vault_rows(town.url) == (2, 5, 2)


def test_a_request_sent_again_keeps_the_first_seal(town: Ledger) -> None:
    for _ in range(2):
        command, seals = sealed(town, 1, WANG)
        answer = town.ask([command], OPERATOR, request="r", seals=seals)

    assert answer.replayed
    assert vault_rows(town.url) == (1, 3, 1)
    assert town.vault.open(["teacher:t1"]) == {"teacher:t1": WANG}


def test_a_second_seal_of_one_subject_never_hides_the_first(town: Ledger) -> None:
    enter(town, 1, WANG)
    seal, _ = town.vault.seal("teacher:t1", {"name": "别名"})
    future = town.submit([Put(events=())], OPERATOR, seals={0: seal})
    again = town.submit([teacher(2)], OPERATOR, seals={0: seal})

    assert future.exception() is None  # nothing was written, and so nothing was kept
    assert again.exception() is not None
    assert town.vault.open(["teacher:t1"]) == {"teacher:t1": WANG}


# The key.


def test_the_key_file_is_made_for_its_owner_only_and_used_again(tmp_path: Path) -> None:
    file = tmp_path / "vault.key"
    key = load_key(file)

    assert len(key) == KEY_BYTES
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_key(file) == key
    assert [each.name for each in tmp_path.iterdir()] == ["vault.key"]


def test_processes_that_start_together_make_one_key(tmp_path: Path) -> None:
    file = tmp_path / "vault.key"
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: load_key(file), range(64)))

    assert len(keys) == 1


@pytest.mark.parametrize("text", ["", "short", b64encode(bytes(31)).decode(), "不是密钥"])
def test_a_file_that_holds_no_key_is_told_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    file = tmp_path / "vault.key"
    file.write_text(text)
    with pytest.raises(Trouble) as caught:
        load_key(file)

    assert caught.value.code == "VAULT_KEY_BAD"
    assert file.read_text() == text


def test_a_ledger_is_not_opened_with_another_key(database_url: str) -> None:
    Ledger(database_url, KEY).close()

    with pytest.raises(Trouble) as caught:
        Ledger(database_url, bytes(each ^ 1 for each in KEY))

    assert caught.value.code == "VAULT_KEY_WRONG"
    Ledger(database_url, KEY).close()


def test_a_repeated_request_with_other_personal_data_is_another_request(founded: Ledger) -> None:
    def register(name: str) -> str | None:
        seal, digests = founded.vault.seal("teacher:t1", {"name": name})
        command = replace(teacher(1), sealed=digests)
        answer = founded.ask([command], OPERATOR, request="one", seals={0: seal})
        refusals = answer.outcomes[0].refusals
        return refusals[0].code if refusals else None

    founded.ask([school()], OPERATOR)

    assert register("王一") is None
    assert register("王一") is None
    assert register("李四") == "REQUEST_REUSED"
    assert founded.vault.open(["teacher:t1"])["teacher:t1"] == {"name": "王一"}


@pytest.mark.parametrize("where", ["request", "source", "title"])
def test_an_id_number_in_a_text_is_turned_away(founded: Ledger, where: str) -> None:
    number = "11010519491231002X"
    options = {"request": number} if where == "request" else {"request": "r"}
    if where == "source":
        options |= {"source": number, "on": date(2024, 3, 1)}
    made = replace(teacher(1), subject=number) if where == "title" else teacher(1)
    founded.ask([school()], OPERATOR)
    before = founded.feed.head()
    try:
        answer = founded.ask([made], OPERATOR, **options)
        code = answer.outcomes[0].refusals[0].code
    except Fault as fault:
        code = fault.code

    assert code == "PERSONAL_DATA"
    assert founded.feed.head() == before
