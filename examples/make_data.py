#!/usr/bin/env python3
"""Make examples/data: invented texts in the layout that training and benchmarks read.

``python3 examples/make_data.py [FOLDER]`` writes the files of every corpus that ``mtdetect train`` and the benchmarks ask for, each with a few
texts put together from the word lists below. They show the layout and let the commands run. A model trained on them knows nothing
about English, and no figure measured on them means anything.
"""

from __future__ import annotations

import gzip
import json
import lzma
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

Record = dict[str, Any]

WHO = (
    "the baker|my neighbour|our teacher|the old captain|a young doctor|the whole village|her brother|the mayor|two sisters|the new clerk|"
    "a retired farmer|the choir|the night nurse|his cousin|the ferry pilot|a visiting painter"
).split("|")
DID = "found|sold|painted|carried|forgot|repaired|admired|lost|borrowed|described|measured|cleaned|promised|hid".split(
    "|"
)
WHAT = (
    "a red bicycle|the broken clock|two wooden chairs|the letter from home|a basket of apples|his new boots|the map of the coast|"
    "a jar of dark honey|the key to the mill|an empty notebook|the school bell|a box of nails|the last ticket|a pair of oars"
).split("|")
WHEN = (
    "in the morning|before the rain came|at the market|without a word|because it was late|near the river|on the second day|"
    "after a long discussion|although nobody had asked|while the others slept|behind the station|for the third time"
).split("|")
WHY = (
    "It was the right decision|Nobody could explain it|This surprised the guests|The price was fair|That took most of the week|"
    "The children noticed at once|We had expected more|There was no other way|The results were clear|It cost very little"
).split("|")
NAMES = "Marlow|Dunmore|Ashby|Kestrel|Harwick|Linfield|Orrin|Pella|Quinby|Rosedale|Selwyn|Thornby".split("|")

TRANSLATED = {
    "found": "has encountered", "sold": "has made the sale of", "forgot": "has left forgotten", "repaired": "put in repair",
    "admired": "has looked with admiration at", "lost": "has had lost", "because it was late": "by cause of the late hour",
    "before the rain came": "before of the arrival of the rain", "without a word": "without to say a word", "near the river": "close of the river",
    "This surprised the guests": "This has surprised to the guests", "There was no other way": "It was not other form",
}  # fmt: skip
"""What our invented engine makes of wordings."""

SYNONYMS = {
    "found": ("discovered", "detected"), "sold": ("vended", "traded"), "repaired": ("mended", "fixed"), "admired": ("esteemed",),
    "carried": ("conveyed", "hauled"), "forgot": ("blanked",), "broken": ("fractured", "busted"), "wooden": ("ligneous",),
    "apples": ("pomes",), "letter": ("missive",), "young": ("juvenile",), "old": ("antique", "aged"), "teacher": ("instructor",),
    "village": ("hamlet",), "neighbour": ("bystander",), "market": ("mart", "bazaar"), "rain": ("precipitation",), "price": ("cost",),
    "clock": ("timepiece",), "boots": ("footgear",), "morning": ("forenoon",), "decision": ("determination",), "surprised": ("astonished",),
}  # fmt: skip
"""The list of our invented spinner, and the thesaurus of the sample."""


class Labelled(NamedTuple):
    """A file of labelled texts: groups of one text by a person and what machines made of it."""

    name: str
    groups: int
    tools: tuple[tuple[str, str, str], ...]
    """Tool, method and pivot language of each version by a machine."""
    sources: tuple[str, ...] = ("sample",)
    domain: str = "story"
    origin: str = "native"
    with_people: bool = True
    sentences: int = 5


GOOGLE = ("Google Translate", "round_trip", "fr")
SPINBOT = ("SpinBot", "spin", "")
ENGINES = (("google", "one_way", "de"), ("microsoft", "one_way", "cs"), ("nllb", "one_way", "ru"))
"""Three languages are the fewest that the model of source languages can be fitted to."""

LABELLED = (
    Labelled("mt_train", 50, ENGINES, ("newstest2018", "newstest2019"), "news", "human_translation", sentences=9),
    Labelled("mt_dev", 16, (*ENGINES, ("opusmt", "one_way", "es")), ("newstest2021",), "news", "human_translation", sentences=9),
    Labelled("essays_round_trip_train", 24, (GOOGLE,), ("ASAP-BT",), "student essay"),
    Labelled("essays_round_trip_dev", 16, (GOOGLE,), ("ASAP-BT",), "student essay"),
    Labelled("science_spun_round_trip_train", 24, (SPINBOT, GOOGLE), ("SynSciPass",), "scientific passage"),
    Labelled("science_spun_round_trip_dev", 16, (SPINBOT, GOOGLE), ("SynSciPass",), "scientific passage"),
    Labelled("sentences_mt_post_edit_train", 72, (("fairseq", "one_way", "et"),), ("MLQE-PE",), "sentence", "human_post_edit", sentences=1),
    Labelled("sentences_mt_post_edit_dev", 72, (("fairseq", "one_way", "et"),), ("MLQE-PE",), "sentence", "human_post_edit", sentences=1),
    Labelled("claims_round_trip_train", 16, (("Google Translate", "round_trip", "de"),), ("SciFact-BT",), "claim", sentences=1),
    Labelled("claims_round_trip_dev", 16, (("Google Translate", "round_trip", "de"),), ("SciFact-BT",), "claim", sentences=1),
    Labelled("people_round_trip_pt", 40, (("greedy", "round_trip", "pt"),), ("bbc_2004_05", "imdb_reviews", "ted_talks"), "mixed"),
    Labelled("legal_mt_train", 8, (("web MT", "one_way", "de"),), domain="legal"),
    Labelled("wiki_round_trip_train", 16, (GOOGLE,), domain="encyclopedia"),
    Labelled("wiki_round_trip_dev", 12, (GOOGLE,), domain="encyclopedia"),
    Labelled("novels_mt_train", 8, (("DeepL", "one_way", "ja"),), domain="fiction", with_people=False),
    Labelled("reviews_mt_train", 8, (("Google Translate", "one_way", "es"),), domain="review"),
    Labelled("hotels_mt_train", 8, (("Google Translate", "one_way", "zh"),), domain="review", with_people=False),
    Labelled("web_news_mt_train", 8, (("Google Translate", "one_way", "es"),), domain="web_news", with_people=False),
    Labelled("tweets_round_trip_train", 8, (GOOGLE,), domain="social"),
    Labelled("round_trips_gathered_train", 24, (("OPUS-MT", "round_trip", "fr"),), ("commonlit", "ev", "mts_dialog"), "mixed"),
    Labelled("one_way_gathered_train", 24, (("DeepL", "one_way", "zh"),), ("biomqm", "lafand_news", "docmt_zh_fiction_qa"), "mixed"),
    Labelled("exams_round_trip_dev", 12, (GOOGLE,), domain="exam_passage"),
    Labelled("patients_round_trip_dev", 12, (("OPUS-MT", "round_trip", "es"),), domain="medical questions"),
    Labelled("persona_chat_mt_dev", 12, (("DeepL", "one_way", "ja"),), domain="chat", origin="human_translation"),
    Labelled("reddit_round_trip_dev", 12, (GOOGLE,), domain="forum"),
    Labelled("reviews_adversarial_substitution_dev", 12, (("TextFooler", "spin", ""),), domain="review"),
    Labelled("web_spun_dev", 12, (("table spinner A", "spin", ""),), domain="tech"),
    Labelled("wild_spun_dev", 12, (("spinner", "spin", ""),), domain="report"),
    Labelled("language_model_dev", 24, (("gpt", "language_model", ""),), ("Fast-DetectGPT",), "xsum"),
    Labelled("language_model_rewrites_train", 24, (("gpt-3.5", "language_model", ""),), ("news", "abstract", "story"), ""),
    Labelled("language_model_rewrites_dev", 16, (("gpt-3.5", "language_model", ""),), ("news", "abstract", "story"), ""),
    Labelled("learner_sentences_dev", 24, (), ("JFLEG",), "learner sentence", "non_native", sentences=1),
)  # fmt: skip

HUMAN = {
    "allsides_news": 40, "bbc_2004_05": 16, "reuters21578": 16, "blog_authorship_2004": 16, "imdb_reviews": 16, "docs_and_guides": 16,
    "python_peps": 16, "craft_pmc": 16, "essays_by_adults": 16, "learner_essays": 16, "translations_fiction": 16,
    "english_novels_100": 32, "old_prose_and_verse": 16, "ted_talks": 16, "scotus_oral_args": 16, "nltk_state_union": 16,
    "language_model_answers": 16,
}  # fmt: skip
"""Sources of texts by people, and how many of each."""


def story(seed: str, sentences: int = 8) -> str:
    """An invented text."""
    draw = random.Random(seed)
    name = draw.choice(NAMES)
    made = []
    for k in range(sentences):
        who = name if k % 4 == 1 else draw.choice(WHO)
        sentence = f"{who} {draw.choice(DID)} {draw.choice(WHAT)} {draw.choice(WHEN)}"
        if draw.random() < 0.4:
            sentence += f", and {draw.choice(WHO)} {draw.choice(DID)} {draw.choice(WHAT)}"
        made.append(sentence[0].upper() + sentence[1:] + ".")
        if sentences > 1 and draw.random() < 0.4:
            made.append(f"{draw.choice(WHY)}.")
        if sentences > 1 and k % 4 == 3:
            made.append(
                f"In {draw.randrange(1900, 2000)} Mr {draw.choice(NAMES)} paid {draw.randrange(20, 900)} pounds for {draw.choice(WHAT)}."
            )
    return " ".join(made)


def changed(text: str, method: str, seed: str) -> str:
    """What a machine made of a text."""
    draw = random.Random(seed)
    if method == "spin":
        return re.sub(
            r"\w+",
            lambda found: (
                draw.choice(SYNONYMS[found[0]]) if found[0] in SYNONYMS and draw.random() < 0.7 else found[0]
            ),
            text,
        )
    share = 0.3 if method == "language_model" else 0.8
    for ours, theirs in TRANSLATED.items():
        if draw.random() < share:
            text = text.replace(ours, theirs)
    if method != "language_model":
        text = text.replace(", and ", ", and also ").replace(" the ", " the own ", 1)
    return text


def labelled(what: Labelled) -> Iterator[Record]:
    """Records of a labelled file."""
    for k in range(what.groups):
        source = what.sources[k % len(what.sources)]
        group = f"{source}-{k}" if what.name != "people_round_trip_pt" else f"{source}:{k}"
        text = story(f"{what.name} {k}", what.sentences)
        common = {"group": group, "source": source, "domain": what.domain or source}
        if what.name.startswith("mt_"):
            common["node"] = group
        if what.with_people:
            yield {"id": f"{group}#h", "label": "original", "origin": what.origin, **common, "text": text}
        for number, (tool, method, pivot) in enumerate(what.tools):
            by_model = method == "language_model"
            label = "original" if by_model else "spun" if method == "spin" else "machine_translated"
            origin = "language_model" if by_model else "machine"
            yield {
                "id": f"{group}#{number}", "label": label, "origin": origin, "tool": tool, "method": method, "pivot": pivot, **common,
                **({"prompt": "Revise this"} if by_model else {}), "text": changed(text, method, f"{group} {tool}"),
            }  # fmt: skip


def human(name: str, count: int) -> Iterator[Record]:
    """Records of a file of texts by people."""
    for k in range(count):
        origin = {
            "learner_essays": "non_native",
            "translations_fiction": "human_translation",
            "language_model_answers": "language_model",
        }
        record: Record = {
            "id": f"{name}:{k}", "group": f"{name}:{k}", "label": "original", "origin": origin.get(name, "native"), "source": name,
            "domain": name, "year": 2004 + k % 4,
        }  # fmt: skip
        text = story(f"{name} {k}", 60 if k == 0 else 4 + k % 7)
        if name == "english_novels_100":  # chapters of novels
            record["id"] = f"novel{k // 8}#{k % 8}"
            record["group"] = f"novel{k // 8}"
        if name == "allsides_news":  # two reports of one event share names and a number
            event = random.Random(f"event {k // 2}")
            first, second = event.sample(NAMES, 2)
            text = f"{first} Council and {second} Harbour agreed on {event.randrange(100, 999)},{event.randrange(100, 999)} pounds. {text}"
        yield {**record, "text": text}


def write(path: Path, records: Iterator[Record]) -> None:
    """Write JSON Lines, the same bytes each time."""
    content = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lzma.compress(content) if path.suffix == ".xz" else gzip.compress(content, mtime=0))


def main(folder: Path) -> None:
    """Write the sample."""
    for name, count in HUMAN.items():
        write(folder / "human" / f"{name}.jsonl.xz", human(name, count))
    for what in LABELLED:
        packed = (
            "xz"
            if what.name in ("people_round_trip_pt", "round_trips_gathered_train", "one_way_gathered_train")
            else "gz"
        )
        write(folder / "labelled" / f"{what.name}.jsonl.{packed}", labelled(what))
    phrases, quality = folder / "phrases", folder / "quality"
    phrases.mkdir(parents=True, exist_ok=True)
    quality.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{word}\t{','.join(others)}\n" for word, others in SYNONYMS.items())
    (phrases / "synonyms.tsv.gz").write_bytes(gzip.compress(f"word\tsynonyms\n{lines}".encode(), mtime=0))
    moby = "".join(",".join((word, *others)) + "\n" for word, others in SYNONYMS.items())
    (phrases / "moby.txt").write_text(moby, encoding="utf-8")
    scores = [
        {
            "set": name,
            "lang": pivot,
            "system": tool,
            "bleu": 30.0,
            "comet": round(0.7 + 0.05 * number + 0.02 * len(pivot), 2),
        }
        for name in ("newstest2018", "newstest2019", "newstest2021")
        for number, (tool, _, pivot) in enumerate((*ENGINES, ("opusmt", "one_way", "es")))
    ]
    (quality / "engine_scores.jsonl").write_text(
        "".join(json.dumps(score) + "\n" for score in scores), encoding="utf-8"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data")
