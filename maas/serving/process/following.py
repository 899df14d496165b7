"""Follows the ledger: looks every few seconds, and serves what is live.

A version that cannot be served changes nothing: what was live goes on, and the failed one is tried
again when the ledger moves.
"""

import asyncio
import gc
import logging
import os
from dataclasses import replace
from time import monotonic

from maas.errors import DamagedError, VersionError
from maas.logs import printable
from maas.registry.files import read_bounded
from maas.registry.ledger import LEDGER, RESTORE_LEDGER, Release, parse_ledger
from maas.serving.current_version import CurrentVersion
from maas.serving.process.candidates import Candidates
from maas.serving.process.deployment import Deployment
from maas.serving.process.draining import Drain
from maas.serving.process.live_version import keep_ledger
from maas.serving.process.shadowing import Shadowing

log = logging.getLogger("bentoml.maas")

# Seconds for which a version that is not there is looked for: a file system over the network may
# show the ledger before the folder.
_MISSING_S = 60

# How much of a failure, or of a reason in the ledger, a line repeats.
_MAX_TOLD = 500


class Follower:
    """Makes the live version of the ledger the current one of this worker.

    Args:
        deployment: where the ledger is, and how often to look.
        current: what is served.
        candidates: loads and tries what is to be served.
        drain: a worker that stops follows no more.
    """

    def __init__(
        self,
        deployment: Deployment,
        current: CurrentVersion,
        candidates: Candidates,
        drain: Drain,
    ) -> None:
        self._path = deployment.version.path.parent / LEDGER
        self._seconds = deployment.config.follow_s
        self._current, self._candidates, self._drain = current, candidates, drain
        self._shadowing = Shadowing(current, candidates)
        self._seen: bytes | str | None = None
        self._missing: tuple[Release, float] | None = None

    async def watch(self) -> None:
        """Look again and again, until the worker stops."""
        while not self._drain.began:
            await self.look()
            await asyncio.sleep(self._seconds)

    async def look(self) -> None:
        """Look once. All is read each time: a file system over the network may show old times."""
        try:
            found = await asyncio.to_thread(self._read)
            if found != self._seen:
                self._seen = found
                await self._follow(found)
        except Exception as error:  # whatever it is, what is served goes on
            self._refuse(f"the ledger cannot be followed: {_told(error)}")

    def _read(self) -> bytes | str:
        """The bytes of the ledger, or why there are none; empty before the first release."""
        if not os.path.lexists(self._path):
            if self._current.served.release is None:
                return ""
            return str(DamagedError(self._path, "is missing", RESTORE_LEDGER))
        try:
            return read_bounded(self._path)
        except DamagedError as error:
            return str(error)

    async def _follow(self, found: bytes | str) -> None:
        if isinstance(found, str):
            if found:
                self._refuse(f"the ledger cannot be followed: {found}")
            return
        ledger = await asyncio.to_thread(parse_ledger, found, self._path)
        await asyncio.to_thread(keep_ledger, found)
        if ledger.live is not None:
            await self._serve(ledger.live)
        await self._shadowing.follow(ledger.shadow)

    async def _serve(self, release: Release) -> None:
        """Serve the version of a release, if it is not served yet and can be."""
        served = self._current.served
        if release.names(served.version):
            if served.release != release:
                self._current.replace(replace(served, release=release))
                self._announce(release)
            return
        try:
            candidate = await asyncio.to_thread(self._candidates.prepare, release)
        except VersionError as error:
            self._wait_for(release, error)
        except Exception as error:  # of whatever the version holds
            self._give_up(release, error)
        else:
            if not self._drain.began:
                self._current.replace(candidate)
                self._announce(release)

    def _announce(self, release: Release) -> None:
        version = self._current.served.version
        why = f": {_told(release.reason)}" if release.reason else ""
        who = f"r{release.release} by {_told(release.by)}{why}"
        log.info("now serving %s %s (%s)", version.tag, version.manifest.digest, who)

    def _wait_for(self, release: Release, error: VersionError) -> None:
        """Look for a version again that is not there, for a while."""
        if self._missing is None or self._missing[0] != release:
            self._missing = release, monotonic() + _MISSING_S
            what = "release r%d: v%s is not there yet, and is looked for again for %d s"
            log.warning(what, release.release, release.version, _MISSING_S)
        if monotonic() < self._missing[1]:
            self._seen = None
        else:
            self._give_up(release, error)

    def _give_up(self, release: Release, error: Exception) -> None:
        self._refuse(f"release r{release.release} cannot be served: {_told(error)}")

    def _refuse(self, what: str) -> None:
        self._current.metrics.count_failure()
        log.error("%s; %s goes on", what, self._current.served.version.tag)
        asyncio.get_running_loop().call_soon(gc.collect)  # what a failed candidate left


def _told(given: object) -> str:
    """A failure or a text of the ledger on one line, with control characters as escapes."""
    text = str(given) or type(given).__name__
    if len(text) > _MAX_TOLD:
        text = f"{text[:_MAX_TOLD]}…"
    return printable(text)
