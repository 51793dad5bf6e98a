"""Xuefen's domain: what is true, and what may happen.

The nouns, in order of life; importing them fills the catalogue of events and of kinds of rules.

=================  ==============  =============================================================
noun               Chinese         file
=================  ==============  =============================================================
jurisdiction       属地             register.py (a bureau, 教育局, is named by its jurisdiction)
school             学校             register.py
teacher            教师             teacher.py
category           教师类别         category.py
provider           培训机构         accreditation.py
cycle              培训周期         cycle.py
term, window       学期、时间安排   term.py
profile            教师基本信息     profile.py
order              订单             order.py (its answers and award, 响应、遴选: response.py)
plan               培训方案         plan.py
scrutiny           方案审查         scrutiny.py
quota              限报数           quota.py
declaration        申报             declaration.py
review             审核、发布       review.py
offering           班期             offering.py (expansion: 扩班)
enrollment         选课             enrollment.py (one teacher's choice of one offering)
selection          自主选课         selection.py (the first step of an enrollment; round: 轮次)
schedule           课程表、日志     schedule.py
change             方案调整         change.py
withdrawal         退选             withdrawal.py
settlement         结果已定         settlement.py
attendance         出勤             attendance.py (absence: 缺课, leave: 请假)
assessment         结业考核         assessment.py
completion         结业             completion.py
notice             抄告             notice.py
school-based       校本培训         school_based.py
recognition        学时认定         recognition.py
credit             学分认定         credit.py
correction         更正             correction.py
misconduct         违规违纪         misconduct.py
requirement        要求             requirement.py
record             学分档案         record.py
erasure            个人信息删除     erasure.py
special training   专项培训         special.py
structure          学分结构         structure.py
yearly             年度学时         yearly.py
verdict            周期合格判断     verdict.py
consequence        结果运用         consequence.py
finding            审计发现         finding.py
regulation, rule   文件、条款       regulation.py, document.py, statement.py
=================  ==============  =============================================================

``hours`` 学时 and ``credits`` 学分 are different units and never mixed.
"""

from ledger import (  # isort: skip  (order of life)
    finding,
    regulation,
    requirement,
    register,
    teacher,
    category,
    accreditation,
    cycle,
    term,
    profile,
    order,
    response,
    plan,
    scrutiny,
    quota,
    declaration,
    review,
    offering,
    enrollment,
    selection,
    schedule,
    change,
    withdrawal,
    settlement,
    attendance,
    assessment,
    completion,
    notice,
    school_based,
    recognition,
    credit,
    correction,
    misconduct,
    record,
    erasure,
    special,
    structure,
    yearly,
    verdict,
    consequence,
    statement,
    document,
)

NOUNS = (
    finding,
    regulation,
    requirement,
    register,
    teacher,
    category,
    accreditation,
    cycle,
    term,
    profile,
    order,
    response,
    plan,
    scrutiny,
    quota,
    declaration,
    review,
    offering,
    enrollment,
    selection,
    schedule,
    change,
    withdrawal,
    settlement,
    attendance,
    assessment,
    completion,
    notice,
    school_based,
    recognition,
    credit,
    correction,
    misconduct,
    record,
    erasure,
    special,
    structure,
    yearly,
    verdict,
    consequence,
    statement,
    document,
)
