"""Ports: different, free, and an honest answer when one is taken."""

import socket
from contextlib import nullcontext
from pathlib import Path

import pytest

from local_mesh.addresses import Addresses
from local_mesh.errors import PortForbidden, PortTaken
from local_mesh.ports import claim, free_ports, is_free


def test_free_ports_are_different_and_can_be_listened_on():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(is_free(port) for port in ports)


def test_a_taken_port_is_refused_naming_the_variable_to_change():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port} .* set LM_GATEWAY_PORT to another port"):
            claim(port, "LM_GATEWAY_PORT")


@pytest.mark.usefixtures("ordinary_rights")
def test_a_port_that_only_root_may_use_is_not_called_taken():
    everybodys = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 1  # in some containers
    with nullcontext() if everybodys else pytest.raises(PortForbidden, match="Set LM_GATEWAY_PORT to a higher one"):
        assert claim(1, "LM_GATEWAY_PORT") == 1


def test_no_two_processes_of_a_mesh_share_a_port():
    addresses = Addresses.choose(0)
    assert len(set(addresses.ports.values())) == len(addresses.ports)
    assert addresses.gateway_url == f"http://127.0.0.1:{addresses.ports['gateway']}"
