"""Container: what a file is by its bytes, and whether it is safe to be read at all.

A workbook is an archive (XLSX, ODS) or a compound file (XLS). An archive is unpacked here once,
counting, before any other program unpacks it: what it declares about its sizes is not believed.
Each reason to refuse a file has a code and a sentence.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from zipfile import BadZipFile, ZipFile, ZipInfo

from ledger.fault import Fault

BYTES_MAX = 32 * 1024 * 1024
UNPACKED_BYTES_MAX = 400 * 1024 * 1024
ENTRIES_MAX = 1_000
# No workbook of people packs a large part so tightly.
LARGE_PART_BYTES, RATIO_MAX = 32 * 1024 * 1024, 100
CHUNK_BYTES = 256 * 1024
LOCAL_HEADER_BYTES, NAME_OFFSET = 30, 26
STORED, DEFLATED = 0, 8

FORMATS = {"csv": "csv", "txt": "csv", "xlsx": "xlsx", "xls": "xls", "ods": "ods"}
MACRO_EXTENSIONS = frozenset({"xlsm", "xltm", "xlam", "xla"})
SIGNATURES = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "compound"),
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"{\\rtf", "RTF"),
)
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
MARKUP = re.compile(rb"\s*<(!doctype\s+html|html|head|body|table|meta|\?xml|!--|script)", re.I)
# In single bytes, and as in UTF-16, where each letter has two.
DECLARATION = re.compile(rb"<!\x00?(?:D\x00?O\x00?C\x00?T\x00?Y\x00?P\x00?E|E\x00?N\x00?T\x00?I)")
MACRO_PARTS = re.compile(r"(^|/)(vbaproject|vbadata|macrosheets?/|basic/|scripts/)", re.I)
EMBEDDED = re.compile(r"\.(zip|xlsx?|xlsm|docx?|pptx?|bin\.gz|7z|rar|gz|jar|ods|odt|exe)$", re.I)
# Where a package says of what type its parts are, whatever they are called.
PACKAGE_PARTS = re.compile(r"^\[content_types\]\.xml$|\.rels$", re.I)
MACRO_TYPES = re.compile(
    rb"macroEnabled|ms-office\.vba|vbaProject|ms-excel\.(?:intl)?macrosheet|/xlMacrosheet"
    rb"|/xlIntlMacrosheet|ms-excel\.addin",
    re.I,
)
TAIL_BYTES = 64
MARKUP_PARTS = re.compile(r"\.(xml|rels|vml)$", re.I)

Look = Callable[[str, bytes], None]


def refuse(code: str, zh: str, en: str) -> Fault:
    """A fault about a file."""
    return Fault(code, zh=zh, en=en, field="file")


def format_of(data: bytes, name: str) -> str:
    """``csv``, ``xlsx``, ``xls`` or ``ods``. Raises ``Fault`` where name and bytes disagree."""
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension in MACRO_EXTENSIONS:
        raise macros()
    if extension not in FORMATS:
        raise refuse(
            "FORMAT_UNKNOWN",
            "只接受 .xlsx、.xls、.ods 和 .csv 文件；其他格式请在表格软件中另存为 .xlsx",
            "only .xlsx, .xls, .ods and .csv files are taken; save the sheet as .xlsx",
        )
    if not data.strip(b"\x00\r\n\t \xef\xbb\xbf"):
        raise refuse("FILE_EMPTY", "文件是空的", "the file is empty")
    found = _found(data)
    if found != FORMATS[extension]:
        shown = {"compound": "xls", "zip": "ZIP", "csv": "text"}.get(found, found)
        raise refuse(
            "MISLABELLED",
            f"文件名是 .{extension}，内容却是 {shown.upper()}；请在表格软件中另存为 .xlsx",
            f"the file is called .{extension}, but it is {shown.upper()}; open it in a "
            "spreadsheet program and save it as .xlsx",
        )
    return found


def _found(data: bytes) -> str:
    """The format, or the name of what else it is."""
    kind = next((kind for magic, kind in SIGNATURES if data.startswith(magic)), None)
    if kind == "compound":
        if ENCRYPTED in data:
            raise locked()
        return "xls"
    if kind == "zip":
        names = set(_archive(data).NameToInfo)
        if "xl/workbook.xml" in names or any(each.startswith("xl/") for each in names):
            return "xlsx"
        return "ods" if "content.xml" in names else "zip"
    if kind is not None:
        return kind
    return "html" if MARKUP.match(data[:1024].lstrip(b"\xef\xbb\xbf")) else "csv"


def unpack(data: bytes, look: Look) -> None:
    """Unpacks every part of an archive once, and shows it to ``look`` piece by piece.

    Raises ``Fault`` for what is cut off, locked, has macros or other files in it, declares
    entities, or grows beyond a limit.
    """
    archive = _archive(data)
    entries = archive.infolist()
    if len(entries) > ENTRIES_MAX:
        raise _bomb(f"超过 {ENTRIES_MAX} 个部分", f"over {ENTRIES_MAX} parts")
    if len({each.filename.lower() for each in entries}) < len(entries):
        raise damaged()
    for entry in entries:
        _acceptable(entry)
    if sum(each.file_size for each in entries) > UNPACKED_BYTES_MAX:
        raise _too_big()
    left, taken = UNPACKED_BYTES_MAX, 0
    for entry in entries:
        taken += entry.compress_size
        if taken > len(data):
            raise _bomb("各部分互相重叠", "its parts overlap")
        size = 0
        for piece in _pieces(data, entry):
            size += len(piece)
            if size > entry.file_size or size > left:
                raise _too_big()
            if size > LARGE_PART_BYTES and size > entry.compress_size * RATIO_MAX:
                raise _bomb(
                    f"有一部分展开到压缩时的 {RATIO_MAX} 倍以上",
                    f"over {RATIO_MAX} times the size of one of its parts",
                )
            look(entry.filename, piece)
        if size != entry.file_size:
            raise damaged()
        left -= size
        look(entry.filename, b"")


def _acceptable(entry: ZipInfo) -> None:
    """Raises ``Fault`` for a part that no workbook of ours has."""
    if entry.flag_bits & 1:
        raise locked()
    if MACRO_PARTS.search(entry.filename):
        raise macros()
    if EMBEDDED.search(entry.filename):
        raise refuse(
            "FILES_EMBEDDED",
            f"工作簿里嵌有其他文件（{entry.filename[-60:]}），请删除后再上传",
            f"another file is embedded in the workbook ({entry.filename[-60:]}); remove it",
        )
    if entry.compress_type not in (STORED, DEFLATED):
        raise damaged()


def guard() -> Look:
    """Looks into the parts that are XML: for declarations of entities, and parts with macros."""
    tail = b""

    def look(name: str, piece: bytes) -> None:
        nonlocal tail
        if not MARKUP_PARTS.search(name):
            return
        if DECLARATION.search(tail + piece):
            raise refuse(
                "ENTITIES_DECLARED",
                "工作簿的 XML 中声明了 DOCTYPE 或实体，表格软件不会这样写，不予读取",
                "the XML of the workbook declares a DOCTYPE or entities, as no spreadsheet "
                "program does; it is not read",
            )
        if PACKAGE_PARTS.search(name) and MACRO_TYPES.search(tail + piece):
            raise macros()
        tail = piece[-TAIL_BYTES:] if piece else b""

    return look


def _archive(data: bytes) -> ZipFile:
    try:
        return ZipFile(io.BytesIO(data))
    except (BadZipFile, ValueError, NotImplementedError, struct.error, OSError):
        raise damaged() from None


def _pieces(data: bytes, entry: ZipInfo) -> Iterator[bytes]:
    """A part as it unpacks, in pieces of bounded size; the sizes it declares are not asked."""
    at = entry.header_offset
    header = data[at : at + LOCAL_HEADER_BYTES]
    if len(header) < LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise damaged()
    name, extra = struct.unpack_from("<HH", header, NAME_OFFSET)
    start = at + LOCAL_HEADER_BYTES + name + extra
    packed = memoryview(data)[start : start + entry.compress_size]
    if len(packed) < entry.compress_size:
        raise damaged()
    if entry.compress_type == STORED:
        for begin in range(0, len(packed), CHUNK_BYTES):
            yield bytes(packed[begin : begin + CHUNK_BYTES])
        return
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for begin in range(0, len(packed), CHUNK_BYTES):
            given = bytes(packed[begin : begin + CHUNK_BYTES])
            while given and not inflate.eof:
                yield inflate.decompress(given, CHUNK_BYTES)
                given = inflate.unconsumed_tail
        yield inflate.flush()
    except zlib.error:
        raise damaged() from None
    if not inflate.eof:
        raise damaged()


def damaged() -> Fault:
    """The file is cut off or altered."""
    return refuse(
        "FILE_DAMAGED",
        "文件不完整或已损坏，可能没有传完；请在表格软件中打开检查，另存后重新上传",
        "the file is cut off or damaged, perhaps it was not copied whole; open it, save it again",
    )


def locked() -> Fault:
    """The file needs a password."""
    return refuse(
        "FILE_ENCRYPTED",
        "文件设有打开密码，请去掉密码后再上传",
        "the file is encrypted; remove its password first",
    )


def macros() -> Fault:
    """The file holds programs."""
    return refuse(
        "MACROS_PRESENT",
        "文件带有宏，请另存为不带宏的 .xlsx 后再上传",
        "the file holds macros; save it as .xlsx without them",
    )


def _too_big() -> Fault:
    most = UNPACKED_BYTES_MAX // 1024 // 1024
    zh = f"展开后超过 {most} MiB，或与所声明的大小不符"
    return _bomb(zh, f"over {most} MiB, or not as declared")


def _bomb(zh: str, en: str) -> Fault:
    zh, en = f"压缩包异常：{zh}，不予读取", f"the archive unpacks to {en}"
    return refuse("UNPACKS_TOO_LARGE", zh, en)
