"""The command `ironkeep`: the command line of `faces/cli` over the parts chosen here. Parts are imported when first
used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ironkeep.faces.cli.app import create_cli
from ironkeep.programs import clock, folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from ironkeep.faces.cli.wiring import (
        Ailment,
        Certified,
        Copied,
        Discovery,
        Listen,
        Office,
        Papers,
        Tell,
        Verdict,
        Voice,
    )
    from ironkeep.model.analysis import Analysis
    from ironkeep.model.register import Import
    from ironkeep.model.site import Site
    from ironkeep.ports.desk import Desk
    from ironkeep.ports.facts import FactReader
    from ironkeep.ports.stage import Stage
    from ironkeep.views.as_of import AsOf
    from ironkeep.views.register import Book
    from ironkeep.views.settingdiff import SettingDiff


class Programs:
    """The wiring of the command line; see faces/cli/wiring.py for what each part promises."""

    def run(
        self, data: Path, *, site: Path | None, listen: Listen, fresh: bool, seed: int, pace: float, voice: Voice
    ) -> int:
        from ironkeep.programs.run import run

        return run(data, site=site, listen=listen, fresh=fresh, seed=seed, pace=pace, voice=voice)

    def engine(self, data: Path, site: Path) -> int:
        from ironkeep.programs import logs
        from ironkeep.programs.engine import serve

        logs.begin()
        return serve(folder.DataFolder(data), site)

    def console(self, data: Path, site: Path, listen: Listen) -> int:
        from ironkeep.programs import logs
        from ironkeep.programs.console import serve
        from ironkeep.programs.site import declared

        logs.begin()
        serve(data, declared(site), listen)
        return 0

    def certificate_made(self, data: Path, names: Sequence[str], within: Sequence[str], *, anew: bool) -> Certified:
        from ironkeep.programs.certificate import made

        return made(folder.DataFolder(data), names, within, anew=anew)

    def certificate(self, data: Path) -> Certified:
        from ironkeep.programs.certificate import held

        return held(folder.DataFolder(data))

    def certificate_paper(self, found: Certified) -> str:
        from ironkeep.faces.console.pages.authority import paper

        return paper(found)

    def twin(self, data: Path, seed: int, pace: float) -> int:
        from ironkeep.programs import logs
        from ironkeep.programs.twin import serve

        logs.begin()
        serve(data, seed, pace, folder.DataFolder(data).ports)
        return 0

    def syslog(self, data: Path, *, json: bool) -> int:
        from ironkeep.programs import logs
        from ironkeep.programs.syslog.run import serve

        logs.begin(json=json)
        serve(data)
        return 0

    def syslog_proof(self, data: Path, line: str) -> str:
        from ironkeep.programs.syslog.prove import prove

        return prove(folder.DataFolder(data), line)

    def desk(self, data: Path) -> Desk:
        from ironkeep.adapters.desks.unix.adapter import DeskClient

        return DeskClient(folder.DataFolder(data).desk)

    def stage(self, data: Path) -> Stage:
        from ironkeep.adapters.stages.unix.adapter import StageClient

        return StageClient(folder.DataFolder(data).stage)

    def facts(self, data: Path) -> FactReader:
        from ironkeep.adapters.stores.sqlite.adapter import open_reader

        return open_reader(folder.DataFolder(data).require().spine)

    def as_of(self, data: Path, at_us: int, tell: Tell) -> AsOf:
        from ironkeep.adapters.blobs.files.adapter import FileBlobs
        from ironkeep.ports.facts import FactQuery
        from ironkeep.programs.inventory import lore, papers
        from ironkeep.programs.tally import counted
        from ironkeep.views.as_of import as_of

        reader = self.facts(data)
        last = reader.find(FactQuery(until_us=at_us + 1, limit=1, newest_first=True))
        read = papers(FileBlobs(folder.DataFolder(data).blobs))
        size = last[0].seq + 1 if last else 0
        return as_of(counted(reader.read(0, size), "folding facts", size, tell), at_us, read, lore())

    def book(self, data: Path, site: Path | None, tell: Tell) -> Book:
        from ironkeep.programs.inventory import book

        return book(folder.DataFolder(data), site, tell)

    def site(self, path: Path) -> Site:
        from ironkeep.programs.site import declared

        return declared(path)

    def verify(self, path: Path, *, key: str, checkpoint: Path | None, segments: Path | None, tell: Tell) -> Verdict:
        from ironkeep.programs.evidence import verify

        return verify(path, key=key, checkpoint=checkpoint, segments=segments, tell=tell)

    def export(self, data: Path, target: Path, tell: Tell) -> str:
        from ironkeep.programs.evidence import export

        return export(folder.DataFolder(data).require(), target, tell)

    def verifier_key(self, data: Path) -> str:
        from ironkeep.programs.evidence import verifier_key

        return verifier_key(folder.DataFolder(data).require())

    def backup(self, data: Path, target: Path, *, keys: bool, tell: Tell) -> Copied:
        from ironkeep.programs.backup import backup

        return backup(folder.DataFolder(data), target, keys=keys, tell=tell).summary

    def restore(self, source: Path, data: Path, *, keys: Path | None, tell: Tell) -> Copied:
        from ironkeep.programs.backup import restore

        return restore(source, data, keys=keys, tell=tell).summary

    def passport_diff(self, before: Path, after: Path, *, chart: str, form: str) -> SettingDiff:
        from ironkeep.programs.passport import diff

        return diff(before, after, chart=chart, form=form)

    def analyse(self, recording: Path, mapping: Path | None, tell: Tell) -> tuple[Analysis, str]:
        from ironkeep.programs.analyse import analyse

        return analyse(recording, mapping, tell)

    def recording_map(self, recording: Path) -> str:
        from ironkeep.programs.analyse import mapping_text

        return mapping_text(recording)

    def discover(
        self, device: str, *, protocol: str, unit: int, requests: int, papers: Papers, out: Path | None, tell: Tell
    ) -> Discovery:
        from ironkeep.programs.discover.run import discover, require_new, write

        require_new(out)
        found = discover(device, protocol=protocol, unit=unit, requests_max=requests, papers=papers, tell=tell)
        if out is not None:
            write(found, out)
        return found

    def examine(self, data: Path, port: int, tell: Tell) -> tuple[Ailment, ...]:
        from ironkeep.programs.doctor.run import examine

        return examine(data, port, tell=tell)

    def import_understood(self, path: Path, form: str, tell: Tell) -> Import:
        from ironkeep.programs.intake import understood

        return understood(path, form, tell)

    def import_kept(self, data: Path, held: Import) -> str:
        from ironkeep.programs.intake import keep

        return keep(folder.DataFolder(data), held)

    def inventory_template(self) -> str:
        from ironkeep.programs.intake import template

        return template()

    def office(self, data: Path) -> AbstractContextManager[Office]:
        from ironkeep.programs.accounts import office

        return office(folder.DataFolder(data))

    def replay(
        self,
        recording: Path,
        mapping: Path | None,
        *,
        data: Path | None,
        port: int,
        speed: float,
        voice: Voice,
        tell: Tell,
    ) -> int:
        from ironkeep.programs import logs
        from ironkeep.programs.replay import replay

        logs.begin()
        return replay(recording, mapping, data=data, port=port, speed=speed, voice=voice, tell=tell)

    def asset_ids(self, data: Path, site: Path | None) -> Sequence[str]:
        from ironkeep.adapters.blobs.files.adapter import FileBlobs
        from ironkeep.programs.inventory import in_force
        from ironkeep.programs.site import declared

        found = declared(site) if site else in_force(self.facts(data), FileBlobs(folder.DataFolder(data).blobs))
        return [asset.id for asset in found.assets]

    def scenario_names(self) -> Sequence[str]:
        from ironkeep.twin.scenarios import load

        return list(load())

    def acts(self) -> Sequence[str]:
        from ironkeep.packs.access.read import shipped

        return [act.name for act in shipped().acts]

    def default_data(self) -> Path:
        return folder.default()

    def now_us(self) -> int:
        return clock.now().at_us


def main() -> None:
    """Run the command line."""
    create_cli(Programs())()
