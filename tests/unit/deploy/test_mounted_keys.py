"""Who may read a private key where an orchestrator mounts it: root's file, the process's group."""

import pytest

from servicekit.identity.keys import forbidden_bits

ROOT, SERVICE = 0, 10001


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600, 0o640])
def test_a_file_of_root_may_be_read_by_the_group_of_a_process_without_rights(mode):
    assert not mode & forbidden_bits(ROOT, SERVICE)


@pytest.mark.parametrize("mode", [0o444, 0o604, 0o660, 0o460, 0o650, 0o441])
def test_nobody_else_may_read_it_and_the_group_may_not_change_it(mode):
    assert mode & forbidden_bits(ROOT, SERVICE)


@pytest.mark.parametrize(("owner", "user"), [(SERVICE, SERVICE), (ROOT, ROOT)])
@pytest.mark.parametrize("mode", [0o440, 0o640, 0o604])
def test_a_file_of_the_process_itself_is_its_alone(owner, user, mode):
    assert mode & forbidden_bits(owner, user)
