"""Documents that are kept under an id, so that a client sends the id alone.

Those of a file are the operator's: with ``own_documents`` off nothing else is carried out. An id is
``sha256:`` and the digest of the text (GraphQL over HTTP, appendix on persisted documents), or a
name that the operator chose. Apollo's automatic persisted queries are taken as a courtesy: who has
a token may leave a text here under its digest, in a process and until others take its place.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from pathlib import Path

from graphql import GraphQLError, parse

from api.edge.asked import Asked, Unfit
from ledger.store.trouble import Trouble

LEFT_MAX = 1_000
LEFT_CHARACTERS_MAX = 20_000
DIGEST = "sha256:"


class Documents:
    """Texts by id: the operator's, and those that clients left."""

    def __init__(self, kept: dict[str, str] | None = None) -> None:
        self._kept = dict(kept or {})
        self._kept |= {digest_of(text): text for text in self._kept.values()}
        self._left: OrderedDict[str, str] = OrderedDict()

    @classmethod
    def read(cls, file: Path) -> Documents:
        """Those of a JSON file ``{"id": "query …"}``. Raises ``Trouble`` (``DOCUMENTS_BAD``)."""
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            if not isinstance(found, dict):
                raise ValueError("no object")
            for text in found.values():
                parse(text)
        except (OSError, ValueError, TypeError, GraphQLError, RecursionError) as error:
            raise Trouble(
                "DOCUMENTS_BAD",
                zh=f"{file} 不是可用的文档文件，应为 JSON 对象，标识对应 GraphQL 文档（{error}）",
                en=f"{file} is no file of documents, a JSON object of GraphQL by id ({error})",
            ) from None
        return cls(found)

    def text_of(self, asked: Asked, *, own: bool, leave: bool) -> str:
        """The text of what is asked. Raises ``Unfit`` where it is not here or may not be sent.

        ``own``: whether a text that is not kept here may be sent; ``leave``: and be left here.
        """
        name, courtesy = _id_of(asked)
        if asked.query is None:
            text = self._found(name)
            if text is None:
                raise _unknown(courtesy)
            return text
        if name is not None and name.startswith(DIGEST) and digest_of(asked.query) != name:
            zh, en = "文档与其摘要不符", "the document does not have this digest"
            raise Unfit("DOCUMENT_DIFFERS", zh, en)
        if not own and digest_of(asked.query) not in self._kept:
            zh, en = "只执行已登记的文档", "only documents that are kept here are carried out"
            raise Unfit("DOCUMENTS_ONLY", zh, en, 403)
        if courtesy and leave and name is not None and len(asked.query) <= LEFT_CHARACTERS_MAX:
            self._left[name] = asked.query
            while len(self._left) > LEFT_MAX:
                self._left.popitem(last=False)
        return asked.query

    def _found(self, name: str | None) -> str | None:
        if name is None:
            return None
        if name in self._left:
            self._left.move_to_end(name)
        return self._kept.get(name) or self._left.get(name)


def digest_of(text: str) -> str:
    """The id of a text by its digest."""
    return DIGEST + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _id_of(asked: Asked) -> tuple[str | None, bool]:
    """The id that is named, and whether as automatic persisted queries name it."""
    if asked.document_id is not None:
        return asked.document_id, False
    said = asked.extensions.get("persistedQuery")
    if said is None:
        return None, False
    digest = said.get("sha256Hash") if isinstance(said, dict) else None
    if not isinstance(digest, str) or said.get("version", 1) != 1:
        zh, en = "persistedQuery 须有 sha256Hash", "`persistedQuery` has a sha256Hash of version 1"
        raise Unfit("BAD_REQUEST", zh, en)
    return DIGEST + digest.lower(), True


def _unknown(courtesy: bool) -> Unfit:
    if courtesy:  # by this code a client knows to send the text along
        en = "PersistedQueryNotFound: send the document along with its digest"
        return Unfit("PERSISTED_QUERY_NOT_FOUND", "没有此摘要的文档，请连同文档再发一次", en, 200)
    return Unfit("DOCUMENT_NOT_FOUND", "没有此标识的文档", "no document is kept under this id", 404)
