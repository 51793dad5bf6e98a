"""The town's ledgers, for the tests of the views."""

from tests.town import clock, founded, founded_template, founded_url, ledger

__all__ = ["clock", "founded", "founded_template", "founded_url", "ledger"]
