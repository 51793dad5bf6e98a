"""Toll: what a request costs at each door beside GraphQL, in the points that GraphQL counts in.

It is taken as the request comes, whatever it leads to, since it is the asking that costs. An export
costs by its rows besides, as many as it may have until it is known how many it has. Clients read
the same in ``docs/limits.md``.
"""

from __future__ import annotations

from schema.cost import ROW_POINTS

OTHER = 1
"""For whatever stands in no line below, be it not there."""
TOLLS = (
    ("POST", "/exports", 1_000),
    ("GET", "/exports/", 10),
    ("PUT", "/uploads/", 2_000),
    ("GET", "/uploads/", 20_000),
    ("POST", "/uploads/", 20_000),
    ("GET", "/reconciliations/", 10_000),
    ("GET", "/loads/", 20_000),
    ("GET", "/asyncapi.json", 500),
)
"""By method and the beginning of the path; the measured order of their CPU, and not a tariff."""


def toll_of(method: str, path: str) -> int:
    """The points of a request."""
    asked = "GET" if method == "HEAD" else method
    fits = (points for name, begun, points in TOLLS if asked == name and path.startswith(begun))
    return next(fits, OTHER)


def toll_of_rows(rows: int) -> int:
    """The points of an export of so many rows, beside those of its request."""
    return rows * ROW_POINTS
