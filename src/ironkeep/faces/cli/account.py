"""Commands about people and programs, on the machine itself: whoever owns the data folder may. Each is a fact."""

from typing import TYPE_CHECKING, Annotated

import typer

from ironkeep.faces.cli import completion, show
from ironkeep.faces.cli.running import AsJson, Data
from ironkeep.faces.cli.wiring import Changed, Wiring
from ironkeep.model.access import ROLES, Contract, end_of_day
from ironkeep.model.time import rfc3339

if TYPE_CHECKING:
    from ironkeep.ports.vault import Account

Port = Annotated[
    int | None, typer.Option("--port", help="Its port on this machine, for the link [default: where it last listened]")
]
SCOPE = "An act it may do, as in who-may-do-what; repeat"
ROLES_SAID = f"One of {', '.join(ROLES)}; two words in quotes"
Name = Annotated[str, typer.Argument(autocompletion=completion.accounts, help="The account")]
NO_VENDOR = "One of those but vendor"


def accounts(wiring: Wiring) -> typer.Typer:
    """`ironkeep account ...`"""
    app = typer.Typer(help="Named people: who may log in, and as what.", no_args_is_help=True)

    @app.command("list")
    def every(data: Data = None, json: AsJson = False) -> None:
        """Every account: role, last log-in, open sessions."""
        with show.explained(json), wiring.office(data or wiring.default_data()) as office:
            now_us = wiring.now_us()
            found = office.accounts(now_us)
        if json:
            show.as_json(found)
            return
        head = ("name", "role", "since", "last log-in", "sessions", "contract")
        show.table(
            head,
            [
                (
                    a.name,
                    f"closed {_day(a.closed_us)}" if a.closed_us else a.role,
                    _day(a.created_us),
                    _day(a.seen_us),
                    str(a.sessions),
                    _contract(a, now_us),
                )
                for a in found
            ],
        )

    @app.command()
    def invite(
        role: Annotated[str, typer.Option("--role", autocompletion=completion.of(ROLES), help=ROLES_SAID)],
        data: Data = None,
        employer: Annotated[str, typer.Option("--employer", help="Of a vendor's person: the company")] = "",
        last_day: Annotated[str, typer.Option("--last-day", help="Of a vendor's contract, as 2026-12-31")] = "",
        port: Port = None,
        json: AsJson = False,
    ) -> None:
        """Print a one-time link by which one person makes an account."""
        with show.explained(json), wiring.office(data or wiring.default_data()) as office:
            contract = Contract(employer.strip(), end_of_day(last_day) if last_day else 0)
            _say(office.invite(role, port, contract), "one account, once", json)

    @app.command()
    def prolong(
        name: Name,
        last_day: Annotated[str, typer.Argument(help="The new last day of the contract, as 2026-12-31")],
        data: Data = None,
        json: AsJson = False,
    ) -> None:
        """Let a vendor's account end later."""
        with show.explained(json), wiring.office(data or wiring.default_data()) as office:
            _say(office.prolong(name, end_of_day(last_day)), f"{name} is open until the end of {last_day}, UTC", json)

    @app.command()
    def reset(name: Name, data: Data = None, port: Port = None, json: AsJson = False) -> None:
        """Void a password, end its sessions, print a one-time link."""
        with show.explained(json), wiring.office(data or wiring.default_data()) as office:
            _say(office.reset(name, port), f"a new password for {name}, once", json)

    @app.command()
    def role(
        name: Name,
        to: Annotated[str, typer.Argument(metavar="ROLE", autocompletion=completion.of(ROLES), help=NO_VENDOR)],
        data: Data = None,
        json: AsJson = False,
    ) -> None:
        """Give an account another role; its sessions end."""
        with show.explained(json), wiring.office(data or wiring.default_data()) as office:
            _say(office.role(name, to), f"{name} is {to}", json)

    @app.command()
    def close(name: Name, data: Data = None, json: AsJson = False) -> None:
        """Close an account for ever; its name is never given again."""
        with show.explained(json), wiring.office(data or wiring.default_data()) as office:
            _say(office.close(name), f"{name} is closed", json)

    return app


def tokens(wiring: Wiring) -> typer.Typer:
    """`ironkeep token ...`"""
    app = typer.Typer(help="Named programs: what each may ask, until when.", no_args_is_help=True)

    @app.command("list")
    def every(data: Data = None, json: AsJson = False) -> None:
        """Every token without its secret: program, scopes, end, last use."""
        with show.explained(json), wiring.office(data or wiring.default_data()) as office:
            found, now_us = office.tokens(), wiring.now_us()
        if json:
            show.as_json(found)
            return
        rows = [
            (
                t.prefix,
                t.service,
                t.owner,
                "revoked" if t.revoked_us else "run out" if t.expires_us <= now_us else _day(t.expires_us),
                _day(t.used_us),
                ", ".join(t.scopes),
            )
            for t in found
        ]
        show.table(("token", "program", "owner", "until", "last use", "may"), rows)

    @app.command()
    def create(
        service: Annotated[str, typer.Argument(help="The program's name")],
        owner: Annotated[
            str,
            typer.Option("--owner", autocompletion=completion.accounts, help="The account that answers for it"),
        ],
        scope: Annotated[list[str], typer.Option("--scope", autocompletion=completion.acts, help=SCOPE)],
        days: Annotated[int, typer.Option("--days", min=1, max=365, help="How long it lives")] = 90,
        data: Data = None,
        json: AsJson = False,
    ) -> None:
        """Create a token and print it, once."""
        with show.explained(json), wiring.office(data or wiring.default_data()) as office:
            _say(office.create_token(service, owner, scope, days), f"the token of {service}, once", json)

    @app.command()
    def revoke(
        token: Annotated[str, typer.Argument(help="The token's prefix, from `ironkeep token list`")],
        data: Data = None,
        json: AsJson = False,
    ) -> None:
        """Let a token count for nothing from now on."""
        with show.explained(json), wiring.office(data or wiring.default_data()) as office:
            _say(office.revoke_token(token), f"{token} is revoked", json)

    return app


def _say(changed: Changed, said: str, json: bool) -> None:
    if json:
        show.as_json(changed)
        return
    show.aside(said)
    if changed.once:
        show.line(changed.once)
    if not changed.on_record:
        show.aside("no engine answers: the record is told as soon as one runs")


def _contract(account: "Account", now_us: int) -> str:
    """Whose person it is, and its last day."""
    if not account.until_us:
        return ""
    verb = "ended" if account.ended(now_us) else "ends"
    return f"{account.employer}, {verb} after {_day(account.until_us - 1)}"


def _day(at_us: int) -> str:
    return rfc3339(at_us)[:10] if at_us else "never"
