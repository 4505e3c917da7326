"""The console in a real browser: live, by keyboard, without scripts, without vendor files, on paper, at 400 px."""

import base64
import re

import pytest
from playwright.sync_api import Page, expect

from ironkeep.faces.console.sources import Limits
from ironkeep.model.ids import PointName
from ironkeep.views.alarm_now import Look
from tests.console.running import running

PAGES = ("/", "/fleet", "/alarms", "/incidents", "/rack", "/rack/cab-b", "/rack/cab-b.s2", "/rack/ups-a")
PAGES += ("/evidence", "/diagnostics", "/twin", "/help", "/proof/0")
PAGES += ("/accounts", "/tokens", "/waiting", "/account", "/account/second-factor")
PAGES += ("/search?q=cab", "/words", "/past", "/trends?p=cab-a/soc_pct%20cab-b/soc_pct")


CENSUS = """async text => {
  const image = await createImageBitmap(await (await fetch("data:image/png;base64," + text)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height), pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  const data = pen.getImageData(0, 0, image.width, image.height).data, kinds = new Set();
  let colourful = 0, dark = 0;
  for (let i = 0; i < data.length; i += 4) {
    const high = Math.max(data[i], data[i + 1], data[i + 2]), low = Math.min(data[i], data[i + 1], data[i + 2]);
    colourful += high - low > 45; dark += high < 140; kinds.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
  }
  return {total: data.length / 4, colourful, dark, kinds: kinds.size};
}"""


def census(page: Page, png: bytes) -> dict[str, int]:
    """How many pixels of a screenshot are colourful, how many dark, and how many kinds there are."""
    blank = page.context.new_page()
    found = blank.evaluate(CENSUS, base64.b64encode(png).decode())
    blank.close()
    return found


def test_values_change_in_place_and_the_browser_has_no_complaint(sit, quiet):
    seat = sit(quiet)
    expect(seat.page.locator("#r-pulse")).to_contain_text("live")
    clock = seat.page.locator("#r-pulse time")
    first = clock.inner_text()
    expect(clock).not_to_have_text(first, timeout=15_000)
    expect(seat.page.locator("#lost")).to_have_count(0)
    assert seat.complaints == []


def test_a_quiet_page_has_no_colour(sit, quiet):
    seat = sit(quiet)
    seat.page.wait_for_timeout(1200)
    found = census(seat.page, seat.page.screenshot())
    assert found["colourful"] < found["total"] * 0.0005


def test_acknowledge_by_keyboard_moves_on_to_the_next_row_that_waits(sit, tmp_path):
    console = running(tmp_path)
    try:
        for i in range(3):
            console.house.raise_alarm(f"Alarm {i}", "cab-a", 2, ago_s=100 - i)
        seat = sit(console)
        page = seat.go("/alarms")
        expect(page.locator("[data-ack]")).to_have_count(3)
        page.keyboard.press("ArrowDown")
        first, second = (page.locator("[data-ack]").nth(i).get_attribute("id") for i in (0, 1))
        expect(page.locator(f"#{first}")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("[data-ack]")).to_have_count(2)
        expect(page.locator("#notice")).to_contain_text("acknowledged: Alarm 0, UPS battery cabinet A (fact")
        expect(page.locator(f"#{second}")).to_be_focused()
        page.wait_for_timeout(2500)
        expect(page.locator(f"#{second}")).to_be_focused()
        assert [r.kind for r in console.house.desk.asked if r.kind == "acknowledge alarm"] == ["acknowledge alarm"]
        assert seat.complaints == []
    finally:
        console.stop()


def test_a_new_alarm_appears_without_a_reload(sit, tmp_path):
    console = running(tmp_path)
    try:
        seat = sit(console)
        expect(seat.page.locator("#r-alarms_side")).to_contain_text("No alarm stands")
        console.house.raise_alarm("Temperature rising", "cab-b.s2.m07", 1)
        expect(seat.page.locator("#r-alarms_side")).to_contain_text("Temperature rising", timeout=6000)
        expect(seat.page.locator("#r-oneline .alarmbox")).to_have_count(1)
    finally:
        console.stop()


def test_keys_lead_between_levels(sit, quiet):
    page = sit(quiet).page
    for key, path in (
        ("1", "/fleet"),
        ("3", "/rack"),
        ("4", "/diagnostics"),
        ("2", "/"),
        ("a", "/alarms"),
        ("?", "/help"),
    ):
        page.keyboard.press(key)
        page.wait_for_url(f"{quiet.url}{path}")
        if path == "/help":
            break
    page.goto(f"{quiet.url}/rack/cab-b.s2")
    page.keyboard.press("Escape")
    page.wait_for_url(f"{quiet.url}/rack/cab-b")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("cab-a.s1")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{quiet.url}/rack/cab-a.s1")


def test_search_is_worked_from_the_keyboard_alone(sit, quiet):
    page = sit(quiet).page
    page.keyboard.press("/")
    page.keyboard.type("cabinet")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{quiet.url}/search?q=cabinet")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hits a").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{quiet.url}/rack/cab-a")
    expect(page.locator("#q[role=combobox]")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("ups")
    expect(page.locator("#hints li").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    place = page.locator("#hints [aria-selected=true]").get_attribute("data-href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{quiet.url}{place}")


def test_a_word_says_its_line_on_focus_without_scripts(sit, quiet):
    page = sit(quiet, java_script_enabled=False).page
    word = page.locator("#r-banks a.w", has_text="spread")
    word.focus()
    assert "Highest minus lowest cell voltage" in word.evaluate("e => getComputedStyle(e, '::after').content")


def test_a_trend_is_read_by_arrow_keys(sit, quiet):
    page = sit(quiet).go("/rack/cab-b.s2")
    plot = page.locator("#trend-soc-pct div.plot")
    plot.focus()
    page.keyboard.press("End")
    expect(page.locator("#trend-soc-pct .at")).to_contain_text(re.compile(r"\d\d:\d\d:\d\dZ .*(%|not known)"))
    expect(plot).to_be_focused()


@pytest.mark.safety("S41")
def test_the_sounder_is_off_until_asked_then_sounds_for_what_waits_and_in_a_hidden_tab(sit, tmp_path):
    console = running(tmp_path)
    try:
        console.house.raise_alarm("Temperature rising", "cab-b", 1)
        seat = sit(console)
        button = seat.page.locator("#sound")
        expect(button).to_have_text("Sound off")
        seat.page.wait_for_timeout(1500)
        assert button.get_attribute("data-sung") is None
        button.click()
        expect(button).to_have_text("Sound on")
        expect(button).to_have_attribute("data-sung", re.compile(r"[1-9]"), timeout=10_000)
        seat.window().bring_to_front()  # the first tab is hidden now
        sung = int(button.get_attribute("data-sung"))
        expect(button).not_to_have_attribute("data-sung", str(sung), timeout=15_000)
        assert seat.page.title().startswith("(1)")
        assert seat.complaints == []
    finally:
        console.stop()


@pytest.mark.safety("S12")
def test_a_lost_stream_is_seen_and_values_become_not_known(sit, tmp_path):
    console = running(tmp_path)
    seat = sit(console)
    expect(seat.page.locator("#bank-cab-a .val").first).to_be_visible()
    console.stop()
    expect(seat.page.locator("#lost")).to_contain_text("Stream lost", timeout=8000)
    expect(seat.page.locator("html")).to_have_attribute("data-stream", "old", timeout=12000)
    cell = seat.page.locator("#bank-cab-a td[data-label=power] .val")
    assert cell.evaluate("e => getComputedStyle(e, '::after').content") == '"not known"'
    assert not seat.page.locator("#bank-cab-a td[data-label=power] .val b").is_visible()
    assert seat.page.evaluate("getComputedStyle(document.body).outlineStyle") == "dashed"


@pytest.mark.safety("S12", "S20")
def test_where_the_stream_is_lost_no_state_or_value_reads_as_if_it_were_now(sit, tmp_path):
    console = running(tmp_path, looks={"off-gas-without-heat": Look(PointName("offgas_ppm"), low=False)})
    gas = f"/alarms/{console.house.bad_night()['gas']}"
    expected = {"/": "ppm now", "/alarms": "ppm now", gas: "value now 0 ppm", "/rack/cab-a": "closed"}
    expected |= {"/rack/cab-a.s1": "closed", "/rack/ups-a": "online", "/fleet": "live", "/diagnostics": "live yes"}
    read = """old => {
      if (old) document.documentElement.dataset.stream = "old"; else delete document.documentElement.dataset.stream;
      return document.querySelector("main").innerText.replace(/\\s+/g, " ");
    }"""
    try:
        seat = sit(console)
        expect(seat.page.locator("#r-alarms_side")).to_contain_text("Off-gas")
        for path, words in expected.items():
            page = seat.go(path)
            assert words in page.evaluate(read, False), path
            assert words not in page.evaluate(read, True), path
    finally:
        console.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_axe_violation_or_a_browser_complaint(sit, bad, axe, scheme):
    seat = sit(bad, color_scheme=scheme, reduced_motion="reduce")
    paths = (*PAGES, f"/alarms/{bad.ids['heat']}", f"/incidents/{bad.ids['case']}")
    for path in paths:
        page = seat.go(path)
        page.wait_for_timeout(700)
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        told = [
            (v["id"], v["nodes"][0]["html"][:160], v["nodes"][0]["failureSummary"][:200]) for v in found["violations"]
        ]
        assert told == [], path
    assert seat.complaints == []


def test_the_doors_have_no_axe_violation(sit, quiet, axe):
    seat = sit(quiet, enter=False)
    token = quiet.house.vault.invite("viewer", quiet.house.clock().at_us)
    for path in ("/login", f"/enrol?token={token}", "/enrol?token=old"):
        page = seat.go(path)
        page.evaluate(axe)
        assert page.evaluate("axe.run()")["violations"] == [], path


def test_with_scripts_off_every_page_is_whole_and_acknowledging_works(sit, tmp_path):
    console = running(tmp_path)
    try:
        ids = console.house.bad_night()
        seat = sit(console, java_script_enabled=False)
        for path in PAGES:
            page = seat.go(path)
            assert page.locator("main, section").count()
        page = seat.go("/rack/cab-b.s2")
        box = page.locator("#trend-soc-pct img").bounding_box()
        assert box["width"] > 200
        assert box["height"] > 100
        assert page.locator("#r-heat svg.map rect").count() > 300
        page = seat.go("/alarms")
        page.locator(f"#row-{ids['heat'].replace('_', '-')} [data-ack]").click()
        expect(page.locator("[data-ack]")).to_have_count(1)
        expect(page.locator("#notice")).to_contain_text("acknowledged: ")
        page.goto(f"{console.url}/alarms/{ids['fuel']}")
        page.fill("[name=reason]", "charger is on order")
        page.locator("#shelve button").click()
        expect(page.locator("#r-alarm_tail")).to_contain_text("Generator start battery low")
        page.locator("#undo").click()
        expect(page.locator("#notice")).to_contain_text("back on the list: ")
    finally:
        console.stop()


def test_without_the_vendor_folder_the_console_is_live_and_draws_on_the_server(sit, tmp_path):
    console = running(tmp_path, vendor=tmp_path / "nothing")
    try:
        console.house.raise_alarm("One", "cab-a")
        console.house.raise_alarm("Two", "cab-b")
        seat = sit(console)
        assert seat.page.evaluate("typeof htmx + typeof uPlot") == "undefinedundefined"
        clock = seat.page.locator("#r-pulse time")
        expect(clock).not_to_have_text(clock.inner_text(), timeout=6000)
        button = seat.page.locator("[data-ack]").first
        button.focus()
        before = button.get_attribute("id")
        seat.page.wait_for_timeout(2500)
        assert seat.page.evaluate("document.activeElement.id") == before
        seat.page.keyboard.press("Enter")
        expect(seat.page.locator("[data-ack]")).to_have_count(1)
        page = seat.go("/rack/cab-a.s1")
        page.wait_for_timeout(500)
        assert page.evaluate("document.querySelector('#trend-soc-pct img').naturalWidth") > 100
        assert seat.complaints == []
    finally:
        console.stop()


def test_a_vendor_file_that_was_altered_is_not_served(tmp_path):
    from ironkeep.faces.console.render import assets
    from ironkeep.faces.console.sources import VENDOR as VENDOR_FOLDER

    copy = tmp_path / "vendor"
    copy.mkdir()
    for path in VENDOR_FOLDER.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    assert "htmx.min.js" in assets(copy)
    (copy / "htmx.min.js").write_bytes(b"alert(1)")
    assert "htmx.min.js" not in assets(copy)


def test_charts_have_a_size_and_ink(sit, quiet):
    page = sit(quiet).go("/rack/cab-b.s2")
    canvas = page.locator("#trend-soc-pct canvas")
    expect(canvas).to_be_visible()
    page.wait_for_timeout(800)
    box = canvas.bounding_box()
    assert box["width"] > 250
    assert box["height"] > 100
    assert census(page, canvas.screenshot())["kinds"] > 5
    heat = page.locator("#r-heat svg.map").first
    assert heat.bounding_box()["width"] > 300
    page.goto(f"{quiet.url}/")
    line = page.locator("#r-oneline svg.line")
    assert line.bounding_box()["height"] > 200
    assert census(page, line.screenshot())["dark"] > 500


def test_texts_of_the_one_line_diagram_do_not_collide(sit, quiet):
    page = sit(quiet).page
    page.wait_for_timeout(1200)
    boxes = page.locator("#r-oneline svg.line text").evaluate_all(
        "es => es.map(e => { const b = e.getBBox(); return [e.textContent, b.x, b.y, b.width, b.height]; })"
    )
    for i, (a, ax, ay, aw, ah) in enumerate(boxes):
        for b, bx, by, bw, bh in boxes[i + 1 :]:
            apart = ax + aw <= bx + 1 or bx + bw <= ax + 1 or ay + ah <= by + 3 or by + bh <= ay + 3
            assert apart, (a, b)


def test_eight_windows_at_once_all_stay_fresh_and_those_beyond_four_say_that_they_poll(sit, quiet):
    seat = sit(quiet)
    windows = [seat.page, *(seat.window() for _ in range(7))]
    for window in windows:
        window.goto(f"{quiet.url}/")
    for window in windows:
        clock = window.locator("#r-pulse time")
        expect(clock).not_to_have_text(clock.inner_text(), timeout=15_000)
    polled = sum(window.locator("#polled").count() for window in windows)
    assert polled == 4
    assert seat.complaints == []


@pytest.mark.safety("S12")
def test_a_polled_tab_that_slept_a_minute_is_not_lost_and_one_that_hears_nothing_is(sit, tmp_path):
    console = running(tmp_path, limits=Limits(streams_per_session=0))
    seat = sit(console)
    page = seat.window()
    page.clock.install()
    page.goto(f"{console.url}/help")
    told = page.locator("#polled")
    for _ in range(200):
        if told.count():
            break
        page.clock.run_for(500)
    expect(told).to_have_text("polled every 5 s")
    state = page.locator("html")
    for _ in range(2):
        with page.expect_response(lambda answer: "poll=1" in answer.url):
            page.clock.fast_forward(60_000)
        page.clock.run_for(1_000)
        expect(state).not_to_have_attribute("data-stream", re.compile("."))
    console.stop()
    page.clock.fast_forward(60_000)
    page.clock.fast_forward(60_000)
    expect(state).to_have_attribute("data-stream", "old")


def test_a_long_name_without_a_space_pushes_no_button_out_of_sight(sit, tmp_path):
    console = running(tmp_path)
    try:
        console.house.raise_alarm("Ü" * 150, "cab-a", 1)
        seat = sit(console, viewport={"width": 400, "height": 800})
        for path in ("/", "/alarms"):
            seat.go(path)
            box = seat.page.locator("[data-ack]").first.bounding_box()
            assert 0 <= box["x"] < box["x"] + box["width"] <= 400, path
    finally:
        console.stop()


@pytest.mark.parametrize("path", ["/", "/alarms", "/rack", "/rack/cab-b.s2", "/evidence", "/diagnostics"])
def test_at_400_px_nothing_is_cut_off(sit, bad, path):
    page = sit(bad, viewport={"width": 400, "height": 800}).go(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_at_200_percent_zoom_nothing_is_cut_off(sit, bad):
    page = sit(bad, viewport={"width": 720, "height": 450}, device_scale_factor=2).go("/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 720


def test_a_printed_page_is_a_document_with_title_time_author_and_checkpoint(sit, bad):
    page = sit(bad).go("/alarms")
    page.emulate_media(media="print")
    for words in ("Alarms, Harbor DC 1", "for kim", "checkpoint", "DEMO PLANT"):
        expect(page.locator("body")).to_contain_text(words)
    for hidden in (".search", ".who", "nav.levels", "[data-ack] >> nth=0"):
        assert not page.locator(hidden).first.is_visible()
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) in (1, 2)
    assert census(page, page.screenshot())["colourful"] == 0


def test_enrolling_by_the_link_ends_on_a_live_page(sit, quiet):
    seat = sit(quiet, enter=False)
    token = quiet.house.vault.invite("operator", quiet.house.clock().at_us)
    page = seat.go(f"/enrol?token={token}")
    page.fill("[name=name]", "lee")
    page.fill("[name=password]", "plain words of lee's friend")
    page.fill("[name=again]", "plain words of lee's friend")
    page.click("button")
    assert "the password holds the name" in page.locator("[role=alert]").inner_text()
    page.fill("[name=password]", "plain words of a friend")
    page.fill("[name=again]", "plain words of a friend")
    page.click("button")
    page.wait_for_url(f"{quiet.url}/")
    expect(page.locator("#r-pulse")).to_contain_text("live")
