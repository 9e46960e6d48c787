"""From endpoints of the settings to the servers that are simulated."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from relgen_assets.planning import Speed, plan_servers
from relgen_assets.planning.experience import PREFILL_PER_DECODE
from relgen_assets.planning.planned_servers import ASSUMED_SPEEDS, EMBEDDED_SPEED, one_more
from resources.llama_server_pool.endpoint import Endpoint, EndpointKind, read_endpoints
from resources.llama_server_pool.reports import EndpointStatus


def endpoints(*given: Mapping[str, object]) -> list[Endpoint]:
    return read_endpoints([{"url": f"http://{one['name']}:80", **one} for one in given])


def test_a_learned_speed_takes_precedence_over_a_configured_one() -> None:
    configs = endpoints({"name": "a", "decode_rate": 20.0}, {"name": "b", "decode_rate": 5.0})
    fleet = plan_servers(configs, {"a": Speed(90.0, 15.0)})
    assert [(one.server.decode_rates, one.origin) for one in fleet] == [
        ((15.0,), "learned"),
        ((5.0,), "configured"),
    ]
    assert fleet[1].server.prefill_rate == PREFILL_PER_DECODE * 5.0


def test_capacity_and_watts_come_from_the_settings() -> None:
    (one,) = plan_servers(
        endpoints({"name": "a", "slots": 3, "context": 2048, "decode_rate": 7, "watts": 60}), {}
    )
    assert (one.server.slots, one.server.context, one.server.watts) == (3, 2048, 60.0)
    assert one.tokens_per_second == 21.0


def test_a_server_that_was_asked_supplies_what_is_not_set() -> None:
    status = EndpointStatus(
        "a", "http://a:80", "gpu", True, slots=2, context=4096, tokens_per_second=9.0
    )
    (one,) = plan_servers(endpoints({"name": "a"}), {}, {"a": status})
    assert (one.server.decode_rates, one.server.context) == ((9.0, 9.0), 4096)
    assert (one.origin, one.slots_known) == ("measured", True)


def test_an_unknown_speed_is_the_median_of_known_endpoints_of_its_kind() -> None:
    configs = endpoints(
        {"name": "a"},
        {"name": "b", "decode_rate": 5.0},
        {"name": "c", "decode_rate": 9.0},
        {"name": "d", "decode_rate": 100.0},
        {"name": "board", "kind": "arm", "decode_rate": 1.0},
    )
    assumed = plan_servers(configs, {"c": Speed(70.0, 7.0)})[0]
    assert (assumed.origin, assumed.assumed_from) == ("assumed", "median of b, c, d (gpu)")
    assert assumed.server.decode_rates[-1] == 7.0


@pytest.mark.parametrize("kind", EndpointKind)
def test_without_a_known_endpoint_of_its_kind_the_documented_speed_is_assumed(
    kind: EndpointKind,
) -> None:
    other = next(one for one in EndpointKind if one is not kind)
    configs = endpoints(
        {"name": "a", "kind": kind}, {"name": "b", "kind": other, "decode_rate": 50.0}
    )
    assumed, known = plan_servers(configs, {})
    assert assumed.assumed_from == f"default for kind {kind.value}"
    assert assumed.server.decode_rates[-1] == ASSUMED_SPEEDS[kind].decode
    assert (known.origin, known.assumed_from) == ("configured", "")


def test_without_endpoints_the_embedded_server_is_planned() -> None:
    (one,) = plan_servers([], {})
    assert (one.server.name, one.origin) == ("embedded", "documented")
    assert one.server.decode_rates == (EMBEDDED_SPEED.decode,)
    (learned,) = plan_servers([], {"embedded": Speed(100.0, 30.0)})
    assert (learned.server.decode_rates, learned.origin) == ((30.0,), "learned")


def test_one_more_of_a_kind_has_the_median_speed() -> None:
    configs = endpoints(
        *({"name": f"g{rate}", "decode_rate": rate} for rate in (10, 30, 20)),
        {"name": "b", "kind": "arm", "decode_rate": 2},
    )
    more = one_more(plan_servers(configs, {}))
    assert {kind: server.decode_rates for kind, server in more.items()} == {
        "gpu": (20.0,),
        "arm": (2.0,),
    }
