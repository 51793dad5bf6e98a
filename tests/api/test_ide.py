"""The IDE in a real browser: it works from our own origin, and asks nothing of any other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.crew import Crew
from api.demo.run import tokens
from api.edge.policy import Policy, Who
from api.ide.build import built
from api.ide.door import Ide
from api.ide.ticket import OPEN_SECONDS, WORK_SECONDS, Tickets
from ledger.command import Role
from tests.browser import browsing
from tests.cast import RUIAN
from tests.server import ISSUER, Served, serving
from tests.town import database


@pytest.fixture(scope="module")
def folder() -> Path:
    """The IDE, built from npm where it is not yet."""
    return built()


@pytest.fixture(scope="module")
def demo(
    postgres_url: str, founded_template: str, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server as a demo has it."""
    ide = Ide(open=True, tokens=lambda: tokens(ISSUER), folder=folder)
    asked = Policy(introspection=Who.ANYONE)
    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path_factory.mktemp("ide"), ide=ide, policy=asked) as served,
    ):
        yield served


@pytest.fixture(scope="module")
def production(
    postgres_url: str, founded_template: str, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server as it is in production."""
    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path_factory.mktemp("ide"), ide=Ide(open=False, folder=folder)) as served,
    ):
        yield served


def test_a_query_is_asked_and_answered_without_one_outside_request(
    demo: Served, tmp_path: Path
) -> None:
    with browsing(tmp_path) as page:
        page.tell("Page.enable")
        page.tell("Page.navigate", url=f"{demo.url}/ide")
        page.until("document.querySelectorAll('#asker option').length === 6")
        page.until("document.querySelector('.graphiql-editor .view-line')")
        page.run(
            "const asker = document.querySelector('#asker');"
            "asker.value = [...asker.options].find((each) => each.text === 'BUREAU').value;"
            "asker.dispatchEvent(new Event('change', { bubbles: true }))"
        )
        page.until("document.querySelector('.graphiql-editor .view-line')")
        page.until("document.querySelector('button.graphiql-execute-button')")
        page.run("document.querySelector('button.graphiql-execute-button').click()")
        shown = page.until(
            "[...document.querySelectorAll('.result-window .view-line')]"
            ".map((each) => each.textContent).join(' ').match(/head.*__typename/)?.[0]"
        )

        assert f"{demo.head}" in shown
        assert page.asked
        assert [each for each in page.asked if not ours(each, demo.url)] == []
        assert page.complaints == []


def ours(asked: str, origin: str) -> bool:
    """Whether a request goes to our own origin, or nowhere at all."""
    return asked.startswith((f"{origin}/", f"{origin.replace('http', 'ws')}/", "data:", "blob:"))


def test_its_policy_lets_a_browser_ask_nobody_else(demo: Served) -> None:
    answer = demo.client.get("/ide")

    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy and "*" not in policy


def test_sample_tokens_are_for_this_machine_alone(demo: Served) -> None:
    def offered(**headers: str) -> set[str]:
        return set(demo.client.get("/ide/tokens.json", headers=headers).json())

    assert offered() == {"TEACHER", "SCHOOL", "PROVIDER", "BUREAU", "AUDITOR"}
    assert offered(host="evil.example") == set()
    assert offered(**{"x-forwarded-for": "192.0.2.1"}) == set()


def test_only_what_was_built_can_be_had(demo: Served) -> None:
    for name in ("..%2Fapp.py", ".built", "%2e%2e", "main.jsx", "nothing.js", "x%00.js"):
        assert demo.client.get(f"/ide/{name}").status_code == 404, name
    assert demo.client.get("/ide/main.js").headers["content-type"].startswith("text/javascript")


def test_in_production_it_is_there_only_for_who_shows_a_token(production: Served) -> None:
    for path in ("/ide", "/ide/main.js", "/ide/tokens.json"):
        hidden = production.client.get(path)
        assert (hidden.status_code, hidden.json()["errors"][0]["extensions"]["code"]) == (
            404,
            "NO_IDE",
        )
    token = production.party(Role.BUREAU, RUIAN).headers
    assert '<div id="ide">' in production.client.get("/ide", headers=token).text
    assert production.client.get("/ide/tokens.json", headers=token).json() == {}


def ticket(served: Served) -> str:
    """An address that opens the IDE."""
    headers = served.party(Role.BUREAU, RUIAN).headers
    answer = served.client.post("/ide/ticket", headers=headers)
    assert answer.status_code == 201 and answer.headers["cache-control"] == "no-store"
    return str(answer.json()["address"])


def test_in_production_a_browser_opens_it_by_a_ticket(production: Served, tmp_path: Path) -> None:
    token = production.party(Role.BUREAU, RUIAN).token
    with browsing(tmp_path) as page:
        page.tell("Page.enable")
        page.tell("Page.navigate", url=production.url + ticket(production))
        page.until("document.querySelector('.graphiql-editor .view-line')")
        page.run(
            "const token = document.querySelector('#token');"
            "Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')"
            f".set.call(token, '{token}');"
            "token.dispatchEvent(new Event('input', { bubbles: true }))"
        )
        page.until("document.querySelector('#asker').value.length > 99")
        page.until("document.querySelector('.graphiql-editor .view-line')")
        page.until("document.querySelector('button.graphiql-execute-button')")
        page.run("document.querySelector('button.graphiql-execute-button').click()")
        shown = page.until(
            "[...document.querySelectorAll('.result-window .view-line')]"
            ".map((each) => each.textContent).join(' ').match(/head.*__typename/)?.[0]"
        )

        assert f"{production.head}" in shown
        assert [each for each in page.asked if not ours(each, production.url)] == []
        # Until the token is put in, the schema is told to nobody.
        assert [each for each in page.complaints if "403" not in each] == []


def test_a_ticket_opens_the_page_once_and_for_nobody_unknown(production: Served) -> None:
    nobody = production.client.post("/ide/ticket")
    address = ticket(production)
    forged = address[:-2] + ("0" if address[-2] != "0" else "1") + "/"
    first = production.client.get(address)
    again = production.client.get(address)

    assert (nobody.status_code, nobody.json()["errors"][0]["extensions"]["code"]) == (404, "NO_IDE")
    assert '<div id="ide">' in first.text and "frame-ancestors 'none'" in str(first.headers)
    assert production.client.get(f"{address}main.js").status_code == 200
    assert production.client.get(f"{address}tokens.json").json() == {}
    for path in (f"{address}index.html", f"{address}..%2fdoor.py", forged, f"{forged}main.js"):
        assert production.client.get(path).status_code == 404, path
    [error] = again.json()["errors"]
    assert (again.status_code, error["extensions"]["code"]) == (404, "NO_IDE")
    assert "/ide/ticket" in error["extensions"]["zh"]


@pytest.mark.parametrize("shared", [False, True])
def test_a_ticket_is_over_after_a_minute_and_its_parts_after_a_day_of_work(
    tmp_path: Path, shared: bool
) -> None:
    now = [1_000.0]
    crew = Crew(tmp_path, "secret") if shared else None
    tickets = Tickets(crew, lambda: now[0])
    late, used = tickets.make(), tickets.make()
    other = Tickets(Crew(tmp_path, "secret"), lambda: now[0]) if shared else tickets

    assert other.use(used) and not tickets.use(used)
    now[0] += OPEN_SECONDS + 1
    assert not tickets.use(late)
    assert tickets.holds(used)
    now[0] += WORK_SECONDS
    assert not tickets.holds(used)
    assert not any(tickets.holds(each) for each in ("", "1-2-3", "é", used + "0", "9" * 999))


def test_a_server_where_it_is_not_built_says_how_that_is_done(
    postgres_url: str, founded_template: str, tmp_path: Path
) -> None:
    ide = Ide(open=True, folder=tmp_path / "page")
    with (
        database(postgres_url, founded_template) as url,
        serving(url, tmp_path, ide=ide) as served,
    ):
        for path in ("/ide", "/ide/main.js"):
            answer = served.client.get(path)
            [error] = answer.json()["errors"]
            assert (answer.status_code, error["extensions"]["code"]) == (404, "NO_IDE")
            assert "make ide" in error["extensions"]["zh"] and "make ide" in error["message"]


def test_a_file_that_it_has_not_is_no_reason_to_build_it(demo: Served) -> None:
    [error] = demo.client.get("/ide/absent.js").json()["errors"]

    assert error["extensions"]["code"] == "NO_IDE"
    assert "make ide" not in error["message"]
