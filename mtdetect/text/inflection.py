"""Inflected forms of English words, by rules and a short list of exceptions.

Thesauri list base forms, but texts and spinners use inflected ones. ``forms`` proposes spellings of each form. The rules may
propose too many ("stoped" beside "stopped"), so callers keep those that are known words.
"""

from __future__ import annotations

_IRREGULAR_VERBS = (
    "be:was/been/being arise:arose/arisen bear:bore/borne beat:beat/beaten become:became/become begin:began/begun "
    "bend:bent/bent bind:bound/bound bite:bit/bitten bleed:bled/bled blow:blew/blown break:broke/broken "
    "breed:bred/bred bring:brought/brought build:built/built burst:burst/burst buy:bought/bought catch:caught/caught "
    "choose:chose/chosen come:came/come cost:cost/cost creep:crept/crept cut:cut/cut deal:dealt/dealt dig:dug/dug "
    "do:did/done draw:drew/drawn drink:drank/drunk drive:drove/driven eat:ate/eaten fall:fell/fallen feed:fed/fed "
    "feel:felt/felt fight:fought/fought find:found/found flee:fled/fled fly:flew/flown forbid:forbade/forbidden "
    "forget:forgot/forgotten forgive:forgave/forgiven freeze:froze/frozen get:got/gotten give:gave/given go:went/gone "
    "grow:grew/grown hang:hung/hung have:had/had hear:heard/heard hide:hid/hidden hit:hit/hit hold:held/held "
    "hurt:hurt/hurt keep:kept/kept know:knew/known lay:laid/laid lead:led/led leave:left/left lend:lent/lent let:let/let "
    "lie:lay/lain lose:lost/lost make:made/made mean:meant/meant meet:met/met pay:paid/paid put:put/put read:read/read "
    "ride:rode/ridden ring:rang/rung rise:rose/risen run:ran/run say:said/said see:saw/seen seek:sought/sought "
    "sell:sold/sold send:sent/sent set:set/set shake:shook/shaken shed:shed/shed shine:shone/shone shoot:shot/shot "
    "show:showed/shown shrink:shrank/shrunk shut:shut/shut sing:sang/sung sink:sank/sunk sit:sat/sat sleep:slept/slept "
    "speak:spoke/spoken speed:sped/sped spend:spent/spent spin:spun/spun split:split/split spread:spread/spread "
    "stand:stood/stood steal:stole/stolen stick:stuck/stuck strike:struck/struck strive:strove/striven swear:swore/sworn "
    "sweep:swept/swept swim:swam/swum swing:swung/swung take:took/taken teach:taught/taught tear:tore/torn "
    "tell:told/told think:thought/thought throw:threw/thrown understand:understood/understood wake:woke/woken "
    "wear:wore/worn win:won/won withdraw:withdrew/withdrawn write:wrote/written"
)
_IRREGULAR_PLURALS = (
    "man:men woman:women child:children person:people foot:feet tooth:teeth mouse:mice goose:geese analysis:analyses "
    "crisis:crises thesis:theses hypothesis:hypotheses basis:bases criterion:criteria phenomenon:phenomena life:lives "
    "wife:wives knife:knives leaf:leaves half:halves wolf:wolves shelf:shelves"
)

_VERBS = {
    base: tuple(rest.split("/")) for base, rest in (entry.split(":") for entry in _IRREGULAR_VERBS.split())
}
_PLURALS = dict(entry.split(":") for entry in _IRREGULAR_PLURALS.split())
_VOWELS = frozenset("aeiou")

FORMS = ("s", "ed", "en", "ing", "er", "est", "ly")


def forms(base: str) -> dict[str, tuple[str, ...]]:
    """Candidate spellings of each form of a base word, likeliest first.

    Parameters
    ----------
    base : str
        A lower-case word without inflection.

    Returns
    -------
    dict
        From the names in ``FORMS`` to spellings, not all of which exist.
    """
    ends_consonant_y = len(base) > 2 and base.endswith("y") and base[-2] not in _VOWELS
    short = (
        len(base) > 2
        and base[-1] not in _VOWELS | set("wxy")
        and base[-2] in _VOWELS
        and base[-3] not in _VOWELS
    )
    if ends_consonant_y:
        s, ed, er, est, ly = (
            base[:-1] + "ies",
            base[:-1] + "ied",
            base[:-1] + "ier",
            base[:-1] + "iest",
            base[:-1] + "ily",
        )
        stem, ing = base, base + "ing"
    else:
        s = base + ("es" if base.endswith(("s", "x", "z", "ch", "sh")) else "s")
        stem = base[:-1] if base.endswith("e") else base
        ed, er, est = stem + "ed", stem + "er", stem + "est"
        ing = base + "ing" if base.endswith(("ee", "ye", "oe")) else stem + "ing"
        ly = base[:-1] + "y" if base.endswith("le") else base + ("ally" if base.endswith("ic") else "ly")
    found: dict[str, tuple[str, ...]] = {
        "s": (s,),
        "ed": (ed,),
        "en": (ed,),
        "ing": (ing,),
        "er": (er,),
        "est": (est,),
        "ly": (ly,),
    }
    if short:
        doubled = base + base[-1]
        for name in ("ed", "en", "ing", "er", "est"):
            ending = "ed" if name == "en" else name
            found[name] = (doubled + ending, *found[name])
    if base in _VERBS:
        past, participle, *_ = _VERBS[base]
        found["ed"], found["en"] = (past,), (participle,)
    if base in _PLURALS:
        found["s"] = (_PLURALS[base], *found["s"])
    return found
