#!/usr/bin/env bash
# What some tests need beside Python: LibreOffice, whose files the reading of sheets is tested with,
# and Chromium, in which the IDE is.
set -euo pipefail

wanted=()
command -v soffice >/dev/null || wanted+=(libreoffice-calc-nogui)
command -v chromium >/dev/null || wanted+=(chromium)
[ ${#wanted[@]} -eq 0 ] && exit 0
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "${wanted[@]}"; } \
  >/dev/null 2>&1 || {
  echo "${wanted[*]}: not here, and could not be installed; as root on Debian or Ubuntu, with its" \
    "packages in reach, this script installs it: tests/needs.sh" >&2
  exit 1
}
