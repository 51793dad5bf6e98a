"""The demo's opening: the register, orders, declarations, reviews and publication.

What the script expects to be refused is asked all the same, so that the report can show the
clause.
"""

from __future__ import annotations

from datetime import date

from api.demo import cast, draws
from api.demo.cast import (
    COUNTY_SCHOOL,
    DISTANCE,
    INSTITUTE,
    NORMAL_UNIVERSITY,
    PROVINCE,
    RUIAN,
    TERM,
    UNIVERSITY,
    lead,
    order,
    plan,
    teacher,
)
from api.demo.classes import BLENDED, CLASSES, MATHS, ONLINE, ORDERED, REGULAR, SCIENCE, Class
from api.demo.stage import Stage
from ledger.declaration import DeclareProject
from ledger.names import OrderId, ProjectId
from ledger.order import PublishOrderList
from ledger.plan import Audience, Mode, Plan
from ledger.response import AwardOrder, RespondToOrder
from ledger.review import PublishProject, ReviewProject
from ledger.selection import SelectOffering
from ledger.term import OpenTerm
from ledger.trainer import RegisterTrainer


def prologue(stage: Stage, count: int) -> None:
    """The register, before the calendar begins."""
    stage.dawn(date(2024, 3, 6), "开学期，登记机构、学校和教师")
    stage.do(PROVINCE, OpenTerm(term=TERM, title="2024年上半年"))
    for provider in cast.providers():
        stage.do(provider.place, provider)
    stage.do(
        RUIAN,
        RegisterTrainer(
            trainer=cast.TRAINER.staff,
            place=RUIAN,
            expertise=cast.TRAINER.expertise,
            consented=True,
        ),
    )
    stage.do_all(RUIAN, cast.schools())
    people = cast.teachers(count)
    stage.do_all(RUIAN, [each for each, _ in people], [person for _, person in people])


def orders(stage: Stage) -> None:
    """Orders from 7 to 15 March."""
    stage.dawn(date(2024, 3, 7), "县里报送订单，机构开始申报")
    stage.do(RUIAN, order(1, "数学"))
    stage.do(RUIAN, order(2, "语文", intended=(UNIVERSITY,)))
    stage.do(RUIAN, order(3, "科学"))
    long = order(4, "英语")
    long.aims = "能" * 201
    stage.turn_down("订单的培训目标 201 字", RUIAN, long)
    declarations(stage)
    stage.dawn(date(2024, 3, 10), "省里公布订单清单")
    stage.turn_down("3 月 10 日才报送订单", RUIAN, order(5, "英语"))
    stage.do(PROVINCE, PublishOrderList(term=TERM))
    stage.dawn(date(2024, 3, 11), "机构响应订单")
    first, second = OrderId("order:ra1"), OrderId("order:ra2")
    for provider in (NORMAL_UNIVERSITY, UNIVERSITY):
        stage.do(provider, RespondToOrder(order=first, provider=provider, proposal="课例研修方案"))
    for what, provider, wanted in (
        ("县级机构响应订单", COUNTY_SCHOOL, first),
        ("未满一年的机构响应订单", DISTANCE, first),
        ("非意向机构响应订单", NORMAL_UNIVERSITY, second),
    ):
        stage.turn_down(
            what, provider, RespondToOrder(order=wanted, provider=provider, proposal="方案")
        )


def declarations(stage: Stage) -> None:
    """Declarations on 7 March: within and over quota, and against the rules on plans and leads."""
    for each in REGULAR:
        stage.do(each.provider, each.declare())
    wide = plan("远程专题", "语文", 24, Mode.DISTANCE, audience=Audience.PROVINCE)
    for number in range(2, 6):
        stage.do(DISTANCE, _variant(ONLINE, f"online-extra-{number}", wide, f"extra{number}"))
    stage.turn_down(
        "认定不满一年的机构申报第 6 项",
        DISTANCE,
        _variant(ONLINE, "online-extra-6", wide, "extra6"),
    )
    over = plan("混合研修", "语文", 60, Mode.BLENDED, online="18.5", audience=Audience.PROVINCE)
    stage.turn_down(
        "混合项目在线 18.5／60 学分", UNIVERSITY, _variant(BLENDED, "blended-over", over, "yu")
    )
    many = _variant(MATHS, "maths-many", plan("数学系列", "数学", 24), "busy")
    many.offerings = 5
    stage.turn_down("一名负责人申报 5 个班期", COUNTY_SCHOOL, many)
    stage.turn_down(
        "负责人已在另一机构申报",
        INSTITUTE,
        _variant(SCIENCE, "science-twice", plan("科学", "科学", 24), "wang"),
    )
    stage.turn_down(
        "超出资质学科申报",
        INSTITUTE,
        _variant(SCIENCE, "music", plan("合唱教学", "音乐", 24), "song"),
    )
    stage.do(INSTITUTE, _variant(SCIENCE, "rejected", plan("泛读沙龙", "语文", 16), "lin"))


def _variant(of: Class, key: str, plan_: Plan, lead_name: str) -> DeclareProject:
    return DeclareProject(
        project=ProjectId(f"project:{key}"),
        provider=of.provider,
        place=of.place,
        term=TERM,
        plan=plan_,
        lead=lead(lead_name),
    )


def reviews(stage: Stage) -> None:
    """Reviews and awards, 12 to 16 March."""
    stage.dawn(date(2024, 3, 12), "各级审核项目，县里遴选订单机构")
    for place in (RUIAN, PROVINCE):
        passed = [
            ReviewProject(project=each.project, approved=True)
            for each in REGULAR
            if each.place == place
        ]
        stage.do_all(place, passed)
    rejected = ProjectId("project:rejected")
    stage.turn_down("不通过而不写理由", RUIAN, ReviewProject(project=rejected, approved=False))
    stage.do(RUIAN, ReviewProject(project=rejected, approved=False, reason="目标与课程不对应"))
    first = OrderId("order:ra1")
    stage.turn_down(
        "选定没有响应的机构",
        RUIAN,
        AwardOrder(order=first, provider=INSTITUTE, reason="就近"),
    )
    stage.do(RUIAN, AwardOrder(order=first, provider=NORMAL_UNIVERSITY, reason="课例扎实"))
    stage.dawn(date(2024, 3, 16), "订单项目正式申报")
    stage.turn_down(
        "未被选定的机构申报订单项目",
        UNIVERSITY,
        DeclareProject(
            project=ProjectId("project:not-awarded"),
            provider=UNIVERSITY,
            place=RUIAN,
            term=TERM,
            plan=ORDERED.plan,
            lead=lead("ye"),
            order=first,
        ),
    )
    stage.do(ORDERED.provider, ORDERED.declare())


def publication(stage: Stage) -> None:
    """18 March: projects are published, classes opened, and one screening made known."""
    stage.dawn(date(2024, 3, 18), "发布项目，开设班期")
    stage.do(RUIAN, ReviewProject(project=ORDERED.project, approved=True))
    for place in (RUIAN, PROVINCE):
        stage.do_all(
            place, [PublishProject(project=each.project) for each in CLASSES if each.place == place]
        )
    for each in CLASSES:
        stage.do(each.provider, each.open())
    draws.announce(stage)
    stage.turn_down(
        "3 月 18 日抢先选课",
        teacher(1),
        SelectOffering(teacher=teacher(1), offering=MATHS.offering),
    )
