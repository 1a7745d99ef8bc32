"""What the rendered configuration says, without running Envoy."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import gateway
from gateway.__main__ import main
from gateway.contracts import rpcs

SETTINGS = gateway.on_this_machine()


def rendered(**changes: Any) -> dict[str, Any]:
    return parsed(gateway.render(replace(SETTINGS, **changes)))


def parsed(text: str) -> dict[str, Any]:
    return yaml.load(text, Loader=yaml.CSafeLoader)


def manager(bootstrap: dict[str, Any]) -> dict[str, Any]:
    return bootstrap["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]


def routes(bootstrap: dict[str, Any]) -> list[dict[str, Any]]:
    return manager(bootstrap)["route_config"]["virtual_hosts"][0]["routes"]


def test_every_deployment_runs_the_same_filter_chain():
    local, containers = (manager(parsed(gateway.render(s))) for s in (SETTINGS, gateway.in_containers()))
    assert [f["name"] for f in local["http_filters"]] == [f["name"] for f in containers["http_filters"]]
    assert local["local_reply_config"] == containers["local_reply_config"]


def test_no_placeholder_is_left():
    assert "${" not in gateway.render(SETTINGS)


def test_every_exposed_rpc_has_a_grpc_route_and_a_rest_route_when_it_has_a_path():
    names = [route.get("name") for route in routes(rendered())]
    for rpc in rpcs():
        expected = 0 if not rpc.is_exposed else 1 + bool(rpc.path)
        assert names.count(rpc.full_name) == expected, rpc.full_name


def test_each_rpc_goes_to_the_service_of_its_package_and_system_rpcs_to_auth():
    clusters = {route["name"]: route["route"]["cluster"] for route in routes(rendered()) if "route" in route}
    assert clusters["littlemonster.content.v1.VideoService.GetVideo"] == "content"
    assert clusters["littlemonster.auth.v1.UserService.GetMe"] == "auth"
    assert clusters["littlemonster.common.v1.SystemService.GetSystemHealth"] == "auth"


def test_only_public_rpcs_go_without_a_token():
    for route in routes(rendered()):
        required = route.get("typed_per_filter_config", {}).get("envoy.filters.http.jwt_authn")
        rpc = next((rpc for rpc in rpcs() if rpc.full_name == route.get("name")), None)
        if rpc is not None:
            assert required["requirement_name"] == ("public" if rpc.is_public else "account")


def test_streams_have_no_deadline_and_unary_calls_do():
    timeouts = {route["name"]: route["route"].get("timeout") for route in routes(rendered()) if "route" in route}
    assert timeouts["littlemonster.content.v1.VideoService.WatchVideo"] == "0s"
    assert timeouts["littlemonster.content.v1.VideoService.GetVideo"] == "15s"


def test_only_reads_are_sent_again_after_a_service_has_answered_unavailable():
    reads = {rpc.full_name for rpc in rpcs() if rpc.verb == "GET"}
    for route in routes(rendered()):
        if "unavailable" in route.get("route", {}).get("retry_policy", {}).get("retry_on", ""):
            assert route["name"] in reads


def test_the_admin_interface_is_absent_unless_asked_for():
    assert "admin" not in rendered()
    assert rendered(admin="/run/admin.sock")["admin"]["address"]["pipe"] == {"path": "/run/admin.sock", "mode": 0o600}


def test_strict_transport_security_is_sent_only_over_https():
    assert "strict-transport-security" not in gateway.render(SETTINGS)
    assert "strict-transport-security" in gateway.render(replace(SETTINGS, public_url="https://lm.school"))


def test_without_a_collector_nothing_is_sampled():
    assert manager(rendered())["tracing"]["random_sampling"]["value"] == 0
    traced = rendered(otlp_endpoint="collector:4317", trace_sampling_percent=10.0)
    assert manager(traced)["tracing"]["random_sampling"]["value"] == 10.0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"admin": "0.0.0.0:9901"}, "must stay private"),
        ({"admin": "10.0.0.1:9901"}, "must stay private"),
        ({"clusters": {"auth": "auth:1"}}, "The clusters must be"),
        ({"otlp_endpoint": "collector"}, "Write it as host:port"),
        ({"burst": 0}, "must be positive"),
        ({"trusted_proxies": -1}, "counted from 0"),
        ({"metrics_port": 9464}, "no port for metrics"),
        ({"cors_origins": ("https://good.example", "https://a.example/")}, "'https://a.example/' is not an origin"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_the_remedy(changes, told):
    with pytest.raises(ValueError, match=told):
        replace(SETTINGS, **changes)


def test_the_command_takes_addresses_and_paths(capsys):
    main(
        [
            "render",
            "--for",
            "k8s",
            "--cluster",
            "content=videos:1234",
            "--media-dir",
            "/srv/media",
            "--listen-port",
            "80",
        ]
    )
    bootstrap = parsed(capsys.readouterr().out)
    assert bootstrap["static_resources"]["listeners"][0]["address"]["socket_address"]["port_value"] == 80
    assert "videos" in str(bootstrap["static_resources"]["clusters"])
    assert "/srv/media" in str(routes(bootstrap))


def test_the_command_takes_origins_separated_by_commas_and_several_times(capsys):
    main(
        [
            "render",
            "--for=k8s",
            "--cors-origin=https://a.example, http://b.example:3000",
            "--cors-origin=https://c.example",
        ]
    )
    policy = "envoy.filters.http.cors"
    (host,) = manager(parsed(capsys.readouterr().out))["route_config"]["virtual_hosts"]
    told = host["typed_per_filter_config"][policy]["allow_origin_string_match"]
    assert [each["exact"] for each in told] == ["https://a.example", "http://b.example:3000", "https://c.example"]


def test_the_command_names_an_origin_that_no_browser_sends(capsys):
    with pytest.raises(SystemExit):
        main(["render", "--for=k8s", "--cors-origin=https://a.example, b.example"])
    assert "'b.example' is not an origin" in capsys.readouterr().err


def test_the_command_refuses_an_unknown_service_by_name(capsys):
    with pytest.raises(SystemExit):
        main(["render", "--for", "local", "--cluster", "vidoes=x:1"])
    assert "vidoes" in capsys.readouterr().err


def test_the_assets_are_where_the_settings_say():
    for name in ("api.binpb", "openapi.json", "docs/index.html", "docs/page.js", "docs/page.css"):
        assert (SETTINGS.assets_dir / name).is_file()
    assert (Path(SETTINGS.swagger_dir) / "swagger-ui-bundle.js").is_file()
