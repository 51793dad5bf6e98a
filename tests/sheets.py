"""Sheets for tests, as Excel, WPS and LibreOffice make them, and files that only look like one."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from datetime import date
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter

GOOD = "11010519491231002X"
OTHER = "440524188001010014"
HEADER = ("序号", "姓名", "身份证号", "学校", "培训项目", "类别", "结业时间", "学分")


def xlsx(fill: Callable[[Any], None], **options: Any) -> bytes:
    """A workbook as xlsxwriter makes it."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, options)
    fill(book)
    book.close()
    return file.getvalue()


def excel(book: Any) -> None:
    """A list as it comes from Excel: a merged title, a filter that hides a row, a total, notes."""
    sheet = book.add_worksheet("学分明细")
    day = book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
    sheet.merge_range("A1:H1", "瑞安市2024年教师培训学分一览表", book.add_format({"bold": True}))
    sheet.write("A2", "填报单位：瑞安市教育局")
    sheet.write_row("A3", HEADER)
    sheet.write_row("A4", [1, "王　芳", GOOD.lower(), "一中", "语文教学", "集中培训"])
    sheet.write_datetime("G4", date(2024, 3, 7), day)
    sheet.write_string("H4", "２４")
    sheet.write_row("A5", [2, "李四", OTHER, "二中", "数学教学", "网络研修", "2024.3.7", 8.5])
    sheet.set_row(4, None, None, {"hidden": True})
    sheet.write_row("A6", [3, "张三", 330381199001011234, "一中", "校本", "校本培训", 45358])
    sheet.write_formula("H6", "=1/0", None, "#DIV/0!")
    sheet.write("A7", "合计")
    sheet.write_formula("H7", "=SUM(H4:H6)", None, 32.5)
    book.add_worksheet("Sheet2")
    old = book.add_worksheet("旧表")
    old.write_row(0, 0, HEADER)
    old.hide()


def repacked(data: bytes, change: Callable[[str, bytes], bytes | None], **more: bytes) -> bytes:
    """The same archive with its parts changed, left out or added."""
    file = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = change(name, old.read(name))
            if body is not None:
                new.writestr(name, body)
        for name, body in more.items():
            new.writestr(name, body)
    return file.getvalue()


def kept(_: str, body: bytes) -> bytes:
    """No change."""
    return body


def lying(data: bytes, part: str, size: int) -> bytes:
    """The same archive, in which a part holds far more than it declares."""
    body = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = body.compress(b" " * size) + body.flush()
    out, central = io.BytesIO(), []
    with ZipFile(io.BytesIO(data)) as old:
        for name in old.namelist():
            whole = old.read(name)
            small = zlib.compressobj(9, zlib.DEFLATED, -15)
            body_ = packed if name == part else small.compress(whole) + small.flush()
            title, at = name.encode(), out.tell()
            fields = (20, 0, 8, 0, 33, zlib.crc32(whole), len(body_), len(whole), len(title))
            out.write(struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", *fields, 0) + title + body_)
            central.append(
                struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, *fields, 0, 0, 0, 0, 0, at)
                + title
            )
    start = out.tell()
    out.write(b"".join(central))
    count = len(central)
    end = (b"PK\x05\x06", 0, 0, count, count, out.tell() - start, start, 0)
    out.write(struct.pack("<4sHHHHIIH", *end))
    return out.getvalue()
