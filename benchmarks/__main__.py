# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""``make bench``: all measurements, as tables.

``make bench ARGS=--quick`` leaves out the long ones; ``ARGS=--full`` fills a wallet with a million credentials.
"""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks import dcql, issuance, large_wallet, ledger, mdoc, memory, presenting, receiving, sd_jwt_vc, status
from benchmarks.timing import Comparison
from vcwallet.status import MediaType


def main() -> None:
    """Run everything and print it."""
    console = Console()
    quick = "--quick" in sys.argv[1:]
    console.print(_ratios("SD-JWT VC", sd_jwt_vc.run()))
    console.print(_ratios("ISO mdoc", mdoc.run()))
    console.print(_ratios("Receiving many", receiving.run(3 if quick else receiving.ROUNDS)))
    console.print(_statuses([status.run(form) for form in MediaType]))
    console.print(_dcql(dcql.run(2_000 if quick else dcql.CREDENTIALS), 2_000 if quick else dcql.CREDENTIALS))
    console.print(_ledger(ledger.run(2.0 if quick else ledger.SECONDS)))
    console.print(_issuance(issuance.run(collections=2 if quick else issuance.COLLECTIONS)))
    console.print(_presentation(presenting.run(20 if quick else presenting.ROUNDS)))
    with Progress(console=console, transient=True) as progress:
        operations = 6_000 if quick else memory.OPERATIONS
        task = progress.add_task(f"{operations:,} operations", total=operations)
        growth = memory.run(lambda done: progress.update(task, completed=done), operations)
        usual = large_wallet.MANY_CREDENTIALS if "--full" in sys.argv[1:] else large_wallet.CREDENTIALS
        credentials = 5_000 if quick else usual
        task = progress.add_task(f"a wallet of {credentials:,} credentials", total=credentials)
        wallet = large_wallet.run(lambda done: progress.update(task, completed=done), credentials)
    console.print(_figures(growth, wallet))


def _ratios(format: str, rows: list[Comparison]) -> Table:
    table = Table(title=f"{format} on one core (CPU time; medians of paired rounds)", title_justify="left")
    for heading in ("operation", "per s", "floor per s", "ratio", "target"):
        table.add_column(heading, justify="left" if heading == "operation" else "right", no_wrap=True)
    for row in rows:
        met = "white" if row.target is None else "green" if row.ratio >= row.target else "red"
        table.add_row(
            row.name,
            f"{row.per_second:,.0f}",
            f"{row.floor_per_second:,.0f}",
            f"[{met}]{row.ratio:.2f}[/]",
            "" if row.target is None else f"{row.target:.2f}",
        )
    return table


def _statuses(lists: list[status.LargeList]) -> Table:
    table = Table(
        title=f"A status list of {status.ENTRIES:,} entries, {status.SET:,} of them set", title_justify="left"
    )
    for heading in ("figure", *(one.form for one in lists), "target"):
        table.add_column(heading, justify="left" if heading == "figure" else "right")
    table.add_row("build and sign", *(f"{one.signed:.2f} s" for one in lists), "< 2 s")
    table.add_row("verify and look one up", *(f"{one.looked_up * 1000:.0f} ms" for one in lists), "< 200 ms")
    table.add_row("token", *(f"{one.token_bytes / 1024:.0f} KiB" for one in lists), "")
    table.add_row("peak memory, all included", *(f"{one.peak:.0f} MiB" for one in lists), "< 150 MiB")
    table.add_row("of it before the list", *(f"{one.before:.0f} MiB" for one in lists), "")
    return table


def _dcql(answered: dcql.Answered, credentials: int) -> Table:
    table = Table(title=f"DCQL against {credentials:,} credentials, SD-JWT VC and mdoc together", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("target", justify="right")
    target = f"< {dcql.TARGET * 1000:.0f} ms"
    table.add_row(f"of {dcql.TYPES} types: the newest two", f"{answered.newest * 1000:.0f} ms", target)
    table.add_row("by values that only the oldest have", f"{answered.oldest_by_value * 1000:.0f} ms", target)
    table.add_row("by values that none has", f"{answered.none_by_value * 1000:.0f} ms", target)
    table.add_row("all of the type, by values that none has", f"{answered.none_of_one_type * 1000:.0f} ms", "")
    return table


def _ledger(rates: ledger.LedgerRates) -> Table:
    table = Table(title="Issuing with a ledger, and publishing what is in it", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("target", justify="right")
    postgresql = "not installed" if rates.postgresql is None else f"{rates.postgresql:,.0f} /s"
    table.add_row("SD-JWT VCs issued by 16 processes, PostgreSQL", postgresql, "> 300 /s")
    table.add_row("SD-JWT VCs issued by 4 processes, SQLite", f"{rates.sqlite:,.0f} /s", "> 100 /s")
    table.add_row("publish a list of 10^8, 10^5 set, in two forms", f"{rates.published:.2f} s", "< 2 s")
    table.add_row("peak memory of that, all included", f"{rates.memory:.0f} MiB", "")
    return table


def _issuance(rates: issuance.IssuanceRates) -> Table:
    table = Table(title="A service of OpenID4VCI 1.0 under uvicorn, over loopback, with SQLite", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("target", justify="right")
    table.add_row("CPU time for token and credential, HTTP included", f"{rates.cpu * 1000:.1f} ms", "< 5 ms")
    table.add_row("from the offer to an SD-JWT VC, median", f"{rates.wall * 1000:.0f} ms", "")
    table.add_row("the same, 99 of 100", f"{rates.slow * 1000:.0f} ms", "")
    table.add_row("from the offer to the credential kept in our wallet", f"{rates.kept * 1000:.0f} ms", "< 100 ms")
    table.add_row(f"{rates.collections:,} collections by 50 wallets at once", f"{rates.rate:,.0f} /s", "")
    table.add_row("of which failed", f"{rates.errors}", "0")
    table.add_row("the service's memory meanwhile", f"{rates.before:.0f} -> {rates.after:.0f} MiB", "flat")
    return table


def _presentation(rates: presenting.PresentationRates) -> Table:
    table = Table(title="A service of OpenID4VP 1.0 under uvicorn, over loopback, with SQLite", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("target", justify="right")
    table.add_row("CPU time for an SD-JWT VC and an mdoc, HTTP included", f"{rates.cpu * 1000:.1f} ms", "< 10 ms")
    table.add_row("from the link to the verified answer, median", f"{rates.wall * 1000:.0f} ms", "< 50 ms")
    table.add_row("the same, 99 of 100", f"{rates.slow * 1000:.0f} ms", "")
    table.add_row("the service's memory meanwhile", f"{rates.before:.0f} -> {rates.after:.0f} MiB", "flat")
    return table


def _figures(growth: memory.Growth, wallet: large_wallet.LargeWallet) -> Table:
    table = Table(title="Memory and a large wallet", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("target", justify="right")
    grown = f"{growth.before:.1f} -> {growth.after:.1f} MiB"
    table.add_row(f"resident memory over {growth.operations:,} operations", grown, "flat")
    table.add_row(f"store {wallet.credentials:,} credentials", f"{wallet.stored:.2f} s", "")
    table.add_row("the same, each second", f"{wallet.credentials / wallet.stored:,.0f}", "5,000")
    table.add_row("check and store many, each second", f"{1 / wallet.received:,.0f}", f"{receiving.TARGET:,}")
    table.add_row("look one up by identifier (99 of 100)", f"{wallet.by_id * 1000:.1f} ms", "< 20 ms")
    table.add_row("look the newest of a type up (99 of 100)", f"{wallet.by_type * 1000:.1f} ms", "< 20 ms")
    derived = f"{wallet.derived * 1000:.0f} ms"
    table.add_row("open, key derivation included", f"{wallet.opened * 1000:.0f} ms", f"< 1000 ms + {derived}")
    table.add_row("match a query for two credentials", f"{wallet.answered * 1000:.0f} ms", "< 250 ms")
    table.add_row("the same with one claim by value", f"{wallet.answered_by_value * 1000:.0f} ms", "< 250 ms")
    return table


if __name__ == "__main__":
    main()
