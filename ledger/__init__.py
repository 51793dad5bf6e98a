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
channel            办理渠道         channel.py (whether a step was taken on the platform)
form               订单表           form.py (the form of an order, and its limits)
order              订单             order.py (its answers and award, 响应、遴选: response.py)
plan               培训方案         plan.py
candidate          待审方案         candidate.py (a plan with its host and lead, under scrutiny)
segment            分段             segment.py (how a training is divided, and when it is held)
fee                收费             fee.py (standard and items of what a plan charges)
content            方案内容         content.py
mode               培训形式         mode.py (in which form a project may be held)
host               承办             host.py (who may put a project forward)
scrutiny           方案审查         scrutiny.py
quota              限报数           quota.py
cap                地方项目上限     cap.py
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
    channel,
    form,
    order,
    response,
    plan,
    candidate,
    segment,
    fee,
    content,
    mode,
    host,
    scrutiny,
    quota,
    cap,
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
    channel,
    form,
    order,
    response,
    plan,
    candidate,
    segment,
    fee,
    content,
    mode,
    host,
    scrutiny,
    quota,
    cap,
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
