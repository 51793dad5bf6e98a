"""Bad input: each line of it gets a clear answer with a code, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ledger.attendance import RecordAttendance
from ledger.command import Command, Role
from ledger.credit import AwardCredit
from ledger.names import KINDS
from ledger.order import SubmitOrder
from ledger.plan import Mode
from ledger.register import RegisterSchool, RegisterTeacher, Stage, UpdateTeacherProfile
from ledger.schedule import PublishTimetable
from ledger.school_based import RecordSchoolBased
from ledger.selection import SelectOffering
from ledger.statement import Form
from ledger.store.ledger import Ledger
from schema.commands import DOCUMENT_CHARACTERS_MAX, MUTATIONS, REQUEST_CHARACTERS_MAX
from schema.inputs import ROWS_MAX
from schema.scalars import TEXT_CHARACTERS_MAX
from tests.cast import COUNTY_SCHOOL, LIN, OFFERING, RUIAN, SCHOOL
from tests.server import BODY_BYTES_MAX, Party, Served, bulk_document, codes, spoken
from tests.town import story, tell
