#!/usr/bin/env bash
# What some tests need beside Python: LibreOffice, whose files the reading of sheets is tested with.
set -euo pipefail

command -v soffice >/dev/null && exit 0
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends libreoffice-calc-nogui; } \
  >/dev/null 2>&1 || {
  echo "LibreOffice is not here and could not be installed; as root on Debian or Ubuntu, with its" \
    "packages in reach, this script installs it: tests/needs.sh" >&2
  exit 1
}
