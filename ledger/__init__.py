"""Xuefen's domain: what is true, and what may happen.

The nouns, in order of life; importing them fills the catalogue of events and of kinds of rules.

=================  ==============  =============================================================
noun               Chinese         file
=================  ==============  =============================================================
finding            审计发现         finding.py
kind               条款种类         kind.py (what rules of one sort can say)
regulation, rule   文件、条款       regulation.py, rule.py, document.py, statement.py
requirement        要求             requirement.py
jurisdiction       属地             register.py (a bureau, 教育局, is named by its jurisdiction)
school             学校             register.py
teacher            教师             teacher.py
category           教师类别         category.py
provider           培训机构         accreditation.py
seniority          资质年限         seniority.py (for how long a provider has been accredited)
cycle              培训周期         cycle.py
term, window       学期、时间安排   term.py
profile            教师基本信息     profile.py
plan               培训方案         plan.py
mandate            计划指令         mandate.py
trainer            授课教师         trainer.py (their registry, and what they agreed to)
channel            办理渠道         channel.py (whether a step was taken on the platform)
form               订单表           form.py (the form of an order, and its limits)
order              订单             order.py (its answers and award, 响应、遴选: response.py)
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
spot check         抽查             spot_check.py (of the trainers whom a plan names)
resumption         恢复线下培训     resumption.py (under epidemic control)
restart            当地恢复日期     restart.py (and the list of those that passed, 合格名单)
supervision        防疫督查         supervision.py (of the measures of those that resumed)
reopening          线下开班条件     reopening.py
dates              培训日期         dates.py (as a bureau moved them)
delivery           培训实施         delivery.py (the days on which a class may be held)
offering           班期             offering.py
redating           改期             redating.py (of many classes at once, by the bureau)
removal            移除             removal.py (of projects from the platform)
warning            黄牌警告         warning.py (re-inspection: 再检查)
sanction           取消             sanction.py (of a project or an accreditation)
expansion          扩班             expansion.py (more seats, or a parallel class: 平行班)
enrollment         选课             enrollment.py (one teacher's choice of one offering)
parallel           平行班           parallel.py (one place in a class and those beside it)
round              轮次             round.py (who may use round two)
selection          自主选课         selection.py (the first step of an enrollment; match: 匹配)
assignment         指派             assignment.py (of trainees to a mandated training)
draw               抽签             draw.py (the order of applicants, made again by anybody)
applicant          报名者           applicant.py (who waits for the provider, and what counts)
screening          筛选             screening.py (the order in which a provider admits)
rank               次序             rank.py (the place of an applicant in the recorded order)
admission          复核             admission.py (the provider's re-review)
invitation         培训通知         invitation.py (to those admitted)
change             方案调整         change.py
effect             调整实施         effect.py
execution          方案执行         execution.py (whether a timetable keeps the published plan)
schedule           课程表           schedule.py
log                班级日志         log.py (of each training day)
extent             学时基数         extent.py (the hours that a change left)
withdrawal         退选             withdrawal.py
circular           通报             circular.py
settlement         结果已定         settlement.py
attendance         出勤             attendance.py (absence: 缺课)
leave              请假             leave.py (granted by the provider)
assessment         结业考核         assessment.py
evaluation         测评、评价       evaluation.py (its results are fed back, 反馈)
safeguard          安全与档案       safeguard.py (safety education, kept documents)
completion         结业             completion.py
judgement          结业判定         judgement.py (by the provider, of one trainee)
notice             抄告             notice.py
feedback           学员情况反馈     feedback.py
charge             收费             charge.py
conduct            实施情况         conduct.py (how a class was run)
omission           欠缺             omission.py (what a class lacks at its end)
closing            结班             closing.py
school-based       校本培训         school_based.py
population         抽样总体         population.py (the trainings from which a sample is drawn)
sample             抽样             sample.py (of trainings to look into; made again by anybody)
oversight          抽查、监测       oversight.py
observation        听课             observation.py
funding            培训经费         funding.py
duty               年度职责         duty.py (monitoring body, office, appraisal, notice of dates)
school plan        学校培训规划     school_plan.py
recognition        学时认定         recognition.py
worth              应得学分         worth.py (what a training is worth to one trainee)
credit             学分认定         credit.py
correction         更正             correction.py
adjustment         学分更正         adjustment.py (of one credit, by the bureau)
misconduct         违规违纪         misconduct.py
remedy             补正             remedy.py (which later events put a finding right)
redress            整改、处理       redress.py (what became of a finding, and who closed it)
record             学分档案         record.py
erasure            个人信息删除     erasure.py
special training   专项培训         special.py
structure          学分结构         structure.py
footing            计算口径         footing.py (over which credits a cycle is added up)
breakdown          计入明细         breakdown.py (how much of each credit counts, and why not)
yearly             年度学时         yearly.py
verdict            周期合格判断     verdict.py
ground             判断依据         ground.py (the tree of requirements under a verdict)
prospect           在读培训         prospect.py (what may still come of it)
caution            预先提醒         caution.py (before a training or a cycle is lost)
evidence           证据             evidence.py (from which a verdict follows)
difference         差异             difference.py (between two moments, with its causes)
trial              试算             trial.py (whose verdict a draft would change)
explanation        说明             explanation.py (why something is not so)
obstacle           选课受阻         obstacle.py (why a teacher cannot choose)
denial             不予结业         denial.py (why a training is not completed)
lineup             排位             lineup.py (the recorded order of a round, made again)
placement          落选             placement.py (why an applicant was not admitted)
exclusion          不计入           exclusion.py (why a credit does not count)
indicator          指标             indicator.py (of a school, a provider or a place, by period)
target             目标             target.py (of a locality)
consequence        结果运用         consequence.py
draft              草案             draft.py (a regulation text before it is adopted)
conflict           抵触             conflict.py (of two rules: contradicting, or too lax below)
adoption           采纳             adoption.py (a document comes into force at a place)
policy             政策变动         policy.py (end and suspension of adopted rules)
amendment          修改             amendment.py (other parameters for a rule, from a day on)
=================  ==============  =============================================================

``hours`` 学时 and ``credits`` 学分 are different units and never mixed.
"""

# fmt: off
from ledger import (  # isort: skip  (order of life)
    finding, kind, rule, regulation, requirement, register, teacher, category, accreditation,
    seniority, cycle, term, profile, plan, mandate, trainer, channel, form, order, response,
    candidate, segment, fee, content, mode, host, scrutiny, quota, cap, declaration, review,
    spot_check, resumption, restart, supervision, reopening, dates, delivery, offering, redating,
    removal, warning, sanction, expansion, enrollment, parallel, round, selection, assignment,
    draw, applicant, screening, rank, admission, invitation, change, effect, execution, schedule,
    log, extent, withdrawal, circular, settlement, attendance, leave, assessment, evaluation,
    safeguard, completion, judgement, notice, feedback, charge, conduct, omission, closing,
    school_based, population, sample, oversight, observation, funding, duty, school_plan,
    recognition, worth, credit, correction, adjustment, misconduct, remedy, redress, record,
    erasure, special, structure, footing, breakdown, yearly, verdict, ground, prospect, caution,
    evidence, difference, trial, explanation, obstacle, denial, lineup, placement, exclusion,
    indicator, target, consequence, statement, draft, conflict, document, adoption, policy,
    amendment,
)

NOUNS = (
    finding, kind, rule, regulation, requirement, register, teacher, category, accreditation,
    seniority, cycle, term, profile, plan, mandate, trainer, channel, form, order, response,
    candidate, segment, fee, content, mode, host, scrutiny, quota, cap, declaration, review,
    spot_check, resumption, restart, supervision, reopening, dates, delivery, offering, redating,
    removal, warning, sanction, expansion, enrollment, parallel, round, selection, assignment,
    draw, applicant, screening, rank, admission, invitation, change, effect, execution, schedule,
    log, extent, withdrawal, circular, settlement, attendance, leave, assessment, evaluation,
    safeguard, completion, judgement, notice, feedback, charge, conduct, omission, closing,
    school_based, population, sample, oversight, observation, funding, duty, school_plan,
    recognition, worth, credit, correction, adjustment, misconduct, remedy, redress, record,
    erasure, special, structure, footing, breakdown, yearly, verdict, ground, prospect, caution,
    evidence, difference, trial, explanation, obstacle, denial, lineup, placement, exclusion,
    indicator, target, consequence, statement, draft, conflict, document, adoption, policy,
    amendment,
)
# fmt: on
