"""A process that keeps dying is started less and less often."""

from local_mesh.backoff import Backoff


def test_each_pause_is_twice_the_last_up_to_the_longest():
    backoff = Backoff(first=1, longest=5, stable=30)
    assert [backoff.pause_after(lifetime=0) for _ in range(5)] == [1, 2, 4, 5, 5]


def test_a_stable_life_starts_the_pauses_anew():
    backoff = Backoff(first=1, longest=5, stable=30)
    assert [backoff.pause_after(lifetime) for lifetime in (0, 0, 31, 0)] == [1, 2, 1, 2]
