"""The web page and the HTML reports in a real browser. MTDETECT_SCREENSHOTS names a folder for screenshots."""

from __future__ import annotations

import base64
import importlib.util
import itertools
import json
import os
import shutil
import time
from pathlib import Path

import pytest

from mtdetect.cli import main

webdriver = pytest.importorskip("selenium.webdriver")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SPUN = (EXAMPLES / "spun.txt").read_text(encoding="utf-8").strip()
PERSON = (EXAMPLES / "person.txt").read_text(encoding="utf-8").strip()

HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script></textarea>"\'&lt;b&gt;'
HOSTILE_NAME = '<img src=x onerror=document.title=3>".txt'

MODES = ("light", "dark")

WIDTHS = (360, 1280)
"""Of a small phone, and of a small laptop."""

LEAST_CONTRAST = 4.5
"""Of text, as WCAG 2 asks in level AA."""

SMALLEST = 8.0
"""CSS pixels of text; the figures of sentences, raised beside them, have nearly nine."""

LAYOUT = """
const colour = (text) => { const parts = text.match(/[\\d.]+/g).map(Number); return parts.length < 4 ? [...parts, 1] : parts; };
const under = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const found = colour(getComputedStyle(one).backgroundColor);
    if (found[3] === 1) return found;
  }
};
const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const element = walk.currentNode.parentElement, range = document.createRange(), style = getComputedStyle(element);
  range.selectNode(walk.currentNode);
  const box = range.getBoundingClientRect(), svg = element.closest("svg");
  if (!walk.currentNode.data.trim() || box.width <= 1 || box.height <= 1) continue;
  const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
  found.push([walk.currentNode.data.trim().slice(0, 40), colour(svg ? style.fill : style.color), under(element), parseFloat(style.fontSize) * scale]);
}
const wide = [document.documentElement, ...document.querySelectorAll(".wide")];
return [found, wide.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent.trim().slice(0, 60))];
"""
"""Each visible text with its colour, background and size, and what scrolls sideways: the page, a table."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    chrome = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if chrome is None or driver is None:
        pytest.skip("no Chromium with its driver here")
    options = webdriver.ChromeOptions()
    options.binary_location = chrome
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1200,900",
    ):
        options.add_argument(argument)
    downloads = tmp_path_factory.mktemp("downloads")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    running.downloads = downloads
    yield running
    running.quit()


@pytest.fixture
def page(browser, service):
    """The page, newly opened; at the end of the test the browser log must be empty."""
    browser.set_window_size(1200, 900)
    browser.get(service.url)
    browser.get_log("browser")
    yield Page(browser)
    assert browser.get_log("browser") == []
    assert browser.title == "mtdetect"


class Page:
    def __init__(self, browser):
        self.browser = browser

    def __getitem__(self, id):
        return self.browser.find_element(By.ID, id)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def fill(self, id, text):
        """Paste a text."""
        self.browser.execute_script(
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))",
            self[id],
            text,
        )

    def wait(self, holds):
        WebDriverWait(self.browser, 60, 0.05).until(lambda _: holds())

    def check(self):
        self["check"].click()
        self.wait(lambda: self["status"].text.startswith("Done") or self["problem"].is_displayed())

    def texts(self, selector):
        return [one.text for one in self.all(selector)]


def picture(browser, name, whole=True):
    """Save a screenshot in light and in dark mode, if MTDETECT_SCREENSHOTS is set."""
    folder = os.environ.get("MTDETECT_SCREENSHOTS")
    for mode in MODES if folder else ():
        feature = {"name": "prefers-color-scheme", "value": mode}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        time.sleep(0.3)  # colours fade into each other
        taken = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": whole})
        Path(folder).mkdir(parents=True, exist_ok=True)
        Path(folder, f"{name}-{mode}.png").write_bytes(base64.b64decode(taken["data"]))
    if folder:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def assert_fits_and_is_readable(browser):
    """On a phone and a laptop, in light and dark: nothing scrolls sideways, and all text is large enough and stands out."""
    try:
        for width, mode in itertools.product(WIDTHS, MODES):
            size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            feature = {"name": "prefers-color-scheme", "value": mode}
            reduced = {
                "name": "prefers-reduced-motion",
                "value": "reduce",
            }  # colours would fade into each other
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature, reduced]})
            found, scrolling = browser.execute_script(LAYOUT)
            assert scrolling == [], (width, mode)
            assert found
            for text, ink, paper, height in found:
                assert contrast(ink[:3], paper[:3]) >= LEAST_CONTRAST, (text, width, mode)
                assert height >= SMALLEST, (text, width, mode)
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def colours(browser, mode):
    """Text and background colour of the page."""
    feature = {"name": "prefers-color-scheme", "value": mode}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    style = "const style = getComputedStyle(document.body); return [style.color, style.backgroundColor]"
    found = browser.execute_script(style)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    return [[int(part) for part in one.removeprefix("rgb(").removesuffix(")").split(",")] for one in found]


def test_paste_and_check(page, shipped):
    picture(page.browser, "empty", whole=False)
    page.fill("suspect", SPUN)
    page.check()
    verdict = shipped.score(SPUN)
    assert page["verdict"].text == "Spun"
    assert ("> 99 %" if verdict.score > 0.99 else f"{100 * verdict.score:.0f} %") in page["facts"].text
    assert f"{verdict.quality:.1f} of 100" in page["facts"].text
    assert page["comparison"].is_displayed() is False
    # The whole text is shown, with its sentences tinted and its phrases marked.
    shown = page.browser.execute_script(
        "const copy = arguments[0].cloneNode(true); copy.querySelectorAll('sup').forEach((one) => one.remove());"
        "return copy.textContent",
        page["text"],
    )
    assert shown == SPUN
    assert len(page.all("#text .s")) == len(verdict.sentences)
    assert page.all("#text .h4")
    marks = {one.text: one.get_attribute("data-note") for one in page.all("#text mark")}
    assert marks["respective"] == "→ several (unusual combination of words)"
    rows = page.texts("#phrase-rows tr")
    assert len(rows) == len(verdict.evidence)
    assert any(row.startswith("respective several") for row in rows)
    picture(page.browser, "verdict")


def test_human_text(page):
    page.fill("suspect", PERSON)
    page.check()
    assert page["verdict"].text == "Written by a person"
    assert "good" in page["verdict"].find_element(
        By.XPATH, "ancestor::*[contains(@class,'card')]"
    ).get_attribute("class")


def test_offsets_beyond_the_basic_plane(page, shipped):
    """The service counts code points, the browser UTF-16 units."""
    text = "🐎🐎🐎 " + SPUN
    page.fill("suspect", text)
    page.check()
    assert page.texts("#text mark") == [one.text for one in shipped.score(text).evidence]


def test_compare_with_an_original(page, shipped):
    page["example"].click()
    page.wait(lambda: page["original"].get_attribute("value"))
    page.check()
    comparison = shipped.compare(
        page["suspect"].get_attribute("value"), page["original"].get_attribute("value")
    )
    assert page["relation"].text == "Spun copy"
    assert page["direction"].text == "The text is the copy."
    assert len(page.all("#text-suspect .link")) == sum(len(link.suspect) for link in comparison.alignment)
    assert "county" in page.texts("#text-original mark")
    picture(page.browser, "comparison")
    # A number links to the counterpart.
    page.all("#text-suspect .link")[2].click()
    lit = page.all(".lit")
    assert len(lit) == 2
    assert page.browser.switch_to.active_element in lit
    # The table shows its first rows until the button is pressed.
    before = len(page.all("#wording-rows tr"))
    page["more"].click()
    assert before < len(page.all("#wording-rows tr")) == len(comparison.substitutions)
    page.browser.set_window_size(400, 800)
    picture(page.browser, "narrow")
    wide = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.browser.execute_script(wide), "the page scrolls sideways on a narrow screen"


def test_hostile_text_stays_text(page, tmp_path):
    for name, content in ((HOSTILE_NAME, HOSTILE + " " + SPUN), ("original.txt", HOSTILE + " " + PERSON)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    page["add-original"].click()
    page.browser.execute_script(
        "for (const one of document.querySelectorAll('input[type=file]')) one.hidden = false"
    )
    page["suspect-input"].send_keys(str(tmp_path / HOSTILE_NAME))
    page["original-input"].send_keys(str(tmp_path / "original.txt"))
    page.wait(lambda: page["original"].get_attribute("value") and page["suspect"].get_attribute("value"))
    assert page["suspect-file"].text == HOSTILE_NAME
    page.check()
    assert HOSTILE.partition(">")[0] in page["text"].text
    assert page["side-suspect"].text == HOSTILE_NAME
    for part in ("result", "inputs"):
        assert page[part].find_elements(By.CSS_SELECTOR, "img, script") == []


def test_a_reply_of_a_hostile_service_stays_text(page):
    """Everything the service sends is inserted as text."""
    page.browser.execute_script(
        """
        const real = window.fetch;
        window.fetch = async (path, options) => {
          const answer = await (await real(path, options)).json();
          for (const one of answer.evidence ?? []) Object.assign(one, {text: arguments[0], suggestion: arguments[0], kind: arguments[0]});
          answer.reasons = [{text: arguments[0]}];
          return new Response(JSON.stringify(answer), {status: 200});
        };
        """.replace("arguments[0]", "hostile").replace(
            "const real", "const hostile = arguments[0]; const real"
        ),
        HOSTILE,
    )
    page.fill("suspect", SPUN)
    page.check()
    assert HOSTILE in page["phrase-rows"].text
    assert page["result"].find_elements(By.CSS_SELECTOR, "img, script, b") == []


@pytest.mark.parametrize("compared", [False, True])
def test_reports_are_downloaded(page, compared):
    page["example"].click()
    page.wait(lambda: page["original"].get_attribute("value"))
    page.check()
    name = "mtdetect-comparison.html" if compared else "mtdetect-report.html"
    path = page.browser.downloads / name
    page["download-comparison" if compared else "download"].click()
    page.wait(path.exists)
    content = path.read_text(encoding="utf-8")
    assert content.startswith("<!DOCTYPE html>")
    assert ("Spun copy" if compared else ">Spun<") in content


def test_keyboard_is_enough(page):
    def tab():
        page.browser.switch_to.active_element.send_keys(Keys.TAB)
        return page.browser.switch_to.active_element

    page.browser.execute_script("document.body.focus()")
    page.browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    reached = [page.browser.switch_to.active_element] + [tab() for _ in range(6)]
    assert reached[0].text == "Skip to the result"
    assert [one.get_attribute("id") for one in reached[2:]] == [
        "example",
        "suspect",
        "check",
        "add-original",
        "fpr",
    ]
    page.fill("suspect", SPUN)
    page["suspect"].send_keys(Keys.CONTROL, Keys.ENTER)
    page.wait(lambda: page["status"].text.startswith("Done"))
    assert page.browser.switch_to.active_element == page["result"]
    # Then to the marks, which refer to the rows that describe them.
    while page.browser.switch_to.active_element.tag_name != "mark":
        tab()
    mark = page.browser.switch_to.active_element
    assert mark.text in page[mark.get_attribute("aria-describedby")].text


def test_everything_has_a_name_for_screen_readers(page):
    page["example"].click()
    page.wait(lambda: page["original"].get_attribute("value"))
    page.check()
    tree = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    wanted = {"button", "textbox", "combobox", "region", "heading", "table", "link"}
    nodes = [node for node in tree if not node["ignored"] and node.get("role", {}).get("value") in wanted]
    assert len(nodes) > 20
    nameless = [
        node for node in nodes if not node.get("name", {}).get("value") and node["role"]["value"] != "table"
    ]
    assert nameless == []


def test_light_and_dark_are_readable(page):
    for mode in MODES:
        ink, paper = colours(page.browser, mode)
        assert (sum(ink) < sum(paper)) is (mode == "light")
        assert contrast(ink, paper) >= 7


def test_page_fits_and_is_readable(page):
    assert_fits_and_is_readable(page.browser)
    page["example"].click()
    page.wait(lambda: page["original"].get_attribute("value"))
    page.check()
    assert_fits_and_is_readable(page.browser)


def contrast(one, other):
    """Ratio of luminances, as WCAG 2 defines it."""

    def luminance(colour):
        parts = [part / 255 for part in colour]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("Too short.", "Uncertain"),
        ("Le conseil municipal a voté hier soir, et personne n'était content. " * 4, "Not judged"),
    ],
)
def test_what_is_not_judged(page, text, heading):
    page.fill("suspect", text)
    page.check()
    assert page["verdict"].text == heading
    assert page["why"].text


def test_problems_are_shown(page):
    page["check"].click()
    assert page["problem"].text == "Paste a text first, or drop a file."
    page.fill("suspect", "a " * 600_000)
    page.check()
    assert "longer than" in page["problem"].text
    assert page["result"].is_displayed() is False
    page.browser.get_log("browser")  # the browser logs the error status
    page.fill("suspect", SPUN)
    page.check()
    assert page["problem"].is_displayed() is False


def test_token_is_required(browser, start):
    with start("--workers", "1", environment={"MTDETECT_TOKENS": "page-0123456789abcdef"}) as service:
        browser.get(service.url)
        page = Page(browser)
        page.fill("suspect", SPUN)
        page.check()
        assert "requires a token" in page["problem"].text
        page["token"].send_keys("page-0123456789abcdef")
        page.check()
        assert page["verdict"].text == "Spun"


# -- the reports of the command line


def opened(browser, path):
    browser.get_log("browser")
    browser.set_window_size(1200, 900)
    browser.get(path.as_uri())
    assert browser.get_log("browser") == []


def test_report_of_score(browser, shipped, tmp_path):
    (tmp_path / HOSTILE_NAME).write_text(HOSTILE + " " + SPUN, encoding="utf-8")
    inputs = [str(tmp_path / HOSTILE_NAME), str(EXAMPLES / "person.txt")]
    phrases = ["--phrases", str(EXAMPLES / "fingerprints.tsv")]  # evidence that does not depend on the model
    main(["score", *inputs, *phrases, "--fpr", "0.05", "--html", str(tmp_path / "report.html")])
    opened(browser, tmp_path / "report.html")
    assert browser.title == "mtdetect: 2 texts, 1 flagged"
    assert HOSTILE_NAME in browser.find_element(By.TAG_NAME, "h2").text
    text = browser.find_element(By.CSS_SELECTOR, ".text").text
    assert "<script>document.title=2</script>" in text
    assert browser.find_elements(By.CSS_SELECTOR, "img, script, textarea") == []
    mark = browser.find_element(By.CSS_SELECTOR, "mark[data-note]")
    mark.send_keys("")  # focus
    shown = "return getComputedStyle(arguments[0], '::after').content"
    assert "→" in browser.execute_script(shown, mark)
    picture(browser, "report")


def test_report_of_compare(browser, shipped, tmp_path):
    (tmp_path / HOSTILE_NAME).write_text(HOSTILE + " " + SPUN, encoding="utf-8")
    inputs = [str(tmp_path / HOSTILE_NAME), str(EXAMPLES / "person.txt")]
    main(["compare", *inputs, "--html", str(tmp_path / "comparison.html")])
    opened(browser, tmp_path / "comparison.html")
    assert browser.title == "mtdetect: Spun copy"
    assert browser.find_elements(By.CSS_SELECTOR, "img, script, textarea") == []
    link = browser.find_elements(By.CSS_SELECTOR, ".text a")[1]
    link.click()
    target = browser.execute_script("return document.querySelector(':target').textContent")
    assert "pool" in target
    picture(browser, "comparison-report")


LONG_NAME = "an-article-" + "about-nothing-" * 6 + "in-particular"
LONG_HOST = "pages." + "of-a-site-with-a-long-name." * 5 + "example"


@pytest.fixture
def crawl(tmp_path):
    """Records of one site with a long name: flagged, original, uncertain and not judged."""
    texts = [SPUN, PERSON, "Too short.", "", "Le conseil municipal a voté hier soir, sans joie. " * 9]
    path = tmp_path / "crawl.jsonl"
    records = [
        {"id": f"https://{LONG_HOST}/{number}", "text": text} for number, text in enumerate(texts * 40)
    ]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


@pytest.mark.parametrize("command", ["score", "compare", "screen"])
def test_reports_fit_and_are_readable(browser, shipped, tmp_path, crawl, command):
    report = tmp_path / "report.html"
    suspect = tmp_path / f"{LONG_NAME}.txt"
    suspect.write_text(SPUN, encoding="utf-8")
    french = tmp_path / "french.txt"
    french.write_text("Le conseil municipal a voté hier soir, sans joie. " * 9, encoding="utf-8")
    person = str(EXAMPLES / "person.txt")
    phrases = ["--phrases", str(EXAMPLES / "fingerprints.tsv")]
    main(
        {
            "score": ["score", str(suspect), person, str(french), *phrases, "--html", str(report)],
            "compare": ["compare", str(suspect), person, "--html", str(report)],
            "screen": ["screen", str(crawl), "--output", str(tmp_path / "out.jsonl"), "--html", str(report)],
        }[command]
    )
    opened(browser, report)
    assert_fits_and_is_readable(browser)
    picture(browser, f"{command}-fits")


def crawl_module():
    spec = importlib.util.spec_from_file_location("crawl", EXAMPLES.parent / "benchmarks" / "crawl.py")
    crawl = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(crawl)
    return crawl


def test_sheet_of_a_crawl_is_read_with_keys_and_thumbs(browser, tmp_path):
    """``benchmarks/crawl.py``: one page at a time, y, n and ? by key or button, and the answers as a file."""
    crawl = crawl_module()
    view = {"address": None, "id": HOSTILE, "host": HOSTILE, "label": "spun", "score": 0.9, "p_value": 0.001}
    pages = [
        {**view, "number": number, "text": HOSTILE + SPUN, "cut": 1, "evidence": [(HOSTILE, None)]}
        for number in (1, 2, 3)
    ]
    path = tmp_path / "sheet.html"
    path.write_text(crawl.sheet(f"sample {time.time_ns()}", pages), encoding="utf-8")
    browser.set_window_size(500, 900)
    browser.get(path.as_uri())
    browser.get_log("browser")
    body, state = browser.find_element(By.TAG_NAME, "body"), browser.find_element(By.ID, "state")

    def shown():
        articles = browser.find_elements(By.TAG_NAME, "article")
        return [one.get_attribute("data-number") for one in articles if one.is_displayed()]

    assert shown() == ["1"]
    body.send_keys("y")
    assert (shown(), state.text) == (["2"], "Page 2 of 3, 1 judged")
    body.send_keys("?")
    browser.find_element(By.CSS_SELECTOR, "[data-answer=n]").click()
    assert (shown(), state.text) == (["3"], "Page 3 of 3, 3 judged: save your answers")
    body.send_keys(Keys.ARROW_LEFT)
    assert shown() == ["2"]

    def kept(_):
        browser.refresh()
        return browser.find_element(By.ID, "state").text.startswith("Page 1 of 3, 3 judged")

    # A browser writes what a page stores a moment later, longer on a busy machine.
    WebDriverWait(browser, 20, 0.5).until(kept)
    wide = browser.execute_script("return document.documentElement.scrollWidth > innerWidth")
    assert not wide
    browser.find_element(By.ID, "save").click()
    saved = browser.downloads / "judgements.json"
    WebDriverWait(browser, 60, 0.05).until(lambda _: saved.exists())
    answers = crawl.judgements(
        str(saved),
        {
            "sample": json.loads(saved.read_bytes())["sample"],
            "pages": [{"number": 1}, {"number": 2}, {"number": 3}],
        },
    )
    assert answers == {1: "y", 2: "?", 3: "n"}
    assert browser.get_log("browser") == []
    assert browser.title == "Is this page degraded?"


def test_sheet_of_a_crawl_says_whether_the_browser_keeps_the_answers(browser, tmp_path):
    view = {"address": None, "id": "a", "host": "a", "label": "spun", "score": 0.9, "p_value": None}
    pages = [{**view, "number": number, "text": SPUN, "cut": 0, "evidence": []} for number in (1, 2)]
    path = tmp_path / "sheet.html"
    path.write_text(crawl_module().sheet(f"sample {time.time_ns()}", pages), encoding="utf-8")
    browser.get(path.as_uri())
    browser.get_log("browser")
    body = browser.find_element(By.TAG_NAME, "body")

    def said():
        kept, unkept = (browser.find_element(By.ID, one) for one in ("kept", "unkept"))
        return [one.text for one in (kept, unkept) if one.is_displayed()]

    stays = ["Answers stay in this browser until you save them."]
    assert said() == stays
    browser.execute_script(
        "window.works = Storage.prototype.setItem; Storage.prototype.setItem = () => { throw new Error('full'); };"
    )
    body.send_keys("y")
    assert said() == [
        "This browser keeps no answers: they last as long as this page, so save them before you leave it."
    ]
    browser.execute_script("Storage.prototype.setItem = window.works;")
    body.send_keys("n")
    assert said() == stays
    # A browser may begin to read the file after the click, so its address stays for a moment.
    revoked = browser.execute_script(
        "let revoked = 0; URL.revokeObjectURL = () => { revoked += 1; }; HTMLAnchorElement.prototype.click = () => {};"
        "document.getElementById('save').click(); return revoked;"
    )
    assert revoked == 0
    assert browser.get_log("browser") == []
    # Where storage is forbidden altogether, the sheet says so before the first answer.
    added = browser.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument",
        {
            "source": "Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden'); } });"
        },
    )
    browser.refresh()
    assert said()[0].startswith("This browser keeps no answers")
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
