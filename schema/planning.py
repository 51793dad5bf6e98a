"""Planning of loads: what each row of a sheet would lead to, tried in order, nothing written.

A plan follows from the file, the mapping, the options and the ledger at a position; made anew on
the same ledger it is the same. That is how a commit knows whether the ledger moved under it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from ledger.balance_sheet import BalanceSheet
from ledger.command import Role
from ledger.fault import Fault
from ledger.intention import Desk, Intention, Objection
from ledger.load import Fate
from ledger.mapping import Column, Form, Mapping
from ledger.names import KINDS, JurisdictionId, LoadId, Name, OfferingId
from ledger.reading import read
from ledger.regulation import Rulebook
from ledger.result_sheet import ResultSheet
from ledger.roll import Roll
from ledger.roster import Roster
from ledger.school_sheet import SchoolSheet
from ledger.sheet import Grid
from ledger.store.answer import Refusal
from ledger.store.in_order import Rehearsed
from ledger.store.load import LoadOptions
from ledger.store.load_row import StoredRow, stored
from ledger.store.work import Seal
from ledger.word import in_chinese
from schema.access import Denied
from schema.context import Context, House
from schema.lookup import elsewhere
from schema.person import PersonInput, checked
from schema.roll import book_of, files_of, footing_of, place_of, roll_of
from schema.scalars import Text
from schema.term_sheet import term_rows

SLICE_ROWS = 1_000
BATCH_COMMANDS = 2_000
MAY: dict[Form, tuple[Role, ...]] = {
    Form.TEACHERS: (Role.BUREAU, Role.OPERATOR),
    Form.BALANCES: (Role.BUREAU, Role.INTEGRATOR, Role.OPERATOR),
    Form.TERM: (Role.INTEGRATOR, Role.OPERATOR),
    Form.RESULTS: (Role.PROVIDER, Role.OPERATOR),
    Form.SCHOOL_BASED: (Role.SCHOOL, Role.BUREAU, Role.INTEGRATOR, Role.OPERATOR),
}
STEPS = (Form.TERM, Form.RESULTS)
# Which cell a refusal of the ledger is about, by the field that it names.
FIELDS = {
    "teacher": Column.NUMBER,
    "id_number": Column.ID_NUMBER,
    "person.name": Column.NAME,
    "person.idNumber": Column.ID_NUMBER,
    "school": Column.SCHOOL,
    "subject": Column.SUBJECT,
    "entered": Column.ENTERED,
    "since": Column.STARTED,
    "title": Column.TITLE,
    "hours": Column.HOURS,
    "credits": Column.CREDITS,
    "completed": Column.COMPLETED,
    "hours_missed": Column.HOURS_MISSED,
    "reason": Column.NOTE,
}
Told = Callable[[int], None]


def may_load(context: Context, form: Form, options: LoadOptions) -> None:
    """Raises ``Denied`` unless the role loads such sheets; an integrator only reports."""
    asker = context.asker
    if asker.role not in MAY.get(form, ()):
        raise Denied(
            "FORBIDDEN_ROLE",
            zh=f"{in_chinese(asker.role.value)}不能载入这种表格",
            en=f"the role {asker.role.value} may not load such a sheet",
        )
    reported = options.source is not None
    silent = reported and not asker.reports
    if silent or (
        reported is not (asker.role is Role.INTEGRATOR) and asker.role is not Role.OPERATOR
    ):
        raise Denied(
            "FORBIDDEN_ROLE",
            zh="只有对接系统可以上报，并且须写明来源",
            en="an integrator, and nobody else, reports, and names its source",
        )


def party_of(context: Context, given: str | None) -> Name:
    """Whose sheet it is: the asker's own party, or any for the operator."""
    if given is None:
        return context.asker.scope
    party = name_of(given)
    if context.asker.role is not Role.OPERATOR and party != context.asker.scope:
        raise Fault(
            "OUTSIDE_SCOPE", zh="不是本单位的表格", en="it is not for your party", field="party"
        )
    return party


def name_of(text: str) -> Name:
    """A name of its own kind. Raises ``Fault``."""
    kind = KINDS.get(text.partition(":")[0], Name)
    return kind(text)


def planned(
    context: Context,
    grid: Grid,
    mapping: Mapping,
    options: LoadOptions,
    load: LoadId,
    position: int,
    told: Told,
) -> Iterator[list[StoredRow]]:
    """The rows with what they lead to, tried after a position, in the batches of the commit."""
    house = context.house
    ledger, rules = house.ledger, house.rules.at(position)
    ledger_now: Rehearsed | None = None
    batch: list[StoredRow] = []
    weight, done = 0, 0
    for some in _slices(_intentions(context, grid, mapping, options, load, rules)):
        if ledger_now is None or mapping.form not in STEPS:
            # Only the steps of a class stand on each other; else what was tried is forgotten.
            ledger_now = Rehearsed(ledger.pool, context.asker, rules, ledger.now(), position)
        _try(context, ledger_now, some, options, mapping)
        for each in some:
            row = stored(each, ledger.vault, each.on)
            other = bool(batch) and row.on != batch[-1].on
            if batch and (other or weight + len(row.commands) > BATCH_COMMANDS):
                yield batch
                batch, weight = [], 0
            batch.append(row)
            weight += len(row.commands)
        done += len(some)
        told(done)
    yield batch


def _intentions(
    context: Context,
    grid: Grid,
    mapping: Mapping,
    options: LoadOptions,
    load: LoadId,
    rules: Rulebook,
) -> Iterator[Intention]:
    house, party = context.house, name_of(options.party)
    reading = read(grid, mapping)
    desk = Desk(load=load, place=place_of(house, party), reading=reading)
    offering, book = None, None
    if mapping.form is Form.RESULTS:
        offering = _class(options)
        book = book_of(house, party, offering)
    roll = roll_of(house, party, reading, offering)
    match mapping.form:
        case Form.TEACHERS:
            roster = Roster(desk=desk, roll=roll, full=options.full, since=options.since)
            elsewhere(context, "load", roster.strangers())
            yield from roster.plan()
        case Form.SCHOOL_BASED:
            yield from _school_based(context, party, desk, roll)
        case Form.BALANCES:
            yield from _balances(house, party, desk, roll, options, rules)
        case Form.RESULTS:
            assert offering is not None
            assert book is not None
            day = options.on or house.ledger.today()
            yield from ResultSheet(
                desk=desk, roll=roll, offering=offering, book=book, rules=rules, day=day
            ).plan()
        case Form.TERM:
            yield from term_rows(context, grid, desk, roll, options)
        case form:
            raise Fault(
                "FORM_NOT_LOADED",
                zh="这种表格不能载入，只能对账",
                en=f"a sheet of the form {form.value} is compared, not loaded",
                field="upload",
            )


def _school_based(context: Context, party: Name, desk: Desk, roll: Roll) -> Iterator[Intention]:
    both = context.asker.role in (Role.OPERATOR, Role.INTEGRATOR)
    bureau = isinstance(party, JurisdictionId)
    return SchoolSheet(
        desk=desk,
        roll=roll,
        on_file=files_of(context.house, party),
        records=both or not bureau,
        recognises=bureau,
    ).plan()


def _balances(
    house: House, party: Name, desk: Desk, roll: Roll, options: LoadOptions, rules: Rulebook
) -> Iterator[Intention]:
    if not options.origin:
        zh, en = "须写明余额来自哪个平台（origin）", "say in origin of which platform"
        raise Fault("ORIGIN_MISSING", zh=zh, en=en, field="origin")
    sheet = BalanceSheet(
        desk=desk,
        roll=roll,
        footing=footing_of(house, party, desk.place, rules),
        day=options.until or house.ledger.today(),
        source=options.origin,
    )
    return sheet.plan()


def _class(options: LoadOptions) -> OfferingId:
    if options.offering is None:
        zh, en = "须写明班期（offering）", "say of which class the results are, in offering"
        raise Fault("OFFERING_MISSING", zh=zh, en=en, field="offering")
    return OfferingId(options.offering)


def _try(
    context: Context,
    ledger_now: Rehearsed,
    some: list[Intention],
    options: LoadOptions,
    mapping: Mapping,
) -> None:
    """Plays the commands of rows; what the ledger refuses, the row is refused for."""
    seals: dict[tuple[int, int], Seal] = {}
    for number, each in enumerate(some):
        try:
            person = _person(each)
        except Fault as fault:
            each.refuse(_objection_of(fault.code, fault.zh, fault.en, fault.field, mapping))
            continue
        if person and each.teacher is not None:
            seals[number, 0] = context.house.ledger.vault.mark(str(each.teacher), person)
    days: list[date | None] = [each.on or options.on for each in some]
    tried = ledger_now.play([each.commands for each in some], seals, on=days, source=options.source)
    for each, refusals in zip(some, tried, strict=True):
        if not refusals:
            continue
        if each.fate is Fate.ANOMALY and all(one.code == "ALREADY_FOUND" for one in refusals):
            # It stands in the queue already; there it waits for somebody.
            each.commands = []
        else:
            each.refuse(*(_refusal(one, mapping, each.tab) for one in refusals))


def sealed_of(context: Context, row: StoredRow) -> Seal | None:
    """What goes to the vault with a row. Raises ``Fault`` for what is no person."""
    person = _person(row)
    if not person or row.teacher is None:
        return None
    return context.house.ledger.vault.seal(row.teacher, person)[0]


def _person(row: Intention | StoredRow) -> dict[str, str]:
    """What is personal in a row, checked."""
    if not row.person:
        return {}
    person = PersonInput(
        name=Text(row.person.get("name", "")),
        id_number=_text(row.person.get("id_number")),
        phone=_text(row.person.get("phone")),
    )
    return checked(person)


def _text(value: str | None) -> Text | None:
    return Text(value) if value else None


def _refusal(said: Refusal, mapping: Mapping, tab: str) -> Objection:
    found = _objection_of(said.code, said.zh, said.en, said.field, mapping)
    return Objection(
        code=found.code,
        zh=found.zh,
        en=found.en,
        column=0 if tab else found.column,  # elsewhere the columns are other ones
        rule=said.rule,
        clause=said.clause,
        number=said.number,
    )


def _objection_of(code: str, zh: str, en: str, field: str | None, mapping: Mapping) -> Objection:
    column = FIELDS.get(field or "")
    at = next((at for at, each in mapping.columns.items() if each is column), 0)
    return Objection(code=code, zh=zh, en=en, column=at)


def _slices(intentions: Iterator[Intention]) -> Iterator[list[Intention]]:
    some: list[Intention] = []
    for each in intentions:
        some.append(each)
        if len(some) == SLICE_ROWS or each.decides:
            yield some
            some = []
    yield some
