from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from app.packages.signing import InvalidKey, PublicKey, SigningKey, TrustedKeys, Verdict

MANIFEST = b'{"id": "acme/counter"}'
KEY = SigningKey.generate("Ada")
OTHER = SigningKey.generate()
TRUSTED = TrustedKeys([KEY.public])


def test_package_of_a_trusted_key_is_trusted_and_names_it() -> None:
    found = TRUSTED.verify(MANIFEST, KEY.sign(MANIFEST))
    assert found.verdict is Verdict.TRUSTED
    assert (found.key_id, found.label) == (KEY.public.id, "Ada")
    assert str(found) == f"signed by Ada ({KEY.public.id})"


def test_package_without_signature_is_unsigned() -> None:
    assert TRUSTED.verify(MANIFEST, None).verdict is Verdict.UNSIGNED


def test_package_of_another_key_is_of_an_unknown_key() -> None:
    found = TRUSTED.verify(MANIFEST, OTHER.sign(MANIFEST))
    assert (found.verdict, found.key_id) == (Verdict.UNKNOWN_KEY, OTHER.public.id)


def test_changed_manifest_is_a_bad_signature() -> None:
    found = TRUSTED.verify(MANIFEST + b" ", KEY.sign(MANIFEST))
    assert found.verdict is Verdict.BAD_SIGNATURE


def test_signature_of_another_key_under_a_trusted_name_is_bad() -> None:
    forged = OTHER.sign(MANIFEST).replace(OTHER.public.id.encode(), KEY.public.id.encode())
    assert TRUSTED.verify(MANIFEST, forged).verdict is Verdict.BAD_SIGNATURE


def test_signature_over_the_bare_manifest_is_bad() -> None:
    raw = base64.b64encode(KEY._key.sign(MANIFEST))
    forged = b"ed25519 %s %s\n" % (KEY.public.id.encode(), raw)
    assert TRUSTED.verify(MANIFEST, forged).verdict is Verdict.BAD_SIGNATURE


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_noise_is_a_bad_signature(noise: bytes) -> None:
    assert TRUSTED.verify(MANIFEST, noise).verdict is Verdict.BAD_SIGNATURE


@given(st.data())
@settings(deadline=None)
def test_no_changed_signature_is_trusted(data: st.DataObject) -> None:
    signature = bytearray(KEY.sign(MANIFEST))
    place = data.draw(st.integers(0, len(signature) - 1))
    changed = data.draw(st.integers(0, 255).filter(lambda value: value != signature[place]))
    signature[place] = changed
    assert TRUSTED.verify(MANIFEST, bytes(signature)).verdict is not Verdict.TRUSTED


def test_a_signature_is_written_in_one_way() -> None:
    """The last letter before "==" has four bits that say nothing."""
    signature = KEY.sign(MANIFEST)
    assert signature.endswith(b"==\n")
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = signature[-4:-3]
    other = alphabet[alphabet.index(last) + 1 :][:1]
    forged = signature[:-4] + other + b"==\n"
    assert base64.b64decode(forged.split()[2]) == base64.b64decode(signature.split()[2])
    assert TRUSTED.verify(MANIFEST, forged).verdict is Verdict.BAD_SIGNATURE


def test_key_file_is_for_its_owner_only_and_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "key"
    KEY.write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SigningKey.read(path).public.raw == KEY.public.raw


def test_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        KEY.write(path)
    assert path.read_bytes() == b"precious"


def test_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    other = generate_private_key(SECP256R1())
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(InvalidKey, match="another kind"):
        SigningKey.read(path)


@pytest.mark.parametrize("content", [b"", b"not a key", b"\x00" * 100])
def test_file_that_is_no_key_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(InvalidKey, match="not a private key"):
        SigningKey.read(path)
    with pytest.raises(InvalidKey, match="cannot be read"):
        SigningKey.read(tmp_path / "missing")


def test_private_key_is_not_shown() -> None:
    assert repr(KEY) == f"SigningKey({KEY.public.id})"


def test_public_key_is_one_line() -> None:
    assert PublicKey.from_line(KEY.public.line) == KEY.public
    assert KEY.public.line.startswith("ed25519:")


@pytest.mark.parametrize(
    "line", ["ed25519:", "ed25519:AAAA", "rsa:AAAA", "ed25519:!" + "A" * 43, "A" * 44]
)
def test_line_that_is_no_public_key_is_refused(line: str) -> None:
    with pytest.raises(InvalidKey, match="not a public key"):
        PublicKey.from_line(line)


def test_trusted_keys_come_from_lines_commas_and_files(tmp_path: Path) -> None:
    third = SigningKey.generate("third").public
    path = tmp_path / "trusted"
    path.write_text(f"# ours\n{third.line}\n\n")
    trusted = TrustedKeys.from_environment(f"{KEY.public.line}, {OTHER.public.line}\n{path}")
    assert [key.id for key in trusted.keys] == [KEY.public.id, OTHER.public.id, third.id]
    assert [key.label for key in trusted.keys] == ["Ada", "", "third"]


@pytest.mark.parametrize("value", [None, "", " \n,, "])
def test_nothing_set_trusts_nobody(value: str | None) -> None:
    assert len(TrustedKeys.from_environment(value)) == 0


@pytest.mark.parametrize("value", ["/no/such/file", "ed25519:short", "hello"])
def test_a_key_that_cannot_be_used_is_not_passed_over(value: str) -> None:
    with pytest.raises(InvalidKey):
        TrustedKeys.from_environment(f"{KEY.public.line},{value}")
