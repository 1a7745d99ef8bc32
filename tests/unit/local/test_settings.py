"""The terminal's choices are read strictly: a wrong one is named with its remedy."""

from pathlib import Path

import pytest

from local_mesh.errors import MeshError
from local_mesh.settings import MeshSettings


def test_without_choices_the_defaults_hold():
    settings = MeshSettings.read({})
    assert settings == MeshSettings(home=Path(".local").absolute(), gateway_port=8080)


def test_port_zero_asks_for_a_free_one():
    assert MeshSettings.read({"LM_GATEWAY_PORT": "0"}).gateway_port == 0


@pytest.mark.parametrize("port", ["-1", "65536", "http", "80.5"])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(MeshError, match="Set it to a number from 0"):
        MeshSettings.read({"LM_GATEWAY_PORT": port})


@pytest.mark.parametrize("variable", ["LM_POSTGRES_URL", "LM_NATS_URL", "LM_REDIS_URL", "LM_SMTP_URL"])
def test_an_address_of_another_kind_is_refused_without_repeating_it(variable):
    with pytest.raises(MeshError, match=f"{variable} is not an address") as refusal:
        MeshSettings.read({variable: "ftp://user:secret@host"})
    assert "secret" not in str(refusal.value)


def test_settings_are_shown_without_passwords():
    settings = MeshSettings.read({"LM_POSTGRES_URL": "postgresql://me:secret@host/db"})
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("number", ["-1", "one", "1.5", "10", "\u00b2"])
def test_a_number_of_proxies_that_is_none_is_refused(number):
    with pytest.raises(MeshError, match="Set it to a number from 0 to 9"):
        MeshSettings.read({"LM_GATEWAY_TRUSTED_PROXIES": number})


def test_origins_are_separated_by_commas():
    read = MeshSettings.read({"LM_GATEWAY_ORIGINS": "https://a.example, http://b.example:3000,"})
    assert read.gateway_origins == ("https://a.example", "http://b.example:3000")


@pytest.mark.parametrize("origin", ["*", "a.example", "https://a.example/", "https://a.example b", "ftp://a.example"])
def test_an_origin_that_no_browser_sends_is_refused(origin):
    with pytest.raises(MeshError, match=r"LM_GATEWAY_ORIGINS: .*Write each as https://name"):
        MeshSettings.read({"LM_GATEWAY_ORIGINS": f"https://good.example,{origin}"})
