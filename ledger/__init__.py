"""Xuefen's domain: what is true, and what may happen.

The nouns, in order of life; importing them fills the catalogue of events and of kinds of rules.

=================  ==============  =============================================================
noun               Chinese         file
=================  ==============  =============================================================
jurisdiction       属地             register.py (a bureau, 教育局, is named by its jurisdiction)
school             学校             register.py
teacher            教师             teacher.py
provider           培训机构         accreditation.py
term, window       学期、时间安排   term.py
order              订单             order.py (its answers and award, 响应、遴选: response.py)
plan               培训方案         plan.py
scrutiny           方案审查         scrutiny.py
quota              限报数           quota.py
declaration        申报             declaration.py
review             审核、发布       review.py
offering           班期             offering.py
expansion          扩班             expansion.py (more seats, or a parallel class: 平行班)
enrollment         选课             enrollment.py (one teacher's choice of one offering)
round              轮次             round.py (who may use round two)
selection          自主选课         selection.py (the first step of an enrollment; match: 匹配)
assignment         指派             assignment.py (of trainees to a mandated training)
draw               抽签             draw.py (the order of applicants, made again by anybody)
screening          筛选             screening.py (the order in which a provider admits)
admission          复核             admission.py (the provider's re-review)
invitation         培训通知         invitation.py (to those admitted)
schedule           课程表、日志     schedule.py
change             方案调整         change.py
withdrawal         退选             withdrawal.py
settlement         结果已定         settlement.py
attendance         出勤             attendance.py (absence: 缺课, leave: 请假)
assessment         结业考核         assessment.py
completion         结业             completion.py
notice             抄告             notice.py
school-based       校本培训         school_based.py
credit             学分认定         credit.py
correction         更正             correction.py
misconduct         违规违纪         misconduct.py
cycle              培训周期         cycle.py
requirement        要求             requirement.py
record             学分档案         record.py
erasure            个人信息删除     erasure.py
verdict            周期合格判断     verdict.py
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
    accreditation,
    term,
    order,
    response,
    plan,
    scrutiny,
    quota,
    declaration,
    review,
    offering,
    expansion,
    enrollment,
    round,
    selection,
    assignment,
    draw,
    screening,
    admission,
    invitation,
    schedule,
    change,
    withdrawal,
    settlement,
    attendance,
    assessment,
    completion,
    notice,
    school_based,
    credit,
    correction,
    misconduct,
    cycle,
    record,
    erasure,
    verdict,
    statement,
    document,
)

NOUNS = (
    finding,
    regulation,
    requirement,
    register,
    teacher,
    accreditation,
    term,
    order,
    response,
    plan,
    scrutiny,
    quota,
    declaration,
    review,
    offering,
    expansion,
    enrollment,
    round,
    selection,
    assignment,
    draw,
    screening,
    admission,
    invitation,
    schedule,
    change,
    withdrawal,
    settlement,
    attendance,
    assessment,
    completion,
    notice,
    school_based,
    credit,
    correction,
    misconduct,
    cycle,
    record,
    erasure,
    verdict,
    statement,
    document,
)
