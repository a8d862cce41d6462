"""What companies and people are called.

Belongs here: words, and how names that are never given twice are made of them. Does not: who gets
which.
"""

from __future__ import annotations

from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_HEADS = _words(
    "Amber Aspen Birch Bright Cedar Cinder Clear Cobalt Copper Coral Crest Dawn Drift Dune Elm "
    "Ember Fair Falcon Fern Flint Frost Glen Gold Granite Green Grey Hazel High Iron Jade "
    "Juniper Kestrel Lake Laurel Lime Linden Long Lumen Maple Marble Meadow Mill Moss North Oak "
    "Onyx Opal Pearl Pine Quartz Raven Red River Sable Salt Silver Slate Stone Summer Swift "
    "Thorn Timber Violet White Willow Winter Wren"
)
_TAILS = _words(
    "bay bank bridge brook burn cliff combe dale down field fold ford gate grove harbour haven "
    "hill hollow holm keep land leigh ley mark mead mere moor mount path peak point port reach "
    "ridge rise row shore side spring stead stow strand vale view wall ward water way well wick "
    "wood worth yard"
)
_TRADES = {
    "Logistics": "Logistics",
    "Foods": "Consumer goods",
    "Clinics": "Healthcare",
    "Capital": "Financial services",
    "Insurance": "Financial services",
    "Robotics": "Manufacturing",
    "Components": "Manufacturing",
    "Retail": "Retail",
    "Outfitters": "Retail",
    "Media": "Media",
    "Games": "Media",
    "Energy": "Energy",
    "Software": "Software",
    "Analytics": "Software",
    "Travel": "Hospitality",
    "Hotels": "Hospitality",
    "Legal": "Professional services",
    "Consulting": "Professional services",
    "Academy": "Education",
    "Telecom": "Telecommunications",
    "Biotech": "Healthcare",
    "Properties": "Real estate",
    "Motors": "Manufacturing",
    "Freight": "Logistics",
}
_TRADE_NAMES = tuple(_TRADES)
_NAMES = len(_HEADS) * len(_TAILS) * len(_TRADE_NAMES)
# Neighbours in number shall not be neighbours in name; a prime that divides no list's length.
_STRIDE = 61_403

_FIRST_NAMES = _words(
    "Ada Aiko Alma Amir Anders Anika Arjun Astrid Bao Beatriz Bruno Carla Cem Chloe Clara "
    "Daniel Devi Diego Elena Elif Emeka Emma Erik Farah Felix Femi Finn Freya Gita Grace Hana "
    "Hassan Helen Hiro Ines Ivan Jack Jana Jin Jonas Joy Juan Kaia Karim Kenji Lara Leo Liam "
    "Lin Lucia Maja Marco Maya Mei Mia Milan Mina Nadia Nils Noor Nora Omar Olga Oscar Paula "
    "Pedro Petra Priya Quinn Rafael Rania Ravi Rosa Ruth Sam Sana Sara Sofia Stefan Sven Tara "
    "Theo Tomas Uma Vera Victor Wei Yara Yuki Zara Zoe"
)
_LAST_NAMES = _words(
    "Abbott Adeyemi Ahmed Almeida Andersson Bauer Becker Bennett Bianchi Brandt Brooks Carter "
    "Castro Chen Costa Cruz Dahl Dubois Duarte Evans Ferrari Fischer Fletcher Fuchs Garcia Gill "
    "Gomez Grant Haas Hansen Hayashi Hughes Ibrahim Ito Jansen Jensen Johansson Kaya Kim Klein "
    "Kovac Kumar Lambert Larsen Laurent Lee Lindqvist Lopez Marchetti Martin Mehta Meyer Moreau "
    "Mori Murphy Nakamura Novak Nguyen Okafor Olsen Ortiz Osei Park Patel Pereira Peters Petrov "
    "Quiroga Rahman Ramos Reid Richter Rossi Roy Santos Sato Schmidt Schulz Sharma Silva Singh "
    "Sokolov Souza Suzuki Takeda Tanaka Torres Ueda Vargas Vidal Vogel Wagner Walker Wang Weber "
    "Wright Yamada Yilmaz Zhang Ziegler"
)


def company(number: int, seed: int) -> tuple[str, str]:
    """Name and industry of a company. Names repeat only after some 80,000, then with a Roman II."""
    turn, number = divmod(number, _NAMES)
    place = (number * _STRIDE + seed * 7_919) % _NAMES
    place, trade = divmod(place, len(_TRADE_NAMES))
    head, tail = divmod(place, len(_TAILS))
    trade_name = _TRADE_NAMES[trade]
    name = f"{_HEADS[head]}{_TAILS[tail]} {trade_name}{' II' if turn else ''}"
    return name, _TRADES[trade_name]


def domain(name: str) -> str:
    """The web domain of a company."""
    return f"{name.lower().replace(' ', '-')}.example"


def person(number: int, seed: int) -> str:
    """The name of one of a few thousand people, never the same twice."""
    turn, number = divmod(number, len(_FIRST_NAMES) * len(_LAST_NAMES))
    row, column = divmod(number, len(_FIRST_NAMES))
    first = _FIRST_NAMES[(column + seed * 13) % len(_FIRST_NAMES)]
    last = _LAST_NAMES[(row + column * 7 + seed) % len(_LAST_NAMES)]
    return f"{first} {last}{' ' + 'Jr' * turn if turn else ''}"


def people(count: int, rng: Random) -> list[str]:
    """Names of so many people, all different."""
    firsts = rng.sample(_FIRST_NAMES, count)
    return [f"{first} {rng.choice(_LAST_NAMES)}" for first in firsts]


def email(name: str, at_domain: str) -> str:
    """The address of somebody at a domain."""
    return f"{name.lower().replace(' ', '.')}@{at_domain}"
