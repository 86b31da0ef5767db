"""Logs in with autobahn-python as its arguments say, calls a procedure, and prints who it is: url, realm, the authentication as JSON."""

import json
import logging
import sys

from autobahn.asyncio.component import Component, run

logging.disable(logging.CRITICAL)  # what it says of lost connections is the test's own to tell
url, realm, authentication = sys.argv[1:]
component = Component(
    transports=[{"type": "websocket", "url": url, "max_retries": 0}],
    realm=realm,
    authentication=json.loads(authentication),
)


@component.on_join
async def joined(session, details):
    count = await session.call("wamp.session.count")
    print(json.dumps([details.authid, details.authrole, details.authmethod, count]), flush=True)
    session.leave()


@component.on_connectfailure
async def failed(_component, error):
    print(json.dumps(["refused", str(error)]), flush=True)


try:
    run([component], log_level="critical")
except Exception as error:  # noqa: BLE001: what ended it is printed, whatever it is
    print(json.dumps(["ended", str(error)]), flush=True)
