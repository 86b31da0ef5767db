"""Goes through the steps of interop.ts with autobahn-python and prints a line of JSON for each: [step, failure or null]. Its argument is a Run."""

import asyncio
import json
import logging
import sys

from autobahn.asyncio.component import Component, run
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import CallOptions, PublishOptions

logging.disable(logging.CRITICAL)
RUN = json.loads(sys.argv[1])
PREFIX = "com.interop."
VALUES = [1, -2, 2**40, 1.5, "zwei ü", True, None, [1, [2]], {"three": {"four": 4}}]

transport = {"type": RUN["transport"], "url": RUN["url"], "max_retries": 0}
if RUN["transport"] == "rawsocket":
    transport["serializer"] = RUN["serializer"]
else:
    transport["serializers"] = [RUN["serializer"]]
component = Component(
    transports=[transport],
    realm=RUN["realm"],
    authentication={RUN["method"]: {"authid": RUN["authid"], **RUN["secrets"]}},
)
if RUN["batched"]:  # which components have no setting for
    component._transports[0].serializers = [RUN["serializer"] + ".batched"]


def tell(step, failure=None):
    print(json.dumps([step, failure]), flush=True)


async def login(session, details):
    assert [details.authid, details.authmethod] == [RUN["authid"], RUN["method"]], details


async def call(session, _details):
    got = await session.call(PREFIX + "echo", VALUES)
    assert got == VALUES, got


async def be_called(session, _details):
    await session.register(lambda a, b: a + b, PREFIX + "foreign.add")
    got = await session.call(PREFIX + "call_back", 2, 40)
    assert got == 42, got


async def publish(session, _details):
    await session.publish(PREFIX + "news", "from abroad", options=PublishOptions(acknowledge=True))
    got = await session.call(PREFIX + "heard")
    assert got == "from abroad", got


async def subscribe(session, _details):
    heard = asyncio.get_running_loop().create_future()
    await session.subscribe(heard.set_result, PREFIX + "replies")
    await session.call(PREFIX + "say", "hello")
    got = await asyncio.wait_for(heard, 10)
    assert got == "hello", got


async def progress(session, _details):
    left = []
    got = await session.call(PREFIX + "count", 3, options=CallOptions(on_progress=left.append))
    assert [left, got] == [[3, 2, 1], "done"], [left, got]


async def cancel(session, _details):
    pending = session.call(PREFIX + "never")
    await session.call(PREFIX + "started")
    pending.cancel()
    try:
        await pending
        raise AssertionError("the call was answered")
    except (ApplicationError, asyncio.CancelledError):
        pass
    assert await session.call(PREFIX + "was_canceled") is True


STEPS = {
    "login": login,
    "call": call,
    "be called": be_called,
    "publish": publish,
    "subscribe": subscribe,
    "progressive results": progress,
    "cancel": cancel,
}


joins = 0


@component.on_join
async def joined(session, details):
    global joins
    joins += 1
    for name, step in STEPS.items():
        try:
            await asyncio.wait_for(step(session, details), 20)
            tell(name)
        except Exception as error:  # noqa: BLE001: whatever it is, it is printed, and the next step is taken
            tell(name, repr(error))
    session.leave()


@component.on_connectfailure
async def failed(_component, error):
    if joins == 0:  # over RawSocket it takes its own leave for a failure
        tell("connect", str(error))


try:
    run([component], log_level="critical")
except Exception as error:  # noqa: BLE001: what ended it is printed, whatever it is
    tell("end", str(error))
