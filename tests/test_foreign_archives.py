"""Archives of other crawlers, and layouts that the extraction of articles must not misread."""

from __future__ import annotations

import gzip
import zlib

import pytest

from archives import record, response
from mtdetect import inputs
from mtdetect.cli import main
from mtdetect.errors import InputError
from pages import ARTICLE, COMMENT, MENU, TEASER, page, paragraphs

zstandard = pytest.importorskip("zstandard")
brotli = pytest.importorskip("brotli")
pytest.importorskip("fastwarc")

TEXT = " ".join(ARTICLE)
PAGE = page("Ferry", f"<article>{paragraphs(ARTICLE)}</article>").encode()
GZIP = gzip.compress(PAGE, mtime=0)
CHUNKED, ENCODED = "Transfer-Encoding: chunked", "Content-Encoding: "


def raw_deflate(content):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


def chunked(content, extension=b"", size=200, end=b"0\r\n\r\n"):
    parts = (content[at : at + size] for at in range(0, len(content), size))
    return b"".join(b"%x%s\r\n%s\r\n" % (len(part), extension, part) for part in parts) + end


def texts(path):
    return [(one.id, one.text, one.error) for one in map(inputs.parse, inputs.records(str(path)))]


def words(text):
    return text.decode().split() if isinstance(text, bytes) else text.split()


BODIES = {
    "plain": (PAGE, ()),
    "chunks": (chunked(PAGE), (CHUNKED,)),
    "chunks with extensions": (chunked(PAGE, b";foo=bar"), (CHUNKED,)),
    "chunks with a quoted extension": (chunked(PAGE, b' ; a="b c"'), (CHUNKED,)),
    "padded sizes": (chunked(PAGE, b"   "), (CHUNKED,)),
    "trailer": (chunked(PAGE, end=b"0\r\nX-Sum: 1\r\n\r\n"), (CHUNKED,)),
    "chunks without an end": (chunked(PAGE, end=b""), (CHUNKED,)),
    "chunks nobody announced": (chunked(PAGE), ()),
    "chunks undone": (PAGE, (CHUNKED,)),
    "gzip, chunks undone": (GZIP, (ENCODED + "gzip", CHUNKED)),
    "br, chunks undone": (brotli.compress(PAGE), (ENCODED + "br", CHUNKED)),
    "deflate, chunks undone": (zlib.compress(PAGE), (ENCODED + "deflate", CHUNKED)),
    "gzip undone, chunks not": (chunked(PAGE), (ENCODED + "gzip", CHUNKED)),
    "br undone, chunks not": (chunked(PAGE), (ENCODED + "br", CHUNKED)),
    "both undone": (PAGE, (ENCODED + "gzip", CHUNKED)),
    "gzip in chunks": (chunked(GZIP), (ENCODED + "gzip", CHUNKED)),
    "br in chunks": (chunked(brotli.compress(PAGE)), (ENCODED + "br", CHUNKED)),
    "gzip as transfer coding": (chunked(GZIP), ("Transfer-Encoding: gzip, chunked",)),
    "x-gzip": (GZIP, (ENCODED + "x-gzip",)),
    "capitals": (GZIP, (ENCODED + "GZIP",)),
    "gzip twice": (gzip.compress(GZIP), (ENCODED + "gzip, gzip",)),
    "gzip in br": (brotli.compress(GZIP), (ENCODED + "gzip, br",)),
    "gzip nobody announced": (GZIP, ()),
    "gzip announced as br": (GZIP, (ENCODED + "br",)),
    "br announced as gzip": (brotli.compress(PAGE), (ENCODED + "gzip",)),
    "two members": (gzip.compress(PAGE[:400]) + gzip.compress(PAGE[400:]), (ENCODED + "gzip",)),
    "bytes after the trailer": (GZIP + b"\r\n\0\0junk", (ENCODED + "gzip",)),
    "without the trailer": (GZIP[:-8], (ENCODED + "gzip",)),
    "wrong checksum": (GZIP[:-8] + b"\0" * 8, (ENCODED + "gzip",)),
    "zlib": (zlib.compress(PAGE), (ENCODED + "deflate",)),
    "raw deflate": (raw_deflate(PAGE), (ENCODED + "deflate",)),
    "raw deflate announced as gzip": (raw_deflate(PAGE), (ENCODED + "gzip",)),
    "deflate undone": (PAGE, (ENCODED + "deflate",)),
    "zstd": (zstandard.compress(PAGE), (ENCODED + "zstd",)),
    "unknown coding": (PAGE, (ENCODED + "utf-8",)),
    "no coding": (PAGE, (ENCODED.strip(),)),
    "folded header": (GZIP, ("X-A: b\r\n c", ENCODED + "gzip")),
}


@pytest.mark.parametrize("name", BODIES)
def test_body_is_undone_whatever_the_headers_say(tmp_path, name):
    body, headers = BODIES[name]
    (tmp_path / "a.warc").write_bytes(response("https://a.example/", body, *headers))
    [(_, text, error)] = texts(tmp_path / "a.warc")
    assert error is None
    assert words(text) == TEXT.split()


@pytest.mark.parametrize("end", [b"", b"5\r\nab"])
def test_cut_chunks_keep_what_there_is(tmp_path, end):
    (tmp_path / "a.warc").write_bytes(
        response("https://a.example/", chunked(PAGE, end=b"")[:-300] + end, CHUNKED)
    )
    [(_, text, _)] = texts(tmp_path / "a.warc")
    assert len(words(text)) > 200
    assert not {"c8", "5"} & set(words(text))


def test_damaged_gzip_keeps_what_comes_before(tmp_path):
    (tmp_path / "a.warc").write_bytes(
        response("https://a.example/", GZIP[:-60] + b"\xff" * 60, ENCODED + "gzip")
    )
    [(_, text, _)] = texts(tmp_path / "a.warc")
    assert len(words(text)) > 150


def test_body_that_expands_without_end_is_bounded(monkeypatch):
    from mtdetect.inputs import http_message

    monkeypatch.setattr("mtdetect.inputs.record.LARGEST", 1 << 20)
    big = b"a " * (4 << 20)
    for body in (
        gzip.compress(big),
        brotli.compress(big, quality=1),
        zlib.compress(big),
        zstandard.compress(big),
    ):
        found = http_message.parse(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n" + body)
        assert len(http_message.decoded(found)) == 1 << 20


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html",
        b"HTTP/2 200\r\ncontent-type: text/html",
        b"HTTP/1.0 200\nContent-Type: text/html",
        b"HTTP/1.1 200 OK\r\nX-A: caf\xe9\0\r\nCONTENT-TYPE : TEXT/HTML ; charset='utf-8'",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Type: text/html; charset=utf-8",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8, text/html",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/xml",
        b"HTTP/1.1 200 OK\r\nContent-Type: nonsense",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 206 Partial Content\r\nContent-Type: application/xhtml+xml",
    ],
)
def test_heads(tmp_path, head):
    end = b"\n\n" if b"\r" not in head and b"\n" in head else b"\r\n\r\n"
    (tmp_path / "a.warc").write_bytes(record("response", "https://a.example/", head + end + PAGE))
    [(_, text, error)] = texts(tmp_path / "a.warc")
    assert error is None
    assert words(text) == TEXT.split()


@pytest.mark.parametrize("status", ["404 Not Found", "999 Request denied", "503 Busy"])
def test_article_sent_with_an_error_status_is_read(tmp_path, status):
    error_page = page(
        "Error", "<main><h1>Not found</h1><p>The page that you asked for is not here any more.</p></main>"
    )
    (tmp_path / "a.warc").write_bytes(
        response("https://a.example/1", PAGE, status=status)
        + response("https://a.example/2", error_page.encode(), status=status)
        + response("https://a.example/3", PAGE, status="304 Not Modified")
        + response("https://a.example/4", b"no", status=status, media_type="image/png")
    )
    (_, text, error), *others = texts(tmp_path / "a.warc")
    assert (words(text), error) == (TEXT.split(), None)
    number = status[:3]
    assert [error for _, _, error in others] == [f"HTTP status {one}" for one in (number, "304", number)]


def test_address_in_angle_brackets(tmp_path):
    (tmp_path / "a.warc").write_bytes(response("<https://a.example/wget>", PAGE))
    assert [one[0] for one in texts(tmp_path / "a.warc")] == ["https://a.example/wget"]


RECORDS = [response(f"https://a.example/{n}", PAGE) for n in range(12)]


def dictionary():
    # Made of many different samples: training refuses samples that are all alike.
    samples = [b"WARC/1.0 %d " % n + bytes(range(n % 97, n % 97 + 60)) * (1 + n % 7) for n in range(400)]
    return zstandard.train_dictionary(4096, samples)


def frames(*, own=None, pack_own=False, single=False, skippable=False):
    packer = zstandard.ZstdCompressor(dict_data=own) if own else zstandard.ZstdCompressor()
    parts = [packer.compress(one) for one in ([b"".join(RECORDS)] if single else RECORDS)]
    if skippable:
        parts = [part for one in parts for part in (one, b"\x5e\x2a\x4d\x18" + b"\x03\0\0\0abc")]
    head = b""
    if own:
        content = zstandard.compress(own.as_bytes()) if pack_own else own.as_bytes()
        head = b"\x5d\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content
    return head + b"".join(parts)


@pytest.mark.parametrize(
    "content",
    [
        frames(),
        frames(single=True),
        frames(skippable=True),
        frames(own=dictionary()),
        frames(own=dictionary(), single=True),
        frames(own=dictionary(), pack_own=True),
    ],
    ids=[
        "frames",
        "one frame",
        "skippable frames",
        "dictionary",
        "dictionary, one frame",
        "packed dictionary",
    ],
)
def test_zstandard_archives(tmp_path, content):
    path = tmp_path / "a.warc.zst"
    path.write_bytes(content)
    assert [words(text) for _, text, _ in texts(path)] == [TEXT.split()] * 12


def test_truncated_zstandard_archive_keeps_what_comes_before(tmp_path):
    path = tmp_path / "a.warc.zst"
    path.write_bytes(frames()[:-30])
    *whole, (_, _, error) = texts(path)
    assert [words(text) for _, text, _ in whole] == [TEXT.split()] * 11
    assert error == "record 12: damaged; the rest of the file is unread"


def test_damaged_zstandard_dictionary(tmp_path):
    path = tmp_path / "a.warc.zst"
    path.write_bytes(frames(own=dictionary())[:100])
    with pytest.raises(InputError, match=r"a\.warc\.zst: its Zstandard dictionary is damaged or truncated"):
        texts(path)


def test_resume_reads_a_zstandard_archive_again(tmp_path, monkeypatch):
    from mtdetect.screening import Options, plan

    path, out = tmp_path / "a.warc.zst", tmp_path / "out.jsonl"
    path.write_bytes(frames(own=dictionary()))
    monkeypatch.setattr(plan, "BATCH_RECORDS", 5)
    groups = plan.groups([str(path)], Options())
    resumed = plan.batches(groups, Options(), plan.Place(0, 1))
    assert [[raw.id[-1] for raw in batch.records] for batch in resumed] == [list("56789"), list("01")]
    assert main(["screen", str(path), "--output", str(out), "--resume"]) == 0
    assert len(out.read_text().splitlines()) == 12


# ---------------------------------------------------------------- pages


def article_of(body):
    from mtdetect.inputs.html import main_text

    return main_text(page("Ferry", body).encode())


ITEMS = "".join(f"<li>{text}</li>" for text in ARTICLE)


@pytest.mark.parametrize(
    "body",
    [
        f"<article><ul>{ITEMS}</ul></article>",
        f"<article><h1>Ferry</h1><ul class=story>{ITEMS}</ul></article>",
        f"<main><ul>{ITEMS}</ul></main>",
        f"<ul class=top>{MENU}</ul><div><ul>{ITEMS}</ul></div>",
        f"<article><ol>{ITEMS}</ol></article>",
        f"<article><menu>{ITEMS}</menu></article>",
        "<article><dl>" + ITEMS.replace("li>", "dd>") + "</dl></article>",
        f"<article>{paragraphs(ARTICLE)}</article><ul>" + f"<li><a href=x>{TEASER}</a></li>" * 9 + "</ul>",
        f"<article>{paragraphs(ARTICLE)}</article><ul>"
        + f"<li><h3>{TEASER}</h3><p>{TEASER}, all of them.</li>" * 9
        + "</ul>",
    ],
)
def test_lists_of_prose_are_kept_and_menus_are_not(body):
    assert article_of(body).split() == TEXT.split()


COMMENTS = f"<p>{COMMENT}, and I still have the photograph of it that my mother took.</p>" * 4


@pytest.mark.parametrize(
    "attribute",
    [
        "class=comments",
        "class='user-comments'",
        'class="article__comments"',
        "class=reader_comments",
        "id=postComments",
        "CLASS=x-comments-list",
        "itemprop=comment",
        "itemscope itemtype='https://schema.org/Comment'",
    ],
)
@pytest.mark.parametrize("tag", ["section", "div"])
def test_comments_are_not_the_article(attribute, tag):
    body = f"<h1>Ferry</h1><article>{paragraphs(ARTICLE)}</article><{tag} {attribute}>{COMMENTS}</{tag}>"
    assert article_of(body).split() == TEXT.split()


def test_comments_in_article_elements():
    body = f"<article class=post>{paragraphs(ARTICLE)}</article><div><article class=comment>{COMMENTS}</article></div>"
    assert article_of(body).split() == TEXT.split()


@pytest.mark.parametrize("name", ["has-sidebar", "content-sidebar-wrap", "no-comments", "layout-comments"])
def test_wrappers_named_after_what_else_they_hold_stay(name):
    rest = "This stands outside of the wrapper, and it has more than twenty words, so that it would be taken for all of the article."
    body = f"<div class={name}><h1>Ferry</h1><article>{paragraphs(ARTICLE)}</article></div><p>{rest}</p>"
    assert " ".join(ARTICLE[:2]).split() == article_of(body).split()[: len(" ".join(ARTICLE[:2]).split())]


@pytest.mark.parametrize(
    "made",
    [
        "<ul><li>" * 20_000,
        "<ul><li>word</ul>" * 20_000,
        "".join(f"<div class=x-{n}-comments>" for n in range(400)),
    ],
)
def test_made_up_pages_take_no_time(made):
    assert article_of(made) == ""
