"""The vault: personal data, outside the ledger, under a key per person.

An event carries salted digests only (RFC 9901 section 4.2). The vault holds salt and value as one
disclosure, sealed with AES-256-GCM under the person's key; that key is wrapped by a key that never
enters the database. Destroying the person's key erases the person while every byte of the ledger
stays. Look-up by id number goes through a keyed hash in a table of its own.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg_pool import ConnectionPool

from ledger.store.array import words
from ledger.store.keyfile import write_once
from ledger.store.statements import KNOWN_IDENTITIES
from ledger.store.trouble import Trouble
from ledger.store.work import Seal

KEY_BYTES = 32
NONCE_BYTES = 12
SALT_BYTES = 16
_CHANCE, _CHANCE_EACH = KEY_BYTES + NONCE_BYTES, SALT_BYTES + NONCE_BYTES
ID_NUMBER = "id_number"


def load_key(file: Path) -> bytes:
    """The wrapping key from a file; made on first use, readable by its owner only.

    Raises ``Trouble`` (``VAULT_KEY_BAD``) for a file that holds no such key.
    """
    if not file.exists():
        write_once(file, b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
    try:
        key = b64decode(file.read_text().strip(), validate=True)
    except (ValueError, OSError):
        key = b""
    if len(key) != KEY_BYTES:
        raise Trouble(
            "VAULT_KEY_BAD",
            zh=f"{file} 不是有效的保险库密钥文件，请恢复原来的文件",
            en=f"{file} holds no vault key; put the original file back",
        )
    return key


class Vault:
    """Seals and opens personal data."""

    def __init__(self, key: bytes, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self._wrap = AESGCM(sha256(b"wrap\x00" + key).digest())
        self._fingerprint_key = sha256(b"fingerprint\x00" + key).digest()
        self._pool = pool

    def verify(self) -> None:
        """Raises ``Trouble`` (``VAULT_KEY_WRONG``) unless this is the key the vault began with."""
        proof = hmac.digest(self._fingerprint_key, b"proof", "sha256")
        with self._pool.connection() as connection:
            connection.execute(
                "insert into vault.proof (proof) values (%s) on conflict do nothing", (proof,)
            )
            row = connection.execute("select proof from vault.proof").fetchone()
        if row is None or bytes(row[0]) != proof:
            raise _wrong_key()

    def seal(
        self, subject: str, values: dict[str, str], salts: Sequence[bytes] = ()
    ) -> tuple[Seal, tuple[str, ...]]:
        """Values sealed under a new key of a subject, and their digests in order for the event.

        ``salts``: one a value, of 16 bytes, for people whom somebody made up; else by chance.
        """
        # The system is asked once for all of it; asking costs more than the sealing.
        chance = memoryview(secrets.token_bytes(_CHANCE + len(values) * _CHANCE_EACH))
        key, nonce = bytes(chance[:KEY_BYTES]), bytes(chance[KEY_BYTES:_CHANCE])
        wrapped = nonce + self._wrap.encrypt(nonce, key, subject.encode())
        box = AESGCM(key)
        sealed: list[tuple[str, str, bytes]] = []
        for number, (name, value) in enumerate(values.items()):
            own = chance[_CHANCE + number * _CHANCE_EACH :]
            salt = _base64url(salts[number] if salts else own[:SALT_BYTES])
            nonce = bytes(own[SALT_BYTES:_CHANCE_EACH])
            disclosure = _base64url(msgspec.json.encode([salt, name, value]))
            digest = digest_of(disclosure)
            bound = f"{subject}|{digest}".encode()
            sealed.append((digest, name, nonce + box.encrypt(nonce, disclosure.encode(), bound)))
        identity = values.get(ID_NUMBER)
        seal = Seal(
            subject=subject,
            wrapped=wrapped,
            secrets=tuple(sealed),
            fingerprint=self.fingerprint(identity) if identity else None,
            content=hmac.digest(
                self._fingerprint_key, msgspec.json.encode(values, order="sorted"), "sha256"
            ),
        )
        return seal, tuple(sorted(digest for digest, _, _ in sealed))

    def mark(self, subject: str, values: dict[str, str]) -> Seal:
        """Whose values they are, with nothing sealed: for what is only tried."""
        number = values.get(ID_NUMBER)
        fingerprint = self.fingerprint(number) if number else None
        return Seal(subject=subject, wrapped=b"", secrets=(), fingerprint=fingerprint)

    def fingerprint(self, id_number: str) -> bytes:
        """The keyed hash by which an id number is looked up."""
        return hmac.digest(self._fingerprint_key, id_number.upper().encode(), "sha256")

    def derived(self, *what: str) -> bytes:
        """32 bytes that follow from a text, and that nobody without the key could guess."""
        named = "\0".join(("derived", *what)).encode()
        return hmac.digest(self._fingerprint_key, named, "sha256")

    def open(self, subjects: list[str]) -> dict[str, dict[str, str]]:
        """The values of each subject by field; a subject whose key is destroyed has none."""
        found: dict[str, dict[str, str]] = {subject: {} for subject in subjects}
        with self._pool.connection() as connection:
            keys = dict(
                connection.execute(
                    "select subject, wrapped from vault.keys "
                    "where subject = any(%t::text[]) and wrapped is not null",
                    (words(subjects),),
                ).fetchall()
            )
            rows = connection.execute(
                "select subject, field, digest, sealed from vault.secrets "
                "where subject = any(%t::text[])",
                (words(keys),),
            ).fetchall()
        boxes = {subject: self._unwrap(subject, bytes(key)) for subject, key in keys.items()}
        for subject, name, digest, sealed in rows:
            body = bytes(sealed)
            bound = f"{subject}|{digest}".encode()
            try:
                plain = boxes[subject].decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], bound)
            except InvalidTag:
                raise _damaged(subject, name) from None
            found[subject][name] = _disclosed(plain)
        return found

    def find(self, id_number: str) -> str | None:
        """The subject of an id number."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "select subject from vault.lookups where fingerprint = %s",
                (self.fingerprint(id_number),),
            ).fetchone()
        return row[0] if row else None

    def new_key(self, subject: str) -> bytes:
        """A key of its own for a subject, wrapped."""
        nonce, key = secrets.token_bytes(NONCE_BYTES), AESGCM.generate_key(256)
        return nonce + self._wrap.encrypt(nonce, key, subject.encode())

    def seal_bytes(self, subject: str, wrapped: bytes, field: str, data: bytes) -> bytes:
        """Bytes sealed under a subject's wrapped key, bound to the subject and the field."""
        nonce, bound = secrets.token_bytes(NONCE_BYTES), f"{subject}|{field}".encode()
        return nonce + self._unwrap(subject, wrapped).encrypt(nonce, data, bound)

    def open_bytes(self, subject: str, wrapped: bytes, field: str, sealed: bytes) -> bytes:
        """What ``seal_bytes`` sealed. Raises ``Trouble`` where it was altered or moved."""
        bound = f"{subject}|{field}".encode()
        try:
            return self._unwrap(subject, wrapped).decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound
            )
        except InvalidTag:
            raise _damaged(subject, field) from None

    def owners(self, fingerprints: list[bytes]) -> dict[bytes, str]:
        """The subjects of those keyed hashes that are known."""
        with self._pool.connection() as connection:
            rows = connection.execute(KNOWN_IDENTITIES, (fingerprints,)).fetchall()
        return {bytes(fingerprint): subject for fingerprint, subject in rows}

    def erase(self, subject: str) -> bool:
        """Destroys a subject's key and look-ups; whether there was a key to destroy."""
        return destroy_key(self._pool, subject)

    def _unwrap(self, subject: str, wrapped: bytes) -> AESGCM:
        try:
            key = self._wrap.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], subject.encode())
        except InvalidTag:
            raise _wrong_key() from None
        return AESGCM(key)


def destroy_key(pool: ConnectionPool[psycopg.Connection[Any]], subject: str) -> bool:
    """Destroys a subject's key and look-ups; needs no key of the vault. Whether there was one."""
    with pool.connection() as connection:
        done = connection.execute(
            "update vault.keys set wrapped = null, destroyed_at = now() "
            "where subject = %s and wrapped is not null",
            (subject,),
        ).rowcount
        connection.execute("delete from vault.lookups where subject = %s", (subject,))
    return done > 0


def digest_of(disclosure: str) -> str:
    """The digest of a disclosure as it stands in an event (RFC 9901 section 4.2.3)."""
    return _base64url(sha256(disclosure.encode()).digest())


def _damaged(subject: str, name: str) -> Trouble:
    return Trouble(
        "VAULT_DAMAGED",
        zh=f"保险库中 {subject} 的 {name} 已被改动或移位，无法解密，请从备份恢复",
        en=f"the {name} of {subject} in the vault was altered or moved; restore it from a backup",
    )


def _disclosed(plain: bytes) -> str:
    padded = plain + b"=" * (-len(plain) % 4)
    _, _, value = msgspec.json.decode(urlsafe_b64decode(padded), type=tuple[str, str, str])
    return value


def _base64url(data: bytes | memoryview) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _wrong_key() -> Trouble:
    return Trouble(
        "VAULT_KEY_WRONG",
        zh="保险库密钥与数据库不符，请使用建库时的密钥文件（XUEFEN_VAULT_KEY）",
        en="the vault key does not fit this database; use the key file it was made with "
        "(XUEFEN_VAULT_KEY)",
    )
