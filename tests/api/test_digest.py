"""Digests: a copy of the ledger is proved equal, by arithmetic of the copy's own."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.command import Role
from ledger.store.feed import Filter
from projections.digest import Digests, Mark, Tree
from tests.cast import HANGZHOU, RUIAN, WENZHOU
from tests.server import Party, Served, spoken
from tests.town import OPERATOR, school, teacher

DIGEST = (
    "query($at: Position, $filter: ChangeFilter) { digest(at: $at, filter: $filter) "
    "{ position count root } }"
)
LEAVES = (
    "query($after: String, $first: Int, $filter: ChangeFilter) { leaves(after: $after, "
    "first: $first, filter: $filter) { pageInfo { hasNextPage endCursor } "
    "edges { node { position leafHash body } } } }"
)


def tree_hash(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


def copy_of(party: Party, size: int = 200, **given: Any) -> list[dict[str, Any]]:
    """All leaves that a party may see, page by page."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = party.ask(LEAVES, after=after, first=size, **given)["leaves"]
        found += [each["node"] for each in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


def hashed(entry: dict[str, Any]) -> bytes:
    """The leaf of an entry that a copy holds as parsed JSON, and not as bytes."""
    return sha256(b"\x00" + rfc8785.dumps(msgspec.json.decode(entry["body"]))).digest()


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=70), st.integers(0, 70))
def test_a_tree_that_grows_is_the_tree_of_all_its_leaves(leaves: list[bytes], at: int) -> None:
    grown = Tree().grown(iter(leaves[:at])).grown(iter(leaves[at:]))

    assert grown.root == tree_hash(leaves)
    assert grown.count == len(leaves)


def test_whoever_sees_all_proves_that_the_copy_is_the_whole_ledger(served: Served) -> None:
    served.house.ledger.ask([school(), *(teacher(n) for n in range(20))], OPERATOR)
    party = served.operator
    copy = copy_of(party)
    told = party.ask(DIGEST)["digest"]

    assert [each["position"] for each in copy] == list(range(1, served.head + 1))
    assert told["position"] == told["count"] == served.head
    assert told["root"] == tree_hash([hashed(each) for each in copy]).hex()
    assert [hashed(each).hex() for each in copy] == [each["leafHash"] for each in copy]


@pytest.mark.parametrize("at", [0, 1, 2, 3, 100, 101])
def test_a_digest_at_a_position_stays_what_it_is(served: Served, at: int) -> None:
    party = served.operator
    before = party.ask(DIGEST, at=at)["digest"]
    served.house.ledger.ask([school()], OPERATOR)
    party.ask(DIGEST)

    assert party.ask(DIGEST, at=at)["digest"] == before
    assert before["root"] == tree_hash([hashed(e) for e in copy_of(party)[:at]]).hex()
    assert before["count"] == at


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.INTEGRATOR, RUIAN),
        (Role.INTEGRATOR, WENZHOU),
        (Role.BUREAU, HANGZHOU),
        (Role.SCHOOL, "school:anyang"),
        (Role.AUDITOR, "jurisdiction:330000"),
    ],
)
@pytest.mark.parametrize("wish", [{}, {"place": RUIAN}, {"types": ["register.school-registered"]}])
def test_everybody_proves_what_they_may_see_and_nothing_else(
    served: Served, role: Role, scope: str, wish: dict[str, Any]
) -> None:
    served.house.ledger.ask([school(), *(teacher(n) for n in range(5))], OPERATOR)
    party = served.party(role, scope)
    copy = copy_of(party, 7, filter=wish)
    told = party.ask(DIGEST, filter=wish)["digest"]
    # The first half is remembered, and the rest is added to it.
    half = party.ask(DIGEST, at=served.head // 2, filter=wish)["digest"]

    assert (told["count"], told["root"]) == (len(copy), tree_hash([hashed(e) for e in copy]).hex())
    early = [hashed(each) for each in copy if each["position"] <= served.head // 2]
    assert (half["count"], half["root"]) == (len(early), tree_hash(early).hex())
    seen = [msgspec.json.decode(each["body"]) for each in copy]
    if wish and "types" in wish:
        assert {each["type"] for each in seen} <= set(wish["types"])
    if scope == HANGZHOU and "place" in wish:
        assert copy == []


def test_a_copy_that_lacks_doubles_or_bends_one_entry_is_told_apart(served: Served) -> None:
    copy = [hashed(each) for each in copy_of(served.operator)]
    root = served.operator.ask(DIGEST)["digest"]["root"]

    for wrong in (copy[:-1], [*copy, copy[-1]], copy[1:], [copy[1], copy[0], *copy[2:]]):
        assert tree_hash(wrong).hex() != root


def test_a_digest_goes_on_where_the_last_one_stopped(served: Served) -> None:
    digests, head = Digests(served.house.ledger.feed), served.head
    first, done = digests.further(Filter(), Mark(), head)
    assert done and first.position == first.tree.count == head
    assert digests.nearest(Filter(), head) == first
    assert digests.nearest(Filter(), head + 5) == first
    assert digests.nearest(Filter(), head - 1) == Mark()
    assert digests.nearest(Filter(types=("term.opened",)), head) == Mark()


@pytest.mark.parametrize(
    ("role", "scope", "codes"),
    [
        (Role.PUBLIC, "", {"UNAUTHENTICATED"}),
        (Role.TEACHER, "teacher:me", {"FORBIDDEN_ROLE"}),
    ],
)
def test_the_bytes_are_for_those_who_see_entries_whole(
    quiet: Served, role: Role, scope: str, codes: set[str]
) -> None:
    errors = quiet.party(role, scope).errors(LEAVES)

    assert {each["code"] for each in errors} == codes
    for each in errors:
        spoken(each)


def test_the_public_asks_for_no_digest(quiet: Served) -> None:
    assert [each["code"] for each in quiet.public.errors(DIGEST)] == ["UNAUTHENTICATED"]


def test_a_teacher_learns_nothing_of_others_by_a_digest(served: Served) -> None:
    me = served.party(Role.TEACHER, "teacher:t1")

    assert me.ask(DIGEST, filter={"tags": ["teacher:t2"]})["digest"]["count"] == 0


def test_a_position_beyond_the_head_is_refused(quiet: Served) -> None:
    party = quiet.operator

    assert [e["code"] for e in party.errors(DIGEST, at=quiet.head + 1)] == ["BEYOND_HEAD"]
