"""Closed word lists of English that several modules need."""

from __future__ import annotations

FUNCTION_WORDS = (
    "the of and to a in that is was it for on with as he be at by i this had not are but from or have an they which "
    "one you were her all she there would their we him been has when who will more no if out so said what up its about "
    "into than them can only other new some could time these two may then do first any my now such like our over man "
    "me even most made after also did many before must through back years where much your way well down should "
    "because each just those people how too little state good very make world still own see men work long get here "
    "between both being under never same another know while last might us great since against go came right used "
    "himself few during without again however every am does don't it's i'm didn't can't wasn't i've you're doesn't "
    "won't couldn't wouldn't isn't aren't haven't hasn't that's there's let's his 's although though whether until "
    "upon among within toward towards yet nor per via unless whose whom why ever always often perhaps almost"
).split()
"""The commonest words of English. Any running text of 40 words has several of them."""

CREOLE_WORDS = (
    "abi comot dat deh dem dey di dis fi im mek mi nuh oga pikin sabi una unu waka wan weh wetin wey".split()
)
"""Function words of English-based pidgins and creoles that English does not have, or has as a foreign or rare word."""

ABBREVIATIONS = (
    "mr mrs ms dr prof st jr sr messrs mt gen col lt capt cmdr maj sgt cpl pvt adm gov sen rep reps sens rev hon pres "
    "supt det insp vs v etc inc ltd co corp bros cie llc plc dept univ assn bldg ave blvd rd no nos vol vols pp ed eds "
    "fig figs eq eqs ref refs sec ch al cf ca viz approx est min max tel ext e.g i.e jan feb mar apr jun jul aug sep "
    "sept oct nov dec mon tue tues wed thu thur thurs fri sat sun ft in lb lbs oz mph km kg cm mm u.s u.k u.n e.u d.c "
    "a.m p.m ph.d b.a m.a m.d b.c a.d n.y l.a u.s.a"
).split()
"""Words whose full stop does not end the sentence."""

ENDING_ABBREVIATIONS = "etc inc ltd co corp llc plc jr sr a.m p.m ph.d m.d u.s u.k u.n e.u d.c u.s.a est al in no min sun sat".split()
"""Abbreviations that can end a sentence; they do if the next word is one of ``STARTERS``."""

STARTERS = (
    "the a an he she it they we i you in on at this that these those but and so if when while as after before for to "
    "there his her their its our my your what who how why where then now yet one some many most all no not however "
    "according since although because despite during with by from under over mr mrs ms dr president"
).split()
"""Words that often begin a sentence and rarely follow an abbreviation within one."""
