"""Folders of images: one folder a class, with or without parts."""

from __future__ import annotations

import os
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from qcsearch.data.sources.load import load_dataset
from qcsearch.data.sources.samples import load_samples
from qcsearch.errors import DataError, MissingExtraError

RNG = np.random.default_rng(5)
GREY = RNG.integers(0, 256, (12, 5, 4), dtype=np.uint8)


def draw(folder, name, pixels, mode=None, **options):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    (image if mode is None else image.convert(mode)).save(path, **options)
    return path


@pytest.fixture
def classes(tmp_path):
    """Six images each of `cat` and `dog`."""
    for i, pixels in enumerate(GREY):
        draw(tmp_path / "pets", f"{('cat', 'dog')[i % 2]}/{i:02}.png", pixels)
    return tmp_path / "pets"


def wanted(rows):
    return GREY[list(rows)].reshape(len(rows), -1)


def test_the_name_of_a_folder_is_the_label(classes):
    dataset = load_dataset(classes)
    assert dataset.target.labels == ("cat", "dog")
    assert dataset.labels(dataset.y).tolist() == ["cat"] * 6 + ["dog"] * 6
    assert (wanted([*range(0, 12, 2), *range(1, 12, 2)]) == dataset.X).all()
    assert dataset.image_shape == (5, 4)
    assert dataset.name == "pets"
    assert dataset.notices == ()


@pytest.mark.parametrize("suffix", ["png", "bmp", "pgm", "PNG"])
def test_formats_without_loss_give_the_same_data_set(suffix, classes, tmp_path):
    for path in list(classes.rglob("*.png")):
        Image.open(path).save(path.with_suffix(f".{suffix}"))
        if suffix != "png":
            path.unlink()
    order = [*range(0, 12, 2), *range(1, 12, 2)]
    assert load_dataset(classes).digest == load_dataset((GREY[order], ["cat"] * 6 + ["dog"] * 6)).digest


def test_jpeg_images_are_read(classes):
    for path in list(classes.rglob("*.png")):
        Image.open(path).save(path.with_suffix(".jpg"), quality=95)
        path.unlink()
    assert np.abs(load_dataset(classes).X - wanted([*range(0, 12, 2), *range(1, 12, 2)])).mean() < 20


@pytest.mark.parametrize("names", [("train", "val", "test"), ("Training", "valid", "Testing")])
def test_parts_have_folders_of_their_own(names, tmp_path):
    for i, pixels in enumerate(GREY):
        draw(tmp_path, f"{names[(0, 0, 1, 2)[i // 3]]}/{i % 2}/{i}.png", pixels)
    dataset = load_dataset(tmp_path)
    assert dataset.target.labels == (0, 1)
    assert (dataset.n_samples, len(dataset.X_val), len(dataset.X_test)) == (6, 3, 3)
    assert (np.sort(dataset.X_test, axis=0) == np.sort(wanted([9, 10, 11]), axis=0)).all()
    samples = load_samples(tmp_path, 20)
    assert (dataset.X_test == samples.X).all()
    assert samples.labels == [0, 1, 1]


def test_a_folder_named_train_may_be_a_class(tmp_path):
    for i, pixels in enumerate(GREY):
        draw(tmp_path, f"{('train', 'car')[i % 2]}/{i}.png", pixels)
    assert load_dataset(tmp_path).target.labels == ("car", "train")


def test_hidden_files_are_no_part_of_it_and_others_are_named(classes):
    digest = load_dataset(classes).digest
    for name in (
        ".DS_Store",
        "cat/.hidden.png",
        "cat/Thumbs.db",
        ".ipynb_checkpoints/a.png",
        "__MACOSX/cat/._1.png",
    ):
        path = classes / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(b"no image")
    assert load_dataset(classes).notices == ()
    (classes / "cat" / "notes.txt").write_text("a cat")
    (classes / "README.md").write_text("pets")
    (classes / "bird").mkdir()
    dataset = load_dataset(classes)
    assert dataset.digest == digest
    assert (
        "2 file(s) that are no PNG, JPEG, BMP or PGM images, not used; the first is 'README.md'"
        in dataset.notices[0]
    )
    assert "'bird' of 'pets' holds no images" in dataset.notices[1]


def test_folders_within_a_class_belong_to_it(classes):
    before = load_dataset(classes)
    (classes / "cat" / "2025").mkdir()
    (classes / "cat" / "10.png").rename(classes / "cat" / "2025" / "a.png")
    os.symlink(classes, classes / "cat" / "round", target_is_directory=True)
    dataset = load_dataset(classes)
    assert dataset.target.labels == ("cat", "dog")
    assert sorted(map(tuple, dataset.X)) == sorted(map(tuple, before.X))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "LA"])
def test_colour_is_turned_grey_and_that_is_said(mode, classes):
    plain = load_dataset(classes)
    path = classes / "cat" / "00.png"
    Image.open(path).convert(mode).save(path)
    dataset = load_dataset(classes)
    assert dataset.digest == plain.digest
    assert "1 of 12 images of 'pets' are in colour and were turned grey" in dataset.notices[0]
    assert ("transparency" in dataset.notices[0]) == (mode in ("RGBA", "LA"))


def test_images_of_sixteen_bits_keep_them(tmp_path):
    deep = GREY.astype(np.uint16) * 257
    for i, pixels in enumerate(deep):
        draw(tmp_path, f"{i % 2}/{i:02}.png", pixels)
    assert load_dataset(tmp_path).X.max() == deep.max() > 255
    draw(tmp_path, "0/99.png", GREY[0])
    with pytest.raises(DataError, match="8 bits a pixel or all have 16"):
        load_dataset(tmp_path)


def test_samples_to_predict_need_no_classes(classes, tmp_path):
    for i in (3, 1, 2):
        draw(tmp_path / "new", f"{i}.png", GREY[i])
    samples = load_samples(tmp_path / "new", load_dataset(classes).feature_names)
    assert (wanted([1, 2, 3]) == samples.X).all()
    assert samples.labels is None
    assert load_samples(classes, 20).labels == ["cat"] * 6 + ["dog"] * 6


def bomb(width, height):
    """A PNG whose header claims many pixels."""
    header = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0"
    chunk = (len(header) - 4).to_bytes(4, "big") + header + zlib.crc32(header).to_bytes(4, "big")
    data = b"IDAT" + zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk
        + (len(data) - 4).to_bytes(4, "big")
        + data
        + zlib.crc32(data).to_bytes(4, "big")
    )


WRONG = {
    "no image at all": ({"cat/a.png": b"no image"}, "it is none of PNG, JPEG, BMP and PGM"),
    "empty": ({"cat/a.png": b""}, "it is none of PNG, JPEG, BMP and PGM"),
    "another kind in disguise": ({"cat/a.png": b"GIF89a" + bytes(50)}, "it is none of PNG"),
    "too many pixels": ({"cat/00.png": bomb(5000, 5000)}, "at most 1,000,000 pixels"),
    "a decompression bomb": ({"cat/00.png": bomb(2**31 - 1, 2**31 - 1)}, "cannot be read"),
    "cut short": ({"cat/00.png": bomb(4, 5)[:-300]}, "cannot be read"),
    "no classes": ({"extra.png": None}, "1 lie in none; the first is 'extra.png'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_read_gets_a_sentence(name, classes):
    contents, expected = WRONG[name]
    for path, content in contents.items():
        if content is None:
            draw(classes, path, GREY[0])
        else:
            (classes / path).write_bytes(content)
    with pytest.raises(DataError, match=expected) as caught:
        load_dataset(classes)
    assert "\n" not in str(caught.value)


def test_images_of_two_sizes_are_refused_by_name(classes):
    draw(classes, "dog/99.png", GREY[0].T)
    with pytest.raises(DataError, match=r"'cat/00.png' has 5×4 pixels, 'dog/99.png' has 4×5"):
        load_dataset(classes)


def test_folders_without_images_or_with_half_a_split_are_refused(tmp_path):
    with pytest.raises(DataError, match="holds no images"):
        load_dataset(tmp_path)
    for part, label in (("train", "a"), ("train", "b"), ("test", "a"), ("other", "a")):
        draw(tmp_path, f"{part}/{label}/1.png", GREY[0])
    with pytest.raises(DataError, match="test, train and 'other'"):
        load_dataset(tmp_path)
    (tmp_path / "other").rename(tmp_path / ".other")
    (tmp_path / "train").rename(tmp_path / "val")
    with pytest.raises(DataError, match="must hold a part train"):
        load_dataset(tmp_path)


def test_parts_without_classes_are_not_taken_for_classes(tmp_path):
    for i, pixels in enumerate(GREY):
        draw(tmp_path, f"{('train', 'test')[i % 2]}/{i}.png", pixels)
    with pytest.raises(DataError, match="12 lie in none"):
        load_dataset(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_among_the_images_is_not_waited_for(classes):
    os.mkfifo(classes / "cat" / "pipe.png")
    with pytest.raises(DataError, match="a pipe"):
        load_dataset(classes)


def test_the_folder_that_one_is_in_has_a_name(classes, monkeypatch):
    monkeypatch.chdir(classes)
    assert load_dataset(".").name == "pets"


def test_names_that_are_no_text_and_links_to_nothing_get_a_sentence(classes):
    os.symlink(classes / "gone.png", classes / "dog" / "link.png")
    with pytest.raises(DataError, match=r"'dog/link.png' cannot be read"):
        load_dataset(classes)
    (classes / "dog" / "link.png").unlink()
    for i in (1, 2):
        draw(classes, f"{os.fsdecode(bytes([0xFF]))}/{i}.png", GREY[i])
    with pytest.raises(DataError, match="cannot be written as UTF-8"):
        load_dataset(classes)


def test_without_pillow_the_extra_is_named(classes, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'qcsearch\[images\]'"):
        load_dataset(classes)
