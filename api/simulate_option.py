"""The options of ``xuefen simulate``."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from api.scale import DISTRICT, DISTRICT_MIN


class ScaleName(Enum):
    """How much is simulated at once."""

    COUNTY = "county"
    PROVINCE = "province"


Teachers = Annotated[
    int | None, typer.Option(help="How many teachers: 300, or those of the scale. 教师人数。")
]
Terms = Annotated[
    str | None,
    typer.Option(
        help="Terms, separated by commas: 2024H1, or those of the scale. 学期，以逗号分隔。"
    ),
]
Seed = Annotated[int, typer.Option(help="The same seed, the same events. 随机种子。")]
Place = Annotated[str, typer.Option(help="County by GB/T 2260. 县级代码。")]
Server = Annotated[
    list[str] | None,
    typer.Option(help="A running server; several take turns. 运行中的服务地址，可多次给出。"),
]
Issuer = Annotated[
    Path | None, typer.Option(help="The servers' issuer key file. 服务的签发密钥文件。")
]
Clients = Annotated[
    int | None,
    typer.Option(min=1, help="How many ask at once: 256 in process, 8 over HTTP. 并发数。"),
]
Acks = Annotated[Path | None, typer.Option(help="Appends a line for each answer. 应答记录文件。")]
Scale = Annotated[
    ScaleName | None,
    typer.Option(
        help="Years of a whole county or province, into an empty ledger. 全县或全省多年。"
    ),
]
District = Annotated[
    int | None,
    typer.Option(
        min=DISTRICT_MIN,
        help=f"With --scale: of how many teachers each district is: {DISTRICT}. 每个片区的教师数。",
    ),
]
Processes = Annotated[
    int | None, typer.Option(min=1, help="With --scale: how many tell at once. 并行进程数。")
]
Plan = Annotated[
    bool, typer.Option("--plan", help="With --scale: only tell what it takes. 只说明所需资源。")
]
