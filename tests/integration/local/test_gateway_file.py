"""The gateway of the local mesh is what the terminal chose."""

import pytest
import yaml

from local_mesh import gateway_file
from local_mesh.addresses import Addresses
from local_mesh.home import Home
from local_mesh.settings import MeshSettings


@pytest.fixture
def written(tmp_path):
    home = Home(tmp_path)
    home.make()

    def written(**variables):
        gateway_file.write(home, MeshSettings.read(variables), Addresses.choose(0))
        return yaml.dump(yaml.load(gateway_file.path(home).read_text(), Loader=yaml.CSafeLoader))

    return written


def test_without_a_choice_no_proxy_is_believed_and_web_clients_are_on_this_machine(written):
    text = written()
    assert "xff_num_trusted_hops: 0" in text
    assert "localhost" in text


def test_behind_a_proxy_it_is_told_of_it_and_of_web_clients_elsewhere(written):
    text = written(LM_GATEWAY_TRUSTED_PROXIES="2", LM_GATEWAY_ORIGINS="https://app.school.example")
    assert "xff_num_trusted_hops: 2" in text
    assert "https://app.school.example" in text
