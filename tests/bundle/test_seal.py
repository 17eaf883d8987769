"""A seal says who vouches for a bundle; a change in it, or another's in its place, is refused in one sentence."""

from __future__ import annotations

import json
import os
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from qcsearch.bundle import check_seal, load_bundle, seal_bundle, verify_bundle
from qcsearch.bundle.container import pack
from qcsearch.bundle.manifest import MANIFEST, Manifest
from qcsearch.bundle.seal import MAX_SEAL_BYTES, SEAL, Seal
from qcsearch.bundle.sealing import create_seal_key
from qcsearch.bundle.storage import store
from qcsearch.bundle.verify import read_verified
from qcsearch.errors import BundleError, InputError
from qcsearch.storage import canonical

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DIGEST = "ab" * 32
GOOD = Seal.sign(KEY, "digits", DIGEST).text().encode()


@pytest.fixture
def keys(tmp_path):
    """Paths of a private and a public key."""
    public, _ = create_seal_key(tmp_path / "seal.key")
    return tmp_path / "seal.key", public


@pytest.fixture
def sealed(stored, keys):
    """A bundle, folder or zip file, with a seal."""
    seal_bundle(stored, keys[0], name="digits")
    return stored


def put(path, content):
    """A seal file of any content in a bundle."""
    if path.is_dir():
        (path / SEAL).write_bytes(content)
        return
    found = read_verified(path)
    path.write_bytes(pack({**found.files, MANIFEST: found.manifest.text().encode(), SEAL: content}))


def test_a_sealed_bundle_is_the_same_bundle_and_says_who_vouches(stored, contents, keys):
    before = verify_bundle(stored)
    seal = seal_bundle(stored, keys[0], name="digits")
    assert verify_bundle(stored, before.digest) == before
    assert read_verified(stored).files == contents
    assert check_seal(stored, keys[1]) == seal == read_verified(stored).seal
    assert (seal.name, seal.digest) == ("digits", before.digest)


def test_a_model_is_read_from_a_sealed_bundle(model, saved, tmp_path, keys):
    path = tmp_path / "bundle.zip"
    path.write_bytes(saved["zip"].read_bytes())
    seal_bundle(str(path), str(keys[0]))
    assert load_bundle(path).parameters.weights.tolist() == model.parameters.weights.tolist()


def test_without_a_name_it_is_that_of_the_folder_or_file(stored, keys):
    assert seal_bundle(stored, keys[0]).name == "bundle"
    with pytest.raises(InputError, match="A model's name must be letters"):
        seal_bundle(stored, keys[0], name="no name\n")


def test_sealed_again_it_has_the_newer_seal(sealed, keys):
    old = check_seal(sealed, keys[1])
    new = seal_bundle(sealed, keys[0], name="digits")
    assert check_seal(sealed, keys[1]) == new
    assert new.sealed_at > old.sealed_at
    assert new.time > old.time


def test_a_bundle_reached_through_a_link_is_sealed_where_it_is(stored, tmp_path, keys):
    (tmp_path / "link").symlink_to(stored)
    seal_bundle(tmp_path / "link", keys[0])
    assert (tmp_path / "link").is_symlink()
    assert check_seal(stored, keys[1]).name == stored.name.removesuffix(".zip")


def test_what_is_signed_can_be_checked_without_this_package(sealed, keys):
    seal = json.loads(read_verified(sealed).seal.text())
    signature = bytes.fromhex(seal.pop("signature"))
    text = json.dumps(seal, sort_keys=True, separators=(",", ":"))
    key = load_pem_public_key(keys[1].read_bytes())
    key.verify(signature, b"qcsearch bundle seal 1\n" + text.encode())


def test_a_bundle_without_a_seal_is_whole_but_nobody_vouches_for_it(stored, keys):
    verify_bundle(stored)
    with pytest.raises(BundleError, match=r"must be sealed\. It is not"):
        check_seal(stored, keys[1])


def test_a_bundle_that_was_changed_is_not_sealed(stored, keys):
    if stored.is_dir():
        (stored / "weights.json").write_bytes(b"{}")
    else:
        stored.write_bytes(stored.read_bytes()[:-1])
    before = sorted(stored.iterdir()) if stored.is_dir() else stored.read_bytes()
    with pytest.raises(BundleError):
        seal_bundle(stored, keys[0])
    assert before == (sorted(stored.iterdir()) if stored.is_dir() else stored.read_bytes())


def test_anothers_seal_is_whole_and_refused(sealed, keys, tmp_path):
    create_seal_key(tmp_path / "another.key")
    seal_bundle(sealed, tmp_path / "another.key", name="digits")
    verify_bundle(sealed)
    with pytest.raises(BundleError, match=r"must be sealed with the key [0-9a-f]{64}\. It is with"):
        check_seal(sealed, keys[1])


def test_the_seal_of_another_bundle_is_refused(sealed, contents, keys, tmp_path):
    forged = contents | {"weights.json": b"{}"}
    other = tmp_path / f"other{sealed.suffix}"
    store(other, forged, Manifest.of(forged, {}))
    put(other, read_verified(sealed).seal.text().encode())
    for check in (verify_bundle, lambda path: check_seal(path, keys[1])):
        with pytest.raises(BundleError, match="must be of its digest"):
            check(other)


def test_a_key_that_was_exchanged_for_that_of_somebody_trusted_is_refused(sealed, keys, tmp_path):
    """The forger seals, and writes the trusted key's name over their own."""
    trusted = check_seal(sealed, keys[1]).key
    create_seal_key(tmp_path / "another.key")
    forged = seal_bundle(sealed, tmp_path / "another.key", name="digits")
    put(sealed, forged.model_copy(update={"key": trusted}).text().encode())
    with pytest.raises(BundleError, match="not signed with the key that it names"):
        check_seal(sealed, keys[1])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "weeds", "not signed with the key"),
        ("name", "no name", "wrong at 'name'"),
        ("name", "digits\n", "wrong at 'name'"),
        ("digest", "00" * 32, "not signed with the key"),
        ("digest", "AB" * 32, "wrong at 'digest'"),
        ("sealed_at", "2099-01-01T00:00:00.000000+00:00", "not signed with the key"),
        ("sealed_at", "2099-02-30T00:00:00.000000+00:00", "cannot be read"),
        ("sealed_at", "2099-01-01T00:00:00Z", "wrong at 'sealed_at'"),
        ("sealed_at", "2099-01-01T00:00:00.00000٠+00:00", "wrong at 'sealed_at'"),
        ("key", "00" * 32, "not signed with the key"),
        ("key", 7, "wrong at 'key'"),
        ("signature", "00" * 64, "not signed with the key"),
        ("signature", "", "wrong at 'signature'"),
        ("schema_version", 2, "wrong at 'schema_version'"),
        ("schema_version", True, "not in its canonical form"),
        ("format", "qcsearch.bundle", "wrong at 'format'"),
        ("more", 1, "wrong at 'more'"),
    ],
)
def test_each_part_that_was_changed_is_refused_in_a_sentence(sealed, field, value, message):
    seal = json.loads(read_verified(sealed).seal.text()) | {field: value}
    put(sealed, (canonical.dumps(seal, indent=1) + "\n").encode())
    with pytest.raises(BundleError, match=message):
        verify_bundle(sealed)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 4000, b'{"a": NaN}', b" " * 4096]
)
def test_what_is_no_seal_is_refused(sealed, content):
    put(sealed, content)
    with pytest.raises(BundleError, match=SEAL):
        verify_bundle(sealed)


def test_a_large_seal_is_refused_before_it_is_parsed(sealed):
    put(sealed, b" " * (MAX_SEAL_BYTES + 1))
    with pytest.raises(BundleError, match=r"seal\.json.* must have at most 4,096 bytes"):
        verify_bundle(sealed)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "holes"])
def test_in_the_place_of_a_seal_is_a_file_or_nothing(tmp_path, contents, keys, kind):
    path = tmp_path / "bundle"
    store(path, contents, Manifest.of(contents, {}))
    seal_bundle(path, keys[0])
    (path / SEAL).rename(tmp_path / "elsewhere")
    if kind == "link":
        (path / SEAL).symlink_to(tmp_path / "elsewhere")
    elif kind == "pipe":
        os.mkfifo(path / SEAL)
    elif kind == "folder":
        (path / SEAL).mkdir()
    else:
        with (path / SEAL).open("wb") as file:
            file.truncate(2**40)
    with pytest.raises(BundleError, match=r"regular file|at most"):
        verify_bundle(path)


@pytest.mark.parametrize("name", ["Seal.json", "seal.json~", ".seal.json", "seal", "more.json"])
def test_a_seal_lets_no_other_file_in(tmp_path, contents, keys, name):
    path = tmp_path / "bundle"
    store(path, contents, Manifest.of(contents, {}))
    seal_bundle(path, keys[0])
    (path / name).write_bytes(GOOD)
    with pytest.raises(BundleError, match="does not name"):
        verify_bundle(path)


def test_a_manifest_cannot_name_a_seal(tmp_path, contents):
    files = contents | {SEAL: GOOD}
    store(tmp_path / "bundle", files, Manifest.of(files, {}))
    with pytest.raises(BundleError, match="no bundle has"):
        verify_bundle(tmp_path / "bundle")


def refused(content):
    with pytest.raises(BundleError):
        Seal.parse(content, DIGEST)


def test_every_flipped_bit_and_every_cut_of_a_seal_is_refused():
    Seal.parse(GOOD, DIGEST)
    for place in range(len(GOOD)):
        refused(GOOD[:place])
        for bit in range(8):
            refused(GOOD[:place] + bytes([GOOD[place] ^ 1 << bit]) + GOOD[place + 1 :])


@given(
    st.integers(0, len(GOOD)),
    st.integers(0, len(GOOD)),
    st.one_of(st.binary(max_size=40), st.sampled_from([GOOD, b"\n", b" ", b'"', b"0", b"\\u0030"])),
)
def test_what_was_put_in_the_place_of_a_part_is_refused(start, length, put):
    changed = GOOD[:start] + put + GOOD[start + length :]
    if changed != GOOD:
        refused(changed)


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from([*json.loads(GOOD), "more"]),
        st.text(max_size=70) | st.integers() | st.none(),
        min_size=1,
    )
)
def test_other_values_are_refused(values):
    changed = json.loads(GOOD) | values
    if changed != json.loads(GOOD):
        refused((canonical.dumps(changed, indent=1) + "\n").encode("utf-8", "surrogatepass"))


def test_a_made_key_is_its_owners_alone_and_replaces_nothing(tmp_path, keys):
    private, public = keys
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    before = private.read_bytes(), public.read_bytes()
    for path in (private, tmp_path / "seal.secret"):
        with pytest.raises(InputError, match="There is already something at"):
            create_seal_key(path)
    with pytest.raises(InputError, match=r"must not end in \.pub"):
        create_seal_key(tmp_path / "more.pub")
    with pytest.raises(InputError, match="No key can be written to"):
        create_seal_key(tmp_path / "nowhere" / "seal.key")
    assert before == (private.read_bytes(), public.read_bytes())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["seal.key", "seal.pub"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_private_key_that_others_can_read_is_refused(stored, keys, mode):
    keys[0].chmod(mode)
    with pytest.raises(
        InputError, match=r"The key that seals must be its owner's alone\. Others can read it"
    ):
        seal_bundle(stored, keys[0])
    assert read_verified(stored).seal is None


def test_keys_of_another_kind_and_files_that_are_none_are_refused(stored, keys, tmp_path):
    encrypted = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    curve = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path / "wrong.key"
    for content, message in (
        (b"", "no private key in PEM, or has a password"),
        (keys[1].read_bytes(), "no private key in PEM"),
        (encrypted, "or has a password"),
        (curve, "must be one of Ed25519"),
    ):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(InputError, match=message):
            seal_bundle(stored, path)
    with pytest.raises(InputError, match="cannot be read: No such file"):
        seal_bundle(stored, tmp_path / "nothing.key")
    with pytest.raises(InputError, match="no public key in PEM"):
        check_seal(stored, keys[0])
    with pytest.raises(InputError, match="cannot be read: No such file"):
        check_seal(stored, tmp_path / "nothing.pub")
