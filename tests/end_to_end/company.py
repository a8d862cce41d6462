"""A made-up company of six accounts, in files, with a home beside them.

Belongs here: its files and how tests edit them. Does not: running the product on them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

SOURCES = """\
time_zone: Europe/London
currency: USD
fx: {EUR: 1.1}
sources:
  tiny:
    kind: files
    path: ../data
    entities:
      accounts: {}
      contracts: {}
      activities: {}
      tickets: {}
      users: {}
      contacts: {}
      surveys: {}
      usage: {}
"""

ACCOUNTS = """\
account_id,name,currency,country,owner_email,started_on
A1,First night,USD,GB,ada@vendor.example,2025-01-01
A2,Birch,EUR,DE,ada@vendor.example,2025-01-01
A3,Cedar,USD,US,bo@vendor.example,2025-03-01
A4,Dogwood,USD,US,bo@vendor.example,2025-03-01
A5,Elm,USD,US,bo@vendor.example,2025-03-01
A6,Fir,USD,US,bo@vendor.example,2025-03-01
"""

CONTRACTS = """\
contract_id,account_id,starts_on,ends_on,arr,currency,product,status
C1,A1,2025-01-01,2026-12-31,120000,USD,First night,active
C2,A1,2025-07-01,2026-12-31,30000,USD,Add-on,active
C3,A2,2025-01-01,2026-12-31,50000,EUR,Core,active
C4,A3,2025-03-01,2027-02-28,20000,USD,Core,active
C5,A4,2025-03-01,2027-02-28,10000,USD,Core,active
C6,A5,2025-03-01,,5000,USD,Core,active
C7,A6,2025-03-01,2026-06-20,4000,USD,Core,active
"""

ACTIVITIES = """\
activity_id,account_id,type,status,started_at,minutes,direction,channel,subject,user_emails
M1,A1,check_in,completed,2026-06-02T10:00,30,outbound,meeting,Check-in,ada@vendor.example
M2,A1,ebr,completed,2026-06-16T10:00,60,outbound,meeting,"Review, second half",ada@vendor.example
M3,A2,check_in,completed,2026-06-09T10:00,30,outbound,call,Check-in,ada@vendor.example
M4,A3,email,completed,2026-06-10T10:00,,outbound,email,Release notes,bo@vendor.example
M5,A4,check_in,no_show,2026-06-11T10:00,,outbound,meeting,Check-in,bo@vendor.example
"""

TICKETS = """\
ticket_id,account_id,opened_at,first_response_at,solved_at,priority,satisfaction
T1,A1,2026-06-01T09:00,2026-06-01T10:00,2026-06-02T09:00,P2,100
T2,A1,2026-06-05T09:00,2026-06-05T09:30,,P1,
T3,A3,2026-06-08T09:00,2026-06-09T09:00,2026-06-12T09:00,P3,50
T4,A5,2026-06-20T09:00,,,P4,
"""

USERS = """\
user_id,email,name,role,fte
U1,ada@vendor.example,Ada,csm,1
U2,bo@vendor.example,Bo,csm,0.8
"""

SURVEYS = """\
response_id,account_id,kind,score,responded_at
S1,A1,nps,9,2026-05-01T12:00
S2,A3,nps,3,2026-05-02T12:00
"""

FIRST_USAGE_DAY = date(2026, 3, 1)


def _contacts() -> Iterable[str]:
    yield "contact_id,account_id,email,name"
    for number in range(100):
        yield f"P{number:03},A{number % 6 + 1},p{number}@customer.example,Person {number}"


def _usage() -> Iterable[str]:
    """Five hundred rows."""
    yield "account_id,on,metric,value"
    for day in range(100):
        for account in range(1, 6):
            on = FIRST_USAGE_DAY + timedelta(days=day)
            yield f"A{account},{on},active_users,{10 * account + day % 7}"


FILES = {
    "accounts": ACCOUNTS,
    "contracts": CONTRACTS,
    "activities": ACTIVITIES,
    "tickets": TICKETS,
    "users": USERS,
    "surveys": SURVEYS,
    "contacts": "\n".join(_contacts()) + "\n",
    "usage": "\n".join(_usage()) + "\n",
}


@dataclass(frozen=True)
class Company:
    """A folder that holds a company's configuration, its files and its home."""

    root: Path

    @property
    def config(self) -> Path:
        """What `--config` names."""
        return self.root / "config"

    @property
    def data(self) -> Path:
        """The exports."""
        return self.root / "data"

    @property
    def home(self) -> Path:
        """What `--home` names."""
        return self.root / "home"

    def file(self, name: str) -> Path:
        """The export of that name."""
        return self.data / f"{name}.csv"

    def edit(self, name: str, old: str, new: str) -> None:
        """Change one place in an export."""
        text = self.file(name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}.csv"
        self.file(name).write_text(text.replace(old, new), encoding="utf-8")

    def restore(self, name: str) -> None:
        """Give an export the content it had on the first night."""
        self.file(name).write_text(FILES[name], encoding="utf-8")

    def copy(self, root: Path) -> Company:
        """Another company that has been through the same nights."""
        shutil.copytree(self.root, root, symlinks=True)
        return Company(root)


def write_company(root: Path) -> Company:
    """The company as it is on the first night, without a home."""
    company = Company(root)
    company.config.mkdir(parents=True)
    company.data.mkdir()
    (company.config / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    for name in FILES:
        company.restore(name)
    return company


def let_a_day_pass(company: Company) -> None:
    """What changes until the second night: a name, a product, and an account that is gone.

    The name and the product say which night it is, in two tables that come of two files.
    """
    company.edit("accounts", "A1,First night", "A1,Second night")
    company.edit("contracts", "USD,First night", "USD,Second night")
    company.edit("accounts", "A6,Fir,USD,US,bo@vendor.example,2025-03-01\n", "")
