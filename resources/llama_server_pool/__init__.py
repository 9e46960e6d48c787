"""A pool of llama.cpp servers, and of servers that speak like them.

What callers need is at the top level; import it from its module:

    pool        the Dagster resource: its life cycle
    options     what can be configured
    endpoint    what a server is: address, kind, capacity
    reports     what a batch returned and cost, and the status of endpoints
    policy      the constants of the dispatcher

Below it are the wings, each of which says what it may touch:

    scheduling  the policy, pure: who gets which request when
    servers     one server over HTTP
    health      the state of each endpoint over time
    dispatch    one batch, from its requests to its outcomes
    simulation  the policy in simulated time
    embedded    a real server on loopback when none is configured

May touch `resources.generation`, `resources.generation_ledger`, `resources.progress`,
`resources.former_names`, `resources.path_settings`, `resources.credentials`,
`resources.control_tokens`, `resources.redaction` and `resources.errors`.
"""
