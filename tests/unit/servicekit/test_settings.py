"""A wrong setting is explained by its variable; its value is never shown."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from servicekit.kit import explain
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    api_key: SecretStr


NEEDED = {"LM_SERVICE_KEY_FILE": "/keys/library.pem", "LM_SERVICE_KEYS_FILE": "/keys/all.json", "LM_API_KEY": "hunter2"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_what_is_needed_suffices_and_secrets_are_not_printed(told: pytest.MonkeyPatch) -> None:
    told.setenv("LM_DATABASE_URL", "postgresql://library:hunter2@db/library")
    settings = Settings()
    assert settings.service_key_file == Path("/keys/library.pem")
    assert settings.listen == "127.0.0.1:0"
    for shown in (repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump(mode="json"))):
        assert "hunter2" not in shown


def test_settings_do_not_change(told: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().listen = "0.0.0.0:1"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LM_LOG_LEVEL", "hunter2"),
        ("LM_DATABASE_POOL_SIZE", "hunter2"),
        ("LM_DATABASE_POOL_SIZE", "0"),
        ("LM_DRAIN_SECONDS", "-1"),
        ("LM_SERVICE_KEY_FILE", None),
        ("LM_API_KEY", None),
    ],
)
def test_the_explanation_names_the_variable_and_never_the_value(
    told: pytest.MonkeyPatch, variable: str, value: str | None
) -> None:
    told.delenv(variable, raising=False) if value is None else told.setenv(variable, value)
    with pytest.raises(ValidationError) as wrong:
        Settings()
    explanation = explain(wrong.value)
    assert f"  {variable}: " in explanation
    assert len(explanation.splitlines()) == 2
    assert "hunter2" not in explanation


def test_all_that_is_wrong_is_told_at_once(told: pytest.MonkeyPatch) -> None:
    told.setenv("LM_LOG_LEVEL", "LOUD")
    told.delenv("LM_API_KEY")
    with pytest.raises(ValidationError) as wrong:
        Settings()
    assert {line.split(":")[0].strip() for line in explain(wrong.value).splitlines()[1:]} == {
        "LM_LOG_LEVEL",
        "LM_API_KEY",
    }
