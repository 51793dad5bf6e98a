"""Wording: by what names bureaus and schools call the columns of their sheets.

Each pattern is for a header without blanks, marks and remarks in brackets. Of two columns with one
meaning, the one whose wording stands further up has it.
"""

from __future__ import annotations

import re

from ledger.mapping import Column

WORDS: tuple[tuple[Column, str], ...] = (
    (Column.ID_NUMBER, r"(公民|居民|教师|学员|本人)?身份证(件)?(号|号码|编号|明号码)?"),
    (Column.ID_NUMBER, r"(有效)?(身份)?证件号(码)?|证照号码?|idnumber|idno|idcard"),
    (
        Column.NUMBER,
        r"(师训|培训|继教|继续教育|教师|学员)?(管理)?(平台)?(教师|学员)?"
        r"(编号|编码|账号|代码|[Ii][Dd]号?)",
    ),
    (Column.NUMBER, r"(师训|继教|继续教育|平台|学员|教师)号|个人编号|teacher|number|teacherid"),
    (Column.NUMBER, r"(教师|教职工|教工|教职|职)?工号|(教职工|教工|职工)号"),
    (Column.NAME, r"(教师|学员|参训教师|参训人员|参训学员|培训教师|参加人员|本人|人员)?姓名"),
    (Column.NAME, r"名字|教师名|学员|参训教师|参训学员|教师|name|fullname"),
    (
        Column.SCHOOL,
        r"(所在|工作|任教|任职|人事|现任教|派出|选送)?(学校|单位|园所|校园)"
        r"(名称|全称|简称)?",
    ),
    (Column.SCHOOL, r"学校单位|单位学校|校名|(学校|单位)名|school"),
    (
        Column.PLACE,
        r"(所属|所在)?(县市区|市县区|区县|县区|属地|地区|县|行政区划(代码)?)"
        r"|place|county",
    ),
    (Column.PHONE, r"(联系|移动|手机)?(电话|手机)(号|号码)?|联系方式|phone|mobile"),
    (Column.STAGE, r"(任教|所属|教学)?学段(层次)?|stage"),
    (Column.SUBJECT, r"(任教|所教|申报|教学)?(学科|科目)(名称)?|subject"),
    (Column.ENTERED, r"(参加工作|入职|任教|从教|进编|来校|工作)(时间|日期|年月)|entered"),
    (Column.CYCLE, r"(培训|继续教育|学分|所属|学时)?周期|cycle"),
    (Column.YEAR, r"(培训|所属|学分|认定|统计|考核)?(年度|年份|学年|年)|year"),
    (Column.KIND, r"(培训|学分|学时|项目)(类型|类别|形式|方式|性质|种类|类)|类别|类型|kind"),
    (
        Column.PROVIDER,
        r"(培训|承办|举办|实施|主办|组织|承训|施训)(机构|单位|院校|学校)(名称)?"
        r"|provider",
    ),
    (Column.PROJECT, r"项目(编号|代码|编码|号)|project"),
    (
        Column.OFFERING,
        r"(班级|班期|班次|培训班)(编号|代码|编码|号)?|(班级|班期|班次)名称|offering|class",
    ),
    (
        Column.TITLE,
        r"(培训|项目|课程|活动|研修|校本培训|校本研修)(项目|课程|活动)?"
        r"(名称|名|主题|题目|内容)",
    ),
    (Column.TITLE, r"(培训|研修)项目|项目|培训内容|课程|主题|title"),
    (Column.TITLE, r"(培训|研修)班(名称|名)"),
    (Column.OFFERING, r"研修班"),
    (Column.STARTED, r"(调动|调入|到岗|到校)(时间|日期|年月日)"),
    (Column.STARTED, r"(培训|开班|开始|起始|起|开课|报到|项目)(开始)?(时间|日期)|started|start"),
    (
        Column.COMPLETED,
        r"(结业|结束|完成|认定|取得|获得|截止|结班|培训结束|培训完成|止|登记)"
        r"(时间|日期|年月日)",
    ),
    (Column.COMPLETED, r"(培训|项目|办班|学习|研修)?(起止|起讫)(时间|日期|年月日|年月)?"),
    (Column.STARTED, r"(培训|研修|学习)?(开始|起始)(时间|日期|日|年月日)?|起|培训起"),
    (
        Column.COMPLETED,
        r"(培训|研修|学习|项目)?(结业|结束|终止|截止|完成)(时间|日期|日|年月日)"
        r"|(培训|研修|学习)?(结束|终止)|止|培训止",
    ),
    (Column.COMPLETED, r"日期|时间|培训时间|培训日期|completed|date"),
    (Column.HALF, r"(上课|培训|缺课|缺勤)?(半天|午别|上下午|时段)|half"),
    (
        Column.HOURS_MISSED,
        r"(缺勤|缺课|缺席|请假|旷课|未到|扣除?|扣减)(学时|课时|时数|节数)(数)?"
        r"|hoursmissed",
    ),
    (Column.BASE, r"(应得|标准|基础|项目|计划|额定|原定)(学分|分值|分)(数)?|base|basecredits"),
    (
        Column.CREDITS_INTENSIVE,
        r"(90学时)?(以上)?(集中|脱产|集中脱产|集中面授|面授|90学时)(培训|研修|学习)?"
        r"(类)?(学分|学时)?(数|合计|小计)?",
    ),
    (
        Column.CREDITS_BLENDED,
        r"(混合|混合式|线上线下混合)(培训|研修|学习)?(类)?(学分|学时)?(数|合计|小计)?",
    ),
    (
        Column.CREDITS_DISTANCE,
        r"(远程|网络|线上|在线|网上)(培训|研修|学习)?(类)?(学分|学时)?(数|合计|小计)?",
    ),
    (Column.CREDITS_SCHOOL_BASED, r"校本(培训|研修|学习)?(类)?(学分|学时)?(数|合计|小计)?"),
    (
        Column.CREDITS,
        r"(认定|实得|获得|取得|所得|所获|实际|核定|已获|最终|登记|折算|折合|学员)学分(数|值)?",
    ),
    (
        Column.CREDITS,
        r"(培训|总|累计|合计|年度|周期|全部|已修)?学分(数|值|合计|总数|总计|小计)?|得"
        r"分|credits",
    ),
    (Column.CREDITS, r"分值|学时学分|学分学时"),
    (Column.CREDITS, r"(学分)?(合计|总计|小计|总分)(数|值)?"),
    (
        Column.HOURS,
        r"(认定|实得|获得|所获|折算|实际|培训|总|累计|计划|完成|出勤|实到)?(学时|课时)"
        r"(数|合计|总数)?|hours",
    ),
    (
        Column.PASSED,
        r"(考核|结业|培训|是否|测评|考试|最终)?"
        r"(结果|合格|结业|通过|成绩|情况|等第|结论)|passed",
    ),
    (Column.PASSED, r"是否(结业|合格|通过)|考核(结果|情况|等次|等第)|(结业|考核)状态"),
    (Column.CERTAIN, r"(数额|余额|学分|数据)?(是否)?(确定|核实|准确)(情况|与否|性)?|certain(ty)?"),
    (Column.STEP, r"(状态|步骤|环节|阶段|进度|记录类型)|(项目|审核|办理)状态|step|status"),
    (Column.NOTE, r"备注|说明|附注|备考|note|remarks?"),
)
# What a sheet of a past term calls its columns; elsewhere these words mean something else.
TERM_WORDS: tuple[tuple[Column, str], ...] = (
    (Column.DECLARED_ON, r"(项目)?申报(时间|日期)|declaredon"),
    (Column.SCHOOL_REVIEWED_ON, r"学校(审核|初审)(时间|日期)|schoolreviewedon"),
    (Column.REVIEWED_ON, r"(项目|申报)?(审核|评审|立项)(时间|日期)|reviewedon"),
    (Column.PUBLISHED_ON, r"(项目|课程表|课表)?(发布|公布)(时间|日期)|publishedon"),
    (Column.OPENED_ON, r"(班级|班期)?(开设|设立|建班|上架)(时间|日期)|openedon"),
    (Column.SELECTED_ON, r"(选课|报名)(时间|日期)|selectedon"),
    (Column.ADMITTED_ON, r"(录取|复核|确认)(时间|日期)|admittedon"),
    (Column.TAUGHT_ON, r"(上课|授课|缺课|缺勤)(时间|日期)|taughton"),
    (Column.ASSESSED_ON, r"(结业)?考核(时间|日期)|assessedon"),
    (Column.SETTLED_ON, r"结业(判定)?(时间|日期)|settledon"),
    (Column.AWARDED_ON, r"(学分)?认定(时间|日期)|awardedon"),
    (Column.CLOSED_ON, r"结班(时间|日期)|closedon"),
    (Column.TERM, r"(培训)?(学期|批次)|term"),
    (Column.LEAD, r"(项目)?负责人(编号|工号|代码)|lead"),
    (Column.LEAD_TITLE, r"(项目)?(负责人)?职称|leadtitle"),
    (Column.LEAD_REGULAR, r"(项目)?负责人(是否)?(在编|在职|本单位)(人员)?|leadregular"),
    (Column.LEAD_EXPERT, r"(项目)?负责人(是否)?(专业|学科)(对口|相符|背景)?|leadexpert"),
    (Column.SEATS, r"(计划|招生|班级|培训)?(名额|容量|人数)|seats"),
)
TERM_PATTERNS = tuple((column, re.compile(words)) for column, words in TERM_WORDS)
PATTERNS = tuple((column, re.compile(words)) for column, words in WORDS)
