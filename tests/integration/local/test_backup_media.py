"""Films of a backup: held while the databases are dumped, whatever becomes of them meanwhile."""

from local_mesh.backup import media


def film(home, folder, video, name="video.mp4", content=b"a film"):
    path = home / folder / video / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def held(staged):
    return {str(path.relative_to(staged)): path.read_bytes() for path in staged.rglob("*") if path.is_file()}


def test_shown_and_withdrawn_films_are_held_and_unfinished_ones_are_not(tmp_path):
    home, staged = tmp_path / "home", tmp_path / "staged"
    film(home, "media", "1")
    film(home, ".media-withdrawn", "2")
    film(home, "media", "3", name="video.mp4#1")
    film(home, ".media-work", "4")
    media.hold(home, staged)
    assert held(staged) == {"media/1/video.mp4": b"a film", ".media-withdrawn/2/video.mp4": b"a film"}


def test_a_film_that_is_deleted_or_made_while_others_are_held_is_held_as_well(tmp_path):
    home, staged = tmp_path / "home", tmp_path / "staged"
    deleted = film(home, "media", "1")
    media.hold(home, staged)
    deleted.unlink()
    film(home, "media", "2")
    media.hold(home, staged)
    assert held(staged) == {"media/1/video.mp4": b"a film", "media/2/video.mp4": b"a film"}


def test_holding_takes_no_room_on_the_disk(tmp_path):
    home, staged = tmp_path / "home", tmp_path / "staged"
    source = film(home, "media", "1")
    media.hold(home, staged)
    assert (staged / "media/1/video.mp4").samefile(source)


def test_a_mesh_without_films_has_none_to_hold(tmp_path):
    media.hold(tmp_path / "home", tmp_path / "staged")
    assert not (tmp_path / "staged").exists()
