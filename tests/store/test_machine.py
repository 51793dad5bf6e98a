"""In a container there is no more than it may take, whatever the machine around it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.store.machine import MIB, cores, memory_bytes


def rooted(root: Path, own: str, limits: dict[str, str]) -> Path:
    """What Linux tells a process of its control groups and of their limits."""
    for name, text in {"proc/self/cgroup": own, **limits}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def test_without_control_groups_all_of_the_machine_is_there(tmp_path: Path) -> None:
    limits = {"sys/fs/cgroup/memory.max": "max\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}
    free = rooted(tmp_path / "free", "0::/\n", limits)

    assert memory_bytes(free) == memory_bytes(tmp_path / "none") > 16 * MIB
    assert cores(free) == cores(tmp_path / "none") >= 1


@pytest.mark.parametrize(
    ("own", "limits"),
    [
        ("0::/\n", {"memory.max": "16777216\n"}),
        ("0::/a/b\n", {"a/b/memory.max": "16777216\n", "a/memory.max": "33554432\n"}),
        ("0::/a/b\n", {"a/b/memory.max": "max\n", "a/memory.max": "16777216\n"}),
        ("0::/../a:b\n", {"memory.max": "16777216\n"}),
        ("5:memory:/docker/1\n", {"memory/docker/1/memory.limit_in_bytes": "16777216\n"}),
        ("5:memory:/docker/1\n0::/x\n", {"memory/memory.limit_in_bytes": "16777216\n"}),
    ],
)
def test_the_smallest_limit_of_memory_around_a_process_holds(
    tmp_path: Path, own: str, limits: dict[str, str]
) -> None:
    limits |= {"b/memory.max": "1\n", "memory/b/memory.limit_in_bytes": "1\n"}  # of somebody else
    root = rooted(tmp_path, own, {f"sys/fs/cgroup/{name}": limits[name] for name in limits})

    assert memory_bytes(root) == 16 * MIB


@pytest.mark.parametrize(
    ("own", "limits", "expected"),
    [
        ("0::/a\n", {"a/cpu.max": "100000 100000\n"}, 1),
        ("0::/a\n", {"a/cpu.max": "max 100000\n", "cpu.max": "20000 100000\n"}, 1),
        ("0::/a\n", {"a/cpu.max": "150000 100000\n"}, 2),
        (
            "3:cpu,cpuacct:/a\n",
            {"cpu/a/cpu.cfs_quota_us": "250000\n", "cpu/a/cpu.cfs_period_us": "100000\n"},
            3,
        ),
        (
            "3:cpu,cpuacct:/a\n",
            {"cpu/a/cpu.cfs_quota_us": "-1\n", "cpu/a/cpu.cfs_period_us": "100000\n"},
            64,
        ),
    ],
)
def test_the_smallest_limit_of_cores_around_a_process_holds(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    own: str,
    limits: dict[str, str],
    expected: int,
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(64)), raising=False)
    root = rooted(tmp_path, own, {f"sys/fs/cgroup/{name}": limits[name] for name in limits})

    assert cores(root) == expected
