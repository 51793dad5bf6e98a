"""Content: what a plan must tell about itself, its courses and its themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ledger.candidate import Candidate
from ledger.command import Refused
from ledger.plan import Component, Course, Plan
from ledger.regulation import Parameters

TOLD: dict[str, Callable[[Plan], bool]] = {
    "TARGET_LEVEL": lambda plan: bool(plan.target_tiers),
    "TARGET_TYPE": lambda plan: bool(plan.target_categories),
    "AIMS": lambda plan: bool(plan.aims),
    "COURSES": lambda plan: bool(plan.courses),
    "METHODS": lambda plan: bool(plan.methods),
    "COURSE_INTRODUCTION": lambda plan: bool(plan.introduction),
    "TRAINER_EXPERTISE": lambda plan: (
        bool(plan.trainers) and all(each.expertise for each in plan.trainers)
    ),
}
TOLD_ZH = {
    "TARGET_LEVEL": "培训对象层次",
    "TARGET_TYPE": "培训对象类型",
    "AIMS": "培训目标",
    "COURSES": "课程设置",
    "METHODS": "培训方式",
    "COURSE_INTRODUCTION": "主要内容介绍",
    "TRAINER_EXPERTISE": "授课教师专长",
}
ELEMENTS: dict[str, Callable[[Course], str]] = {
    "AIMS": lambda course: course.aims,
    "REQUIREMENTS": lambda course: course.requirements,
    "HOMEWORK": lambda course: course.homework,
}


class PlanContents(
    Parameters,
    kind="plan-contents",
    zh="方案缺少所列内容的，合记一项违规，写明缺哪几项。",
    scope=(),
    less=("plan_fields",),
    words={"plan_fields": TOLD},
):
    """Notes a plan that leaves out any of the listed contents, all of them in one finding."""

    plan_fields: tuple[str, ...]


class CourseElements(
    Parameters,
    kind="course-elements",
    zh="主要课程或实践环节缺少所列要素（目标、要求、作业）的，合记一项违规，写明哪门缺哪项。",
    scope=(),
    less=("elements",),
    words={"elements": ELEMENTS},
):
    """Notes the main courses and practical parts that lack an element, all in one finding."""

    elements: tuple[str, ...]


class RequiredContent(
    Parameters,
    kind="required-content",
    zh="方案的内容标签中没有必修内容的，记一项违规。",
    scope=(),
    less=("required_content",),
):
    """Notes a plan whose contents lack what every training must contain."""

    required_content: tuple[str, ...]


class ContentsMissing(Refused):
    """The plan leaves out what a plan must tell."""


class ElementsMissing(Refused):
    """A main course or practical part lacks aims, requirements or homework."""


class RequiredContentMissing(Refused):
    """The training lacks content that every training must have."""


def judge_contents(candidate: Candidate) -> Iterator[Refused]:
    """What the plan does not tell."""
    rule = candidate.find(PlanContents)
    missing = [
        each for each in (rule.value.plan_fields if rule else ()) if not TOLD[each](candidate.plan)
    ]
    if missing:
        yield ContentsMissing(
            zh=f"方案缺少 {'、'.join(TOLD_ZH[each] for each in missing)}",
            en=f"the plan leaves out {', '.join(missing)}",
            rule=rule,
            field="plan",
        )


def judge_courses(candidate: Candidate) -> Iterator[Refused]:
    """Which main courses and practical parts lack an element."""
    rule = candidate.find(CourseElements)
    if rule is None:
        return
    lacking = [
        f"{course.title} ({', '.join(missing)})"
        for course in candidate.plan.courses
        if (course.main or course.component is Component.PRACTICE)
        and (missing := [each for each in rule.value.elements if not ELEMENTS[each](course)])
    ]
    if lacking:
        yield ElementsMissing(
            zh=f"主要课程或实践环节缺目标、要求或作业：{'；'.join(lacking)}",
            en=f"main courses or practical parts lack elements: {'; '.join(lacking)}",
            rule=rule,
            field="courses",
        )


def judge_required(candidate: Candidate) -> Iterator[Refused]:
    """Which content of every training the plan lacks."""
    rule = candidate.find(RequiredContent)
    if rule is None:
        return
    missing = [each for each in rule.value.required_content if each not in candidate.plan.contents]
    if missing:
        yield RequiredContentMissing(
            zh=f"方案内容缺少必修的 {'、'.join(missing)}",
            en=f"the contents lack {', '.join(missing)}, which every training has",
            rule=rule,
            field="contents",
        )
