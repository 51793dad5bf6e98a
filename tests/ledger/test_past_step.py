"""Past steps: how people write a term, and what each step needs."""

from __future__ import annotations

import pytest

from ledger.fault import Fault
from ledger.milestone import Milestone
from ledger.past_step import NEEDS, term_of


@pytest.mark.parametrize("words", ["2023H2", "2023年下半年", "2023 下半年", "term:2023H2"])
def test_a_term_is_read_as_people_write_it(words: str):
    assert str(term_of(words)) == "term:2023H2"


def test_what_is_no_name_is_no_term():
    with pytest.raises(Fault):
        term_of("去年的第二个学期")


def test_each_step_says_what_it_needs():
    assert {*Milestone} == {*NEEDS}
