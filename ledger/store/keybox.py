"""The key box: key files sealed under a passphrase, for whoever wants them in a backup.

AES-256-GCM under a key from scrypt (RFC 7914). Whoever holds the box and its passphrase opens what
lies sealed in each backup beside it, erased people of later days too; so there is none unless asked
for.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ledger.store.keyfile import write_once
from ledger.store.trouble import Trouble

MARK = b"xuefen-keys-1\n"
SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32
COST, BLOCK, LANES = 2**16, 8, 1
"""What RFC 7914 calls N, r and p: 64 MiB for each guess of the passphrase."""
PASSPHRASE_CHARACTERS_MIN = 12


def seal_keys(files: dict[str, Path], passphrase: str) -> bytes:
    """The texts of key files by name, sealed. Raises ``Trouble`` (``PASSPHRASE_SHORT``)."""
    if len(passphrase) < PASSPHRASE_CHARACTERS_MIN:
        raise Trouble(
            "PASSPHRASE_SHORT",
            zh=f"口令至少 {PASSPHRASE_CHARACTERS_MIN} 个字符",
            en=f"the passphrase needs at least {PASSPHRASE_CHARACTERS_MIN} characters",
        )
    salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    plain = msgspec.json.encode({name: file.read_text() for name, file in files.items()})
    return MARK + salt + nonce + _box(passphrase, salt).encrypt(nonce, plain, MARK)


def open_keys(sealed: bytes, passphrase: str) -> dict[str, str]:
    """The texts by name. Raises ``Trouble`` (``PASSPHRASE_WRONG``)."""
    body = sealed.removeprefix(MARK)
    salt, nonce = body[:SALT_BYTES], body[SALT_BYTES : SALT_BYTES + NONCE_BYTES]
    try:
        plain = _box(passphrase, salt).decrypt(nonce, body[SALT_BYTES + NONCE_BYTES :], MARK)
    except (InvalidTag, ValueError):
        raise Trouble(
            "PASSPHRASE_WRONG",
            zh="口令不对，密钥没有取出",
            en="the passphrase is wrong; no key was taken out",
        ) from None
    return msgspec.json.decode(plain, type=dict[str, str])


@contextmanager
def putting_back(texts: dict[Path, str]) -> Iterator[Callable[[], None]]:
    """Gives what writes key files, once their place is accepted; they go again where that fails.

    Another key that lies there stays and is said (``KEY_PRESENT``), before anything is done.
    """
    for file, text in texts.items():
        _require_no_other(file, text)
    made: list[Path] = []

    def put() -> None:
        for file, text in texts.items():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
            if write_once(file, text):
                made.append(file)
            _require_no_other(file, text)

    try:
        yield put
    except BaseException:
        for file in made:
            file.unlink(missing_ok=True)
        raise


def _require_no_other(file: Path, text: str) -> None:
    """A file that is no text, or cannot be read, is not this key either."""
    try:
        other = file.read_bytes() != text.encode()
    except FileNotFoundError:
        return
    except OSError:
        other = True
    if other:
        raise Trouble(
            "KEY_PRESENT",
            zh=f"{file} 已有另一把密钥，没有覆盖；请先移走它",
            en=f"{file} holds another key, which was not overwritten; move it away first",
        )


def _box(passphrase: str, salt: bytes) -> AESGCM:
    kdf = Scrypt(salt=salt, length=KEY_BYTES, n=COST, r=BLOCK, p=LANES)
    return AESGCM(kdf.derive(passphrase.encode()))
