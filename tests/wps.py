"""Sheets by the conventions of WPS, made in code: what its packages have that Excel's have not.

As its files are described where readers failed on them: a build number among the properties,
refinements of Dublin Core elements, a namespace and a part of its own for pictures in cells, tags
with a prefix, texts within their cells, values of formulas beside the formulas.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from tests.sheets import GOOD, OTHER, repacked

SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PROPERTIES = "http://schemas.openxmlformats.org/officeDocument/2006"
DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
APP = (
    f'{DECLARED}<Properties xmlns="{PROPERTIES}/extended-properties" '
    f'xmlns:vt="{PROPERTIES}/docPropsVTypes"><Application>WPS 表格</Application>'
    "<HeadingPairs></HeadingPairs><TitlesOfParts></TitlesOfParts></Properties>"
)
CUSTOM = (
    f'{DECLARED}<Properties xmlns="{PROPERTIES}/custom-properties" '
    f'xmlns:vt="{PROPERTIES}/docPropsVTypes">'
    '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="KSOProductBuildVer">'
    "<vt:lpwstr>2052-12.1.0.16120</vt:lpwstr></property>"
    '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="3" name="ICV">'
    "<vt:lpwstr>5F0C7B1A4E2D4F0E9A6B_12</vt:lpwstr></property></Properties>"
)
CORE = (
    f"{DECLARED}<cp:coreProperties "
    'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:creator>教育局</dc:creator>'
    '<dcterms:created xsi:type="dcterms:W3CDTF">2024-03-07T01:00:00Z</dcterms:created>'
    '<dcterms:modified xsi:type="dcterms:W3CDTF">2024-03-07T01:00:00Z</dcterms:modified>'
    '<dc:language xsi:type="dcterms:RFC4646">zh-CN</dc:language></cp:coreProperties>'
)
ET = ' xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData"'
IMAGES = (
    f"{DECLARED}<etc:cellImages{ET} "
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/>'
)
PICTURE = '=DISPIMG("ID_0123456789ABCDEF0123456789ABCDEF",1)'


def wps(data: bytes) -> bytes:
    """A workbook as WPS packs it: its properties, its namespace, its part for pictures."""

    def change(name: str, body: bytes) -> bytes:
        text = body.decode() if name.endswith((".xml", ".rels")) else ""
        if name == "docProps/app.xml":
            return APP.encode()
        if name == "docProps/core.xml":
            return CORE.encode()
        if name == "[Content_Types].xml":
            more = (
                '<Override PartName="/docProps/custom.xml" ContentType="application/'
                'vnd.openxmlformats-officedocument.custom-properties+xml"/>'
                '<Override PartName="/xl/cellimages.xml" '
                'ContentType="application/vnd.wps-officedocument.cellimage+xml"/>'
            )
            return text.replace("</Types>", f"{more}</Types>").encode()
        if name == "xl/_rels/workbook.xml.rels":
            more = (
                '<Relationship Id="rId99" Type="http://www.wps.cn/officeDocument/2020/cellImage" '
                'Target="cellimages.xml"/>'
            )
            return text.replace("</Relationships>", f"{more}</Relationships>").encode()
        if name == "xl/workbook.xml":
            text = re.sub(
                "<fileVersion[^>]*/>",
                '<fileVersion appName="xl" lastEdited="3" lowestEdited="5" rupBuild="9302"/>',
                text,
            )
            return text.encode()
        if name.startswith("xl/worksheets/sheet"):
            return text.replace("<worksheet ", f"<worksheet{ET} ", 1).encode()
        return body

    more = {"docProps/custom.xml": CUSTOM.encode(), "xl/cellimages.xml": IMAGES.encode()}
    return repacked(data, change, **more)


def prefixed(data: bytes) -> bytes:
    """The same workbook with a prefix before each tag of a sheet, as some exports have it."""

    def change(name: str, body: bytes) -> bytes:
        if not re.match(r"xl/(workbook|sharedStrings|worksheets/sheet\d+)\.xml$", name):
            return body
        text = re.sub(r"<(/?)([A-Za-z])", r"<\1x:\2", body.decode())
        return text.replace(f'xmlns="{SPREADSHEET}"', f'xmlns:x="{SPREADSHEET}"').encode()

    return repacked(data, change)


def inline(data: bytes) -> bytes:
    """The same workbook with its texts within their cells, in runs, and none shared."""
    texts: list[str] = []

    def collect(name: str, body: bytes) -> bytes:
        if name == "xl/sharedStrings.xml":
            texts.extend(re.findall(r"<si><t[^>]*>(.*?)</t></si>", body.decode(), re.S))
        return body

    repacked(data, collect)

    def within(found: re.Match[str]) -> str:
        text = texts[int(found[2])]
        half = len(text) // 2
        runs = "".join(
            f'<r><rPr><sz val="11"/></rPr><t xml:space="preserve">{part}</t></r>'
            for part in (text[:half], text[half:])
            if part
        )
        return f'<c {found[1]}t="inlineStr"><is>{runs}</is></c>'

    def change(name: str, body: bytes) -> bytes | None:
        if name == "xl/sharedStrings.xml":
            return None
        text = body.decode() if name.endswith((".xml", ".rels")) else ""
        if name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
            return re.sub(r"<[^<>]*sharedStrings[^<>]*/>", "", text).encode()
        if name.startswith("xl/worksheets/sheet"):
            return re.sub(r'<c ([^>]*?)t="s"><v>(\d+)</v></c>', within, text).encode()
        return body

    return repacked(data, change)


def looked_up(cached: str) -> str:
    """A cell whose text another table gives, with the value that was found last."""
    formula = escape("VLOOKUP(B2,旧表!A:C,2,FALSE)", {'"': "&quot;"})
    return f'<c r="B2" t="str"><f>{formula}</f><v>{cached}</v></c>'


CSV = (
    "瑞安市教师培训学分,,,,,,,,\r\n"
    "序号,姓名,身份证号,学校,培训项目,类别,结业时间,学分,\r\n"
    f"1,王　芳,\t{GOOD.lower()},一中,语文教学,集中培训,2024年3月7日,２４,\r\n"
    f"2,李四,'{OTHER},二中,数学教学,网络研修,2024.3.7,8.5,\r\n"
    f'3,张三,"=""{GOOD}""",一中,校本,校本培训,2024/3/7,"1,024.5",\r\n'
    "合计,,,,,,,1057,\r\n"
    ",,,,,,,,\r\n"
)
