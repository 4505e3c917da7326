"""The export against Debian's own rsyslog: over TLS, read as it was meant, down and back without a fact lost."""

import asyncio
from contextlib import asynccontextmanager

import msgspec
import pytest
from typer.testing import CliRunner

from ironkeep.adapters.exports.syslog.adapter import SyslogExport
from ironkeep.adapters.exports.syslog.config import Config, Transport
from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.sqlite.adapter import open_store
from ironkeep.engine.desk import ACCESS_FACTS
from ironkeep.faces.cli.app import create_cli
from ironkeep.facts.access import SessionDenied, SessionOpened
from ironkeep.facts.engine import EngineStarted
from ironkeep.facts.envelope import Draft
from ironkeep.facts.register import ImportWithdrawn
from ironkeep.facts.site import SiteDeclared
from ironkeep.facts.telemetry import FindingOpened
from ironkeep.model.errors import Refused, Unavailable, Untrusted
from ironkeep.model.ids import SiteId
from ironkeep.model.request import Outcome
from ironkeep.programs import clock
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.main import Programs
from ironkeep.programs.syslog.cursor import CursorFile
from ironkeep.programs.syslog.follower import Follower, Waits
from ironkeep.programs.syslog.prove import prove
from tests.adapters.equipment.modbus.papers import Authority
from tests.worlds.syslog.rsyslog import HANG_S, Rsyslog, until

SITE = SiteId("harbor")
NAME = "collector.test"
QUICK = Waits(settled_s=2.0, retry_min_s=0.05, retry_max_s=0.2, look_s=0.05, told_s=0.2)
HOSTILE = 'a" ] \\ \n<0>1 - - - - - forged\x00\u2028 ö'


class Record:
    """A spine with one writer, and a desk that takes the facts of exports into it."""

    def __init__(self, path) -> None:
        self.folder = DataFolder(path)
        self.folder.open()
        self.store = open_store(self.folder.spine, open_signer(self.folder.keys, SITE), SITE)
        self.up = True
        self.add(SiteDeclared(SITE, "Harbor", "0" * 64, 1, 1, False))

    def add(self, *bodies) -> set[int]:
        facts = self.store.append([Draft(body, actor="engine") for body in bodies], clock.now())
        return {fact.seq for fact in facts}

    def kinds(self) -> list[str]:
        return [fact.kind for fact in self.store.read()]

    async def ask(self, request) -> Outcome:
        if not self.up:
            raise Unavailable("no engine")
        fields = dict(request.body)
        body = msgspec.convert(fields, ACCESS_FACTS[fields.pop("kind")])
        return Outcome(request.id, True, seqs=tuple(self.add(body)))


def started(n: int) -> EngineStarted:
    return EngineStarted(str(n), "sqlite", (), n, True)


@pytest.fixture
def record(tmp_path):
    found = Record(tmp_path / "data")
    yield found
    found.store.close()


@pytest.fixture
def papers(tmp_path):
    authority = Authority(tmp_path, "ours")
    return authority, (authority.path, *authority.issue(NAME))


@asynccontextmanager
async def following(record, config: Config, cursor=None):
    follower = Follower(
        record.store, SyslogExport(config), record, cursor or CursorFile(record.folder.path / "c"), QUICK, clock.now
    )
    task = asyncio.create_task(follower.run())
    try:
        yield follower
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def tls(collector: Rsyslog, ca: str, **more) -> Config:
    return Config("127.0.0.1", collector.port, ca=ca, name=NAME, **more)


def run(story) -> None:
    asyncio.run(asyncio.wait_for(story, 3 * HANG_S))


def test_what_happened_comes_over_tls_and_is_read_as_it_was_meant(record, papers, tmp_path):
    authority, own = papers
    seqs = record.add(
        started(1),
        SessionDenied(HOSTILE, "192.0.2.7", "wrong password"),
        FindingOpened("finding_1", "drifts", "cab-a", HOSTILE, "likely", "look", "T0856", "x"),
    )
    untold = record.add(ImportWithdrawn("taken_1", "twice"))

    async def story():
        collector = Rsyslog(tmp_path, own)
        await collector.start()
        try:
            async with following(record, tls(collector, authority.path)):
                lines = await collector.until(seqs | record.add(started(2)))
        finally:
            collector.stop()
        by = {each.seq: each for each in lines}
        assert untold.isdisjoint(by)
        assert [by[seq].kind for seq in sorted(seqs)] == ["EngineStarted", "SessionDenied", "FindingOpened"]
        assert [by[seq].pri for seq in sorted(seqs)] == [16 * 8 + 5, 10 * 8 + 4, 16 * 8 + 4]
        assert {each.app for each in lines} == {"ironkeep"}
        assert ' site="harbor"' in by[min(seqs)].data
        assert "forged" not in {each.kind for each in lines}
        denied = by[sorted(seqs)[1]]
        assert 'account="a\\" \\] \\\\ \ufffd<0>1' in denied.data
        assert denied.text.lstrip().startswith("\ufefflog-in of")

    run(story())


def test_every_line_of_the_collector_is_proved_against_the_signed_record_and_an_altered_one_is_not(
    record, papers, tmp_path
):
    authority, own = papers
    seqs = record.add(*[started(n) for n in range(20)])

    async def story():
        collector = Rsyslog(tmp_path, own)
        await collector.start()
        try:
            async with following(record, tls(collector, authority.path)):
                return await collector.until(seqs)
        finally:
            collector.stop()

    lines = asyncio.run(story())
    assert len(lines) >= len(seqs)
    for each in lines:
        assert f"fact {each.seq} stands in the record" in prove(record.folder, each.raw)
    one = lines[-1]
    with pytest.raises(Untrusted, match="another one"):
        prove(record.folder, one.raw.replace(f'seq="{one.seq}"', f'seq="{one.seq - 1}"'))
    with pytest.raises(Untrusted, match="no fact"):
        prove(record.folder, one.raw.replace(f'seq="{one.seq}"', 'seq="999999"'))
    forged = one.raw.replace("started", "was never here")
    assert forged != one.raw
    assert prove(record.folder, forged).endswith("it says: EngineStarted, " + one.raw[one.raw.index("the engine of") :])
    command = ["syslog", "prove", "--data", str(record.folder.path)]
    said = CliRunner().invoke(create_cli(Programs()), command, input="\n".join(each.raw for each in lines))
    assert (said.exit_code, len(said.stdout.splitlines())) == (0, len(lines))
    altered = one.raw.replace(f'seq="{one.seq}"', 'seq="1"')
    assert CliRunner().invoke(create_cli(Programs()), [*command, altered]).exit_code == 1
    with pytest.raises(Refused):
        prove(record.folder, "<34>1 - - - - - somebody else's line")


@pytest.mark.parametrize("hard", [False, True])
def test_a_collector_that_was_away_gets_every_fact_and_the_gap_is_on_the_record(record, papers, tmp_path, hard):
    authority, own = papers

    async def story():
        collector = Rsyslog(tmp_path, own)
        await collector.start()
        try:
            async with following(record, tls(collector, authority.path)) as follower:
                wanted = record.add(*[started(n) for n in range(300)])
                await collector.until({max(wanted)})
                collector.stop(hard=hard)
                for n in range(300, 400):
                    wanted |= record.add(started(n))
                await until(lambda: "ExportInterrupted" in record.kinds())
                await collector.start()
                lines = await collector.until(wanted)
                await until(lambda: "ExportResumed" in record.kinds())
                await until(lambda: follower.cursor.next == record.store.size())
        finally:
            collector.stop()
        first_time = list(dict.fromkeys(each.seq for each in lines))
        assert first_time == sorted(first_time), "in the order of the record, but for what came twice"
        gap, back = (
            next(f for f in record.store.read() if f.kind == k) for k in ("ExportInterrupted", "ExportResumed")
        )
        assert gap.body["first"] == back.body["first"] <= 301
        assert back.body["until"] >= max(wanted)
        assert (gap.kind, back.kind) == ("ExportInterrupted", "ExportResumed")

    run(story())


def test_a_restart_of_the_export_goes_on_where_it_was_sure(record, papers, tmp_path):
    authority, own = papers

    async def story():
        collector = Rsyslog(tmp_path, own)
        await collector.start()
        try:
            for part in range(3):
                seqs = record.add(*[started(n) for n in range(50)])
                async with following(record, tls(collector, authority.path)) as follower:
                    await collector.until(seqs)
                    if part == 1:
                        await until(lambda now=follower: now.cursor.next == record.store.size())
            lines = [each.seq for each in collector.lines()]
        finally:
            collector.stop()
        assert set(lines) == set(range(record.store.size()))
        settled = [seq for seq in range(101, record.store.size()) if lines.count(seq) != 1]
        assert settled == [], "what had arrived for sure is not handed over again"

    run(story())


def test_while_no_engine_runs_the_gap_waits_to_be_told(record, papers, tmp_path):
    authority, own = papers

    async def story():
        collector = Rsyslog(tmp_path, own)
        record.up = False
        async with following(record, tls(collector, authority.path)) as follower:
            await until(lambda: follower.cursor.away_us > 0)
            record.up = True
            await until(lambda: "ExportInterrupted" in record.kinds())

    run(story())


def test_a_collector_that_another_authority_vouches_for_or_of_another_name_gets_nothing(record, papers, tmp_path):
    authority, own = papers
    other = Authority(tmp_path, "theirs")
    record.add(started(1))

    async def story():
        collector = Rsyslog(tmp_path, own)
        await collector.start()
        try:
            for config in (tls(collector, other.path), Config("127.0.0.1", collector.port, ca=authority.path)):
                export = SyslogExport(config)
                with pytest.raises(Untrusted, match="not believed"):
                    await export.open()
                await export.close()
        finally:
            collector.stop()
        assert collector.lines() == []

    run(story())


def test_a_collector_that_asks_who_comes_is_shown_our_certificate(record, papers, tmp_path):
    authority, own = papers
    certificate, key = authority.issue("keeper.test")
    seqs = record.add(started(1))

    async def story():
        collector = Rsyslog(tmp_path, own, peer="keeper.test")
        await collector.start()
        try:
            async with following(record, tls(collector, authority.path, certificate=certificate, key=key)):
                await collector.until(seqs)
        finally:
            collector.stop()

    run(story())


def test_plain_tcp_on_this_machine_is_read_too(record, tmp_path):
    seqs = record.add(started(1), SessionOpened("kim", "127.0.0.1", "operator"))

    async def story():
        collector = Rsyslog(tmp_path)
        await collector.start()
        try:
            async with following(record, Config("127.0.0.1", collector.port, Transport.TCP)):
                await collector.until(seqs)
        finally:
            collector.stop()

    run(story())
