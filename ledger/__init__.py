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
transfer           调动             transfer.py (another school, confirmed by the other side)
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
balance            期初余额         balance.py (what a teacher had on the old platform)
account            学分账目         account.py (of one credit, from whatever training)
correction         更正             correction.py
adjustment         学分更正         adjustment.py (of one credit, by the bureau)
misconduct         违规违纪         misconduct.py
remedy             补正             remedy.py (which later events put a finding right)
redress            整改、处理       redress.py (what became of a finding, and who closed it)
record             学分档案         record.py
erasure            个人信息删除     erasure.py
reserve            余额所含         reserve.py (what may stand behind an opening balance)
minimum            学时下限         minimum.py (hours asked for side by side)
special training   专项培训         special.py
structure          学分结构         structure.py
footing            计算口径         footing.py (over which credits a cycle is added up)
breakdown          计入明细         breakdown.py (how much of each credit counts, and why not)
yearly             年度学时         yearly.py
doubt              存疑             doubt.py (what hangs on an amount that is not sure)
verdict            周期合格判断     verdict.py
ground             判断依据         ground.py (the tree of requirements under a verdict)
prospect           在读培训         prospect.py (what may still come of it)
caution            预先提醒         caution.py (before a training or a cycle is lost)
evidence           证据             evidence.py (from which a verdict follows)
way                路径             way.py (from one moment to another, cause by cause)
difference         差异             difference.py (between two moments, with its causes)
summary            期末小结         summary.py (what a period comes to for a teacher, and for many)
level              分级汇总         level.py (sums of province, city, county and school)
drift              结账后变动       drift.py (what moved since a period was signed off)
service token      服务令牌         service_token.py (by which a machine of an integrator reads)
sign-off           结账             sign_off.py (of a year, or of the cycles that ended in it)
spot               表中位置         spot.py (a row of a sheet, by its tab and its number)
claim              名册所列         claim.py (what a sheet from outside says of a person's credits)
cause, portion     差异原因         cause.py (why a sheet and the ledger differ, and by how much)
rounding           取整             rounding.py (what a sheet makes of an exact amount)
attribution        归因             attribution.py (the smallest set that adds up to a difference)
mark               记号             mark.py (by what a row and a credit are found to be one)
likeness           近似             likeness.py (which credit a row may mean that no mark tells)
tie                难分             tie.py (rows and credits of the same marks, and what is certain)
summing            并写             summing.py (a row that is several trainings together)
pairing            配对             pairing.py (which credit a row of a sheet means)
holding            账本所载         holding.py (all that the ledger knows of one teacher)
forfeiture         不予结业之因     forfeiture.py (why a training that a sheet has earned nothing)
influence          影响             influence.py (what a sheet may have missed, or have beyond it)
slip               出入             slip.py (what a row has otherwise, beside its amount)
uncredited         未得学分         uncredited.py (what a row may mean that has no credit)
row                比对行           row.py (what both sides say of one thing)
itemised           逐笔比对         itemised.py (a sheet of single credits)
subtotal           合计项           subtotal.py (what one person has in a period)
aggregate          合计比对         aggregate.py (a sheet of totals)
coverage           所含年度         coverage.py (of which years a sheet is a list)
misreading         误写             misreading.py (of a number by one digit, or two turned round)
matching           人员对应         matching.py (whose row it is; double and doubtful ones listed)
comparison         比对             comparison.py (a sheet held against the ledger, in all)
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
sheet              表格             sheet.py (of a file that was given up, cell by cell)
cell               单元格           cell.py (what people write into one, and how it is read)
dating             日期写法         dating.py (how people write days, years and spans of them)
phrase             用语             phrase.py (wordings in a cell that stand for a value)
mapping            列对应           mapping.py (what each column of a sheet means)
wording            列名             wording.py (by what names columns are called)
heading            表头             heading.py (where a header stands, and its wordings)
joining            并表             joining.py (several tabs of a workbook read as one list)
skip               略过行           skip.py (rows of a sheet that are no records)
tally              合计核对         tally.py (what records come to, held against rows of totals)
reading            读表             reading.py (the records of a sheet, and what is no record)
claimed            名册各行         claimed.py (the rows of a sheet as persons and as claims)
reconciliation     对账             reconciliation.py (a bureau's sheet held against the ledger)
intake             入账             intake.py (of what a trial had shown, once)
line               对账行           line.py (of a result, as a petition names it)
petition           更正申请         petition.py (that a credit be put right; its bureau decides)
retraction         撤回更正申请     retraction.py (who asked for it does not ask any more)
discrepancy        对账差异         discrepancy.py (how differences are settled, and signed)
load               载入             load.py (a sheet is taken in, as a dry run had shown it)
anomaly            异常             anomaly.py (in what a list contradicts the ledger; settled)
intention          拟办             intention.py (what a row of a sheet would lead to)
roll               花名册           roll.py (the teachers and schools that a row may mean)
roster             名册             roster.py (a list of teachers, and what its rows lead to)
balance sheet      期初余额表       balance_sheet.py (opening balances, row by row)
class book         班级簿           class_book.py (a class as a sheet of it is held against)
due                应认定学分       due.py (what a trainee earns by the ledger's own rules)
result sheet       班级结果表       result_sheet.py (results of a class, row by row)
milestone          节点             milestone.py (the steps of a past term that a row tells)
past               往期             past.py (the steps that the ledger has already)
past step          往期环节         past_step.py (a step of a past term, and its command)
lesson             课次             lesson.py (the lessons of a class as sheets tell them)
term sheet         学期事项表       term_sheet.py (the steps of a past term, row by row)
school sheet       校本培训表       school_sheet.py (school-based trainings, row by row)
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
    finding, kind, rule, regulation, requirement, register, teacher,
    transfer, category, accreditation,
    seniority, cycle, term, profile, plan, mandate, trainer, channel, form, order, response,
    candidate, segment, fee, content, mode, host, scrutiny, quota, cap, declaration, review,
    spot_check, resumption, restart, supervision, reopening, dates, delivery, offering,
    redating, removal, warning, sanction, expansion, enrollment, parallel, round, selection,
    assignment, draw, applicant, screening, rank, admission, invitation, change, effect,
    execution, schedule, log, extent, withdrawal, circular, settlement, attendance, leave,
    assessment, evaluation, safeguard, completion, judgement, notice, feedback, charge, conduct,
    omission, closing, school_based, population, sample, oversight, observation, funding, duty,
    school_plan, recognition, worth, credit, balance, account, correction, adjustment,
    misconduct, remedy, redress, record, erasure, reserve, minimum, special, structure, footing,
    breakdown, yearly, doubt,
    verdict, ground, prospect, caution, evidence, way, difference, summary, level, drift,
    service_token, sign_off, spot, claim, cause, rounding, attribution, mark, likeness, tie,
    summing, pairing, holding, forfeiture, influence, slip, uncredited, row, itemised, subtotal,
    aggregate, coverage, misreading, matching, comparison, trial, explanation, obstacle, denial,
    lineup,
    placement, exclusion, indicator, target, consequence, sheet, cell, dating, phrase, mapping,
    wording, heading, joining, skip, tally, reading, claimed, reconciliation, intake, line,
    petition, retraction, discrepancy, load,
    anomaly, intention, roll, roster, balance_sheet, class_book, due, result_sheet, milestone, past,
    past_step, lesson, term_sheet, school_sheet, statement, draft, conflict, document, adoption,
    policy, amendment,
)

NOUNS = (
    finding, kind, rule, regulation, requirement, register, teacher,
    transfer, category, accreditation,
    seniority, cycle, term, profile, plan, mandate, trainer, channel, form, order, response,
    candidate, segment, fee, content, mode, host, scrutiny, quota, cap, declaration, review,
    spot_check, resumption, restart, supervision, reopening, dates, delivery, offering,
    redating, removal, warning, sanction, expansion, enrollment, parallel, round, selection,
    assignment, draw, applicant, screening, rank, admission, invitation, change, effect,
    execution, schedule, log, extent, withdrawal, circular, settlement, attendance, leave,
    assessment, evaluation, safeguard, completion, judgement, notice, feedback, charge, conduct,
    omission, closing, school_based, population, sample, oversight, observation, funding, duty,
    school_plan, recognition, worth, credit, balance, account, correction, adjustment,
    misconduct, remedy, redress, record, erasure, reserve, minimum, special, structure, footing,
    breakdown, yearly, doubt,
    verdict, ground, prospect, caution, evidence, way, difference, summary, level, drift,
    service_token, sign_off, spot, claim, cause, rounding, attribution, mark, likeness, tie,
    summing, pairing, holding, forfeiture, influence, slip, uncredited, row, itemised, subtotal,
    aggregate, coverage, misreading, matching, comparison, trial, explanation, obstacle, denial,
    lineup,
    placement, exclusion, indicator, target, consequence, sheet, cell, dating, phrase, mapping,
    wording, heading, joining, skip, tally, reading, claimed, reconciliation, intake, line,
    petition, retraction, discrepancy, load,
    anomaly, intention, roll, roster, balance_sheet, class_book, due, result_sheet, milestone, past,
    past_step, lesson, term_sheet, school_sheet, statement, draft, conflict, document, adoption,
    policy, amendment,
)
# fmt: on
