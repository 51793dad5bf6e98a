"""What a process keeps is told with its bound, and clients fill nothing that has none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.cache import Cache, caches
from ledger.names import KNOWN_MAX, TeacherId, known
from ledger.register import RegisterSchool
from tests.cast import RUIAN
from tests.server import Served, serving
from tests.town import database

SCHOOLS = 20
HISTORY = """query($id: ID!, $text: Text!) {
  entry(id: $id) { id }
  history(first: 5, filter: { text: $text }) { edges { node { event { __typename } } } } }"""


@pytest.fixture(scope="module")
def served(
    postgres_url: str, founded_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server on a ledger of its own."""
    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path_factory.mktemp("cache")) as found,
    ):
        yield found


def by_name() -> dict[str, Cache]:
    """The caches as they stand."""
    return {each.name: each for each in caches()}


def ask(served: Served, name: str) -> None:
    """A command and questions of which no word was said before."""
    given = {"school": f"school:{name}", "place": RUIAN, "title": f"{name}学校", "stage": "PRIMARY"}
    assert served.operator.mutate(RegisterSchool, given, name)["__typename"] == "Recorded"
    asked = {"id": name, "text": f"{name}学校"}
    served.operator.ask(HISTORY, **asked)


def test_each_cache_is_told_once_with_how_much_it_keeps() -> None:
    before = by_name()["ledger.names.recalled"]
    known(TeacherId, "teacher:never-said-before")
    after = by_name()["ledger.names.recalled"]

    assert after.most == KNOWN_MAX
    assert after.kept == min(before.kept + 1, KNOWN_MAX)
    assert len(by_name()) == len(caches())


def test_what_clients_say_fills_nothing_without_a_bound(served: Served) -> None:
    ask(served, "warm")
    before = by_name()
    for number in range(SCHOOLS):
        ask(served, f"more{number}")
    after = by_name()

    filled = {name for name, each in after.items() if each.kept >= before[name].kept + SCHOOLS}
    assert "ledger.names.tag_hash" in filled  # so that the test would see it
    grown = {name for name, each in after.items() if each.kept > before[name].kept}
    assert [name for name in grown if after[name].most is None] == []


def test_the_metrics_tell_them(served: Served) -> None:
    text = served.client.get("/metrics").text

    assert 'xuefen_kept{of="ledger.names.recalled"}' in text
    assert f'xuefen_kept_most{{of="ledger.names.recalled"}} {KNOWN_MAX:.1f}' in text
    assert "xuefen_live_blocks " in text
