"""What is told of a process that failed."""

from local_mesh.process import last_lines


def test_the_last_words_leave_out_what_is_said_in_the_ordinary_course(tmp_path):
    log = tmp_path / "auth.log"
    log.write_text('first\nsecond\n{"severity": "INFO", "message": "starting"}\n\nthird\nkey missing\nkey missing\n')
    assert last_lines(log) == "second | third | key missing"


def test_the_last_words_begin_with_a_whole_line(tmp_path):
    log = tmp_path / "auth.log"
    log.write_text("x" * 5000 + "\nkey missing\n")
    assert last_lines(log) == "key missing"
