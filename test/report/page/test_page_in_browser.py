"""The page in a headless Chromium, opened from disk, with names and captions that try to run scripts."""

import os
import re
import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from lass.bin.report import main as report

BROWSER, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="no chromium and chromedriver: tools/installers/install_chromium.sh installs them"
)
CAPTION = "\"'><script>window.hacked = 1; document.title = 'hacked'</script><img src=x onerror=\"window.hacked = 2\">"
LABEL = "</td></table><svg onload='window.hacked=3'> & $x$"
SYSTEM = "<b onmouseover=window.hacked=4>theirs</b>"
EXPERIMENT = "exp <img src=x onerror=window.hacked=5>"
SET = "te#s%t?<i>\"'"
PAPER = "'\"<script>window.hacked = 6</script>"


@pytest.fixture(scope="module")
def page(tmp_path_factory, make_tones, write_paper) -> str:
    """Address of the page of a hostile experiment."""
    folder = tmp_path_factory.mktemp("page")
    tones = make_tones(folder, SET, {"bell": LABEL, "dog": "<!--", "rain": "Rain"}, CAPTION, gains=(0, 1, 0, -4, -1))
    experiment = tones.score(folder / EXPERIMENT, {"mixture": None, "model": 1, SYSTEM: 2})
    paper, figures = write_paper(folder, SET, PAPER, 1, PAPER, PAPER), experiment / "report"
    report([str(experiment), "--out", str(folder / "RESULTS.md"), "--figures", str(figures), "--paper", str(paper)])
    return (figures / "index.html").as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("headless=new", "disable-dev-shm-usage", "disable-gpu", "disable-background-networking",
                     "autoplay-policy=no-user-gesture-required", f"user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(f"--{argument}")
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's sandbox refuses root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser, page):
    """The page, just opened."""
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get(page)
    return browser


def column(browser, key: str) -> list[str]:
    """Texts of a column of the table of all mixtures, from the top."""
    return browser.execute_script(
        "const header = document.querySelector(`th[data-key=${arguments[0]}]`);"
        "return Array.from(header.closest('table').tBodies[0].rows, row => row.cells[header.cellIndex].textContent)",
        key,
    )


def header(browser, key: str):
    return browser.find_element(By.CSS_SELECTOR, f"th[data-key={key}]")


def test_text_is_shown_and_not_run(opened):
    body = opened.find_element(By.TAG_NAME, "body").text
    for text in (CAPTION, LABEL, SYSTEM, SET, EXPERIMENT, PAPER):
        assert text in body
    assert opened.execute_script("return window.hacked") is None
    assert opened.title == f"Results of {EXPERIMENT}"
    assert opened.execute_script("return document.querySelectorAll('svg, td b, h5 img, h1 img, i').length") == 0
    assert opened.execute_script("return document.scripts.length") == 1
    assert opened.get_log("browser") == []


def test_figures_and_spectrograms_are_there(opened):
    sizes = opened.execute_script("return Array.from(document.images, image => [image.src, image.naturalWidth])")
    assert len(sizes) == 5 + 5 * 4  # figures, and four spectrograms for each of five mixtures
    assert not [source for source, width in sizes if width == 0]
    links = opened.execute_script("return Array.from(document.querySelectorAll('figure a'), link => link.href)")
    assert len(links) == 5 and all(re.fullmatch(r"file:///[\w/%.~<>=-]+\.png", link) for link in links)


def test_sounds_load_and_one_plays_at_a_time(opened):
    preload = opened.execute_script("return Array.from(document.querySelectorAll('audio'), x => x.preload)")
    assert preload == ["none"] * 20
    opened.execute_script("document.querySelectorAll('audio').forEach(x => { x.preload = 'auto'; x.load(); })")
    durations = "return Array.from(document.querySelectorAll('audio'), x => x.readyState > 0 ? x.duration : 0)"
    WebDriverWait(opened, 20).until(lambda _: all(opened.execute_script(durations)))
    assert opened.execute_script(durations) == [1.0] * 20
    opened.execute_async_script(
        "const [a, b] = document.querySelectorAll('audio'), done = arguments[0];"
        "a.loop = b.loop = true; a.play().then(() => b.play()).then(() => setTimeout(done, 100))"
    )
    paused = opened.execute_script("return Array.from(document.querySelectorAll('audio'), x => x.paused)")
    assert paused == [True, False] + 18 * [True]
    assert opened.get_log("browser") == []


def test_columns_sort_by_click_and_key(opened):
    ascending = ["-2.98", "9.12", "10.17", "12.04", "20.00"]  # as text, 10.17 would come before 9.12
    assert column(opened, "sdri") != ascending
    button = header(opened, "sdri").find_element(By.TAG_NAME, "button")
    button.click()
    assert column(opened, "sdri") == ascending
    assert header(opened, "sdri").get_attribute("aria-sort") == "ascending"
    button.send_keys(Keys.ENTER)
    assert column(opened, "sdri") == ascending[::-1]
    assert header(opened, "sdri").get_attribute("aria-sort") == "descending"
    assert opened.current_url.endswith("#sort=-sdri")
    header(opened, "input_snr").find_element(By.TAG_NAME, "button").click()
    assert column(opened, "input_snr") == ["-4.00", "-1.00", "0.00", "0.00", "1.00"]
    header(opened, "mixture").find_element(By.TAG_NAME, "button").click()
    assert column(opened, "mixture") == ["m1", "m2", "m3", "m4", "m5"]
    assert header(opened, "sdri").get_attribute("aria-sort") is None
    assert opened.get_log("browser") == []


def test_the_address_sorts(browser, page, opened):
    opened.execute_script("location.hash = 'sort=-input_snr'")
    WebDriverWait(opened, 5).until(lambda _: header(opened, "input_snr").get_attribute("aria-sort") == "descending")
    browser.get("about:blank")
    browser.get(f"{page}#sort=sdri")
    assert column(browser, "sdri")[0] == "-2.98"
    browser.get("about:blank")
    browser.get(f"{page}#sort=constructor")  # no such column
    assert column(browser, "mixture") == ["m1", "m2", "m3", "m4", "m5"]


def test_links_lead_to_the_players(opened):
    link = opened.find_element(By.LINK_TEXT, "m2")
    card = opened.find_element(By.ID, link.get_attribute("href").partition("#")[2])
    assert "SDRi 20.00 dB" in card.text.replace("\n", " ") and "m2" in card.text


@pytest.mark.parametrize("width", [380, 1400])
def test_the_page_is_no_wider_than_the_window(opened, width):
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    opened.refresh()
    assert opened.execute_script("return document.documentElement.scrollWidth") <= width
    opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_no_script_runs_that_is_not_the_page_s_own(opened):
    """Even if text got in unescaped, the policy would keep it from running."""
    opened.execute_script(
        "const script = document.createElement('script'); script.textContent = 'window.hacked = 7';"
        "document.body.append(script);"
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hacked = 8\">');"
    )
    WebDriverWait(opened, 5).until(lambda _: opened.execute_script("return document.images[25].complete"))
    assert opened.execute_script("return window.hacked") is None
    assert any("Content Security Policy" in entry["message"] for entry in opened.get_log("browser"))
