"""Logs are bounded, and cutting one does not disturb the process that writes it."""

from local_mesh.logs import rotate


def test_a_short_log_is_left_alone(tmp_path):
    log = tmp_path / "auth.log"
    log.write_text("short")
    assert not rotate(log, max_bytes=10)
    assert log.read_text() == "short"


def test_a_long_log_is_set_aside_and_its_writer_goes_on_in_the_emptied_file(tmp_path):
    log = tmp_path / "auth.log"
    with log.open("a") as writer:
        writer.write("a long first part\n")
        writer.flush()
        assert rotate(log, max_bytes=10)
        writer.write("second\n")
    assert (tmp_path / "auth.log.1").read_text() == "a long first part\n"
    assert log.read_text() == "second\n"


def test_a_log_that_is_not_there_needs_no_cutting(tmp_path):
    assert not rotate(tmp_path / "none.log")
