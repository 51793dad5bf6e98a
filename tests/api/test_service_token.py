"""Service tokens over HTTP: issued by a bureau, used by a machine, gone as soon as revoked."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from psycopg_pool import PoolTimeout
from typer.testing import CliRunner

from api.cli import app
from api.service_token import fresh
from ledger.command import Role
from ledger.names import ServiceTokenId
from ledger.service_token import SECRET, IssueServiceToken, RevokeServiceToken
from ledger.store.ledger import Ledger
from tests.cast import LIN, OFFERING, RUIAN
from tests.server import Party, Served, codes
from tests.town import KEY, Hand

HEAD = "{ head }"
LIST = "{ serviceTokens { token place title until reports state issuedBy revokedBecause } }"
YUEQING = "jurisdiction:330382"


def bureau(served: Served, place: str = RUIAN) -> Party:
    return served.party(Role.BUREAU, str(place))


def issued(served: Served, name: str = "hr", **given: Any) -> Party:
    """A machine with a token of Rui'an."""
    shown, digest = fresh(ServiceTokenId(f"token:{name}"))
    asked = {"token": f"token:{name}", "place": RUIAN, "title": "人事系统", "digest": digest}
    answer = bureau(served).mutate(
        IssueServiceToken, asked | {"until": "2024-12-31"} | given, request=f"i-{name}"
    )
    assert codes(answer) == []
    return Party(served, shown)


def revoke(served: Served, name: str = "hr") -> None:
    given = {"token": f"token:{name}", "place": RUIAN, "reason": "停用"}
    assert codes(bureau(served).mutate(RevokeServiceToken, given, request=f"r-{name}")) == []


def test_a_machine_reads_its_place_until_the_very_request_after_the_revocation(
    served: Served,
) -> None:
    machine = issued(served)
    assert machine.ask(HEAD)["head"] == served.head
    export = {"what": "teachers", "format": "jsonl"}
    taken = served.client.post("/exports", json=export, headers=machine.headers)
    assert taken.status_code == 200
    revoke(served)

    refused = machine.post(HEAD)
    assert refused.status_code == 401
    assert "revoked" in refused.json()["errors"][0]["message"]
    assert served.client.post("/exports", json=export, headers=machine.headers).status_code == 401


def test_a_token_ends_with_its_last_day(served: Served) -> None:
    machine = issued(served, until="2024-03-20")
    served.clock.set(date(2024, 3, 20))
    assert machine.post(HEAD).status_code == 200
    served.clock.set(date(2024, 3, 21))

    assert machine.post(HEAD).status_code == 401
    [row] = bureau(served).ask(LIST)["serviceTokens"]
    assert row["state"] == "EXPIRED"


def test_what_does_not_open_it_says_no_more_than_what_is_no_token(served: Served) -> None:
    shown = issued(served).token or ""
    wrong = shown[:-1] + ("A" if shown[-1] != "A" else "B")
    stranger, _ = fresh(ServiceTokenId("token:nobody"))
    said = [Party(served, each).post(HEAD).json() for each in (wrong, stranger)]

    assert said[0] == said[1]
    assert said[0]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_what_opens_it_is_nowhere_in_the_ledger(served: Served) -> None:
    shown = issued(served).token or ""
    query = "{ history(first: 1, latestFirst: true) { edges { node { data } } } }"
    told = json.dumps(served.operator.ask(query), ensure_ascii=False)

    assert "人事系统" in told
    assert shown not in told
    assert shown.rpartition("_")[2] not in told


@pytest.mark.parametrize("reports", [False, True])
def test_a_machine_reports_only_where_its_token_says_so(served: Served, reports: bool) -> None:
    machine = issued(served, reports=reports)
    given = {"teacher": str(LIN), "offering": str(OFFERING)}
    document = (
        "mutation($input: SelectOfferingInput!) { answer: selectOffering(input: $input, "
        'requestId: "x", reported: {source: "x", on: "2024-03-19"}) { __typename } }'
    )
    body = machine.post(document, input=given).json()

    if reports:
        assert body["data"]["answer"]["__typename"] == "Refused"  # nobody knows the teacher
    else:
        assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN_ROLE"


def test_who_may_see_which_tokens(served: Served) -> None:
    machine = issued(served)
    seen = {
        "own": bureau(served),
        "city": served.party(Role.AUDITOR, "jurisdiction:330300"),
        "operator": served.operator,
    }
    hidden = {
        "next": bureau(served, YUEQING),
        "machine": machine,
        "public": served.public,
        "school": served.party(Role.SCHOOL, "school:anyang-primary"),
    }

    for asker in seen.values():
        [row] = asker.ask(LIST)["serviceTokens"]
        assert (row["token"], row["state"], row["issuedBy"]) == (
            "token:hr",
            "VALID",
            "staff:tester",
        )
    for asker in hidden.values():
        assert asker.ask(LIST)["serviceTokens"] == []


def test_a_bureau_issues_none_for_another_place_and_revokes_none_of_it(served: Served) -> None:
    issued(served)
    _, digest = fresh(ServiceTokenId("token:x"))
    asked = {"token": "token:x", "place": RUIAN, "title": "x", "digest": digest}
    neighbour = bureau(served, YUEQING)
    late = neighbour.mutate(IssueServiceToken, asked | {"until": "2024-12-31"})
    given = {"token": "token:hr", "place": RUIAN, "reason": "x"}

    assert codes(late) == ["OUTSIDE_SCOPE"]
    assert codes(neighbour.mutate(RevokeServiceToken, given, request="r2")) == ["OUTSIDE_SCOPE"]


def test_issue_and_revocation_are_on_record(served: Served) -> None:
    issued(served)
    revoke(served)
    query = '{ history(filter: {tags: ["token:hr"]}) { edges { node { type actor } } } }'
    edges = bureau(served).ask(query)["history"]["edges"]

    assert [each["node"]["type"] for each in edges] == [
        "service-token.issued",
        "service-token.revoked",
    ]


def test_a_token_from_the_command_line_opens_and_is_taken_back(
    founded_url: str, tmp_path: Path
) -> None:
    def xuefen(*arguments: str) -> str:
        base = ["--data", str(tmp_path), "--database-url", founded_url, "service-token"]
        done = CliRunner().invoke(app, [*base, *arguments])
        assert done.exit_code == 0, done.output
        return done.stdout.strip()

    until = date(date.today().year, 12, 31).isoformat()
    place = ("--place", "330381")
    shown = xuefen("issue", "hr", *place, "--title", "人事系统", "--until", until)
    assert SECRET.fullmatch(shown)
    assert json.loads(xuefen("list"))["state"] == "VALID"
    xuefen("revoke", "hr", *place, "--reason", "停用")
    row = json.loads(xuefen("list", *place))
    assert (row["state"], row["revoked_because"]) == ("REVOKED", "停用")
    with Ledger(founded_url, KEY, Hand()) as ledger:
        assert ledger.feed.head() > 2


def test_while_the_database_is_away_a_machine_is_told_so_and_not_that_it_is_a_stranger(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = issued(served)

    def away(*_: object) -> None:
        raise PoolTimeout("away")

    monkeypatch.setattr("api.service_token.standing", away)
    export = {"what": "teachers", "format": "jsonl"}
    for answer in (
        machine.post(HEAD),
        served.client.post("/exports", json=export, headers=machine.headers),
    ):
        assert answer.status_code == 503
        assert answer.json()["errors"][0]["extensions"]["code"] == "DATABASE_LOST"


@pytest.mark.parametrize("scope", ["school:anyang-primary", "provider:ruian", str(LIN)])
def test_a_service_token_is_over_a_place_and_says_so(served: Served, scope: str) -> None:
    given = {"token": "token:hr", "place": scope, "title": "人事系统", "digest": "ab" * 32}
    for party in (served.operator, bureau(served)):
        answer = party.mutate(IssueServiceToken, given | {"until": "2024-12-31"}, "r-scope")
        assert codes(answer) == ["MALFORMED_NAME"]
        [said] = answer["refusals"]
        assert said["field"] == "place"
        assert scope in said["zh"]
        assert "of the form jurisdiction:" in said["en"]
