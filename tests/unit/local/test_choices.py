"""Each process is handed what the terminal chose for it, and nothing that is another's or the mesh's to say."""

import pytest

from local_mesh.choices import chosen

ENVIRONMENT = {
    "LM_MODEL": "big",
    "LM_MODEL_REGISTRY": "",
    "LM_COMMENT_LENGTH": "500",
    "LM_ERASURE_GRACE": "01:00:00",
    "LM_PASSWORD_THREADS": "4",
    "LM_VOICE_FILE": "/voices/ada.onnx",
    "LM_DELETIONS_KEPT": "P30D",
    "LM_DATABASE_URL": "postgresql://me:secret@host/db",
    "LM_POSTGRES_URL": "postgresql://me:secret@host/db",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "PATH": "/bin",
}
STORE = {"LM_VOICE_FILE", "AWS_SECRET_ACCESS_KEY"}


@pytest.mark.parametrize(
    ("process", "handed"),
    [
        ("auth", {"LM_PASSWORD_THREADS"}),
        ("auth-worker", {"LM_ERASURE_GRACE"}),
        ("content", STORE),
        ("content-worker", STORE),
        ("community", {"LM_COMMENT_LENGTH"}),
        ("community-worker", {"LM_COMMENT_LENGTH"}),
        ("planner", {"LM_DELETIONS_KEPT"}),
        ("planner-worker", {"LM_DELETIONS_KEPT"}),
        ("inference", {"LM_MODEL"}),
    ],
)
def test_a_process_is_handed_what_it_reads_and_nothing_else(process, handed):
    assert chosen(process, ENVIRONMENT) == {name: ENVIRONMENT[name] for name in handed}
