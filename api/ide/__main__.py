"""``python -m api.ide`` makes the IDE."""

from __future__ import annotations

import sys

from api.ide.build import NotBuilt, built

try:
    print(built())
except NotBuilt as error:
    sys.exit(str(error))
