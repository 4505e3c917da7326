"""What came of a form that was posted without scripts: told once, to whoever asked, with proof and way back."""

import re

from ironkeep.faces.console.notices import WAITS_S, Notice, Notices
from ironkeep.model.time import SECOND_US
from ironkeep.ports.vault import Session
from tests.faces.conftest import visit

NOTICE = re.compile(r'<div id="notice".*?</div>', re.DOTALL)


def said(page) -> str:
    return NOTICE.search(page.text)[0]


def test_a_plain_form_is_answered_by_one_line_with_its_proof_told_once(run, house):
    async def story(visitor):
        ids = house.bad_night()
        await visitor.app.state.watch.catch_up()
        page = await visitor.send("/alarms/acknowledge", {"alarm": ids["gas"], "back": "/alarms"})
        seq = max(f.seq for f in house.spine.facts if f.kind == "AlarmAcknowledged")
        assert "acknowledged: Off-gas" in said(page)
        assert f'href="/proof/{seq}"' in said(page)
        assert "acknowledged: " not in said(await visitor.get("/alarms"))

    run(story)


def test_what_can_be_taken_back_carries_its_button(run, house):
    async def story(visitor):
        ids = house.bad_night()
        await visitor.app.state.watch.catch_up()
        fields = {"alarm": ids["fuel"], "for_s": "3600", "reason": "charger is on order", "back": "/alarms"}
        button = re.search(
            r'formaction="([^"]+)" name="([^"]+)" value="([^"]+)"', said(await visitor.send("/alarms/shelve", fields))
        )
        assert button[1] == "/alarms/unshelve"
        back = await visitor.send(button[1], {button[2]: button[3], "back": "/alarms"})
        assert "back on the list: " in said(back)
        assert house.spine.facts[-1].kind == "AlarmUnshelved"

    run(story)


def test_a_line_is_told_to_the_log_in_that_asked_and_leads_to_no_other_place(run, house):
    async def story(visitor):
        ids = house.bad_night()
        await visitor.app.state.watch.catch_up()
        answer = await visitor.post("/alarms/acknowledge", {"alarm": ids["gas"], "back": "//elsewhere"})
        assert answer.headers["location"] == "/"
        async with visit(house) as other:
            await other.log_in()
            assert "acknowledged: " not in said(await other.get("/"))
        assert "acknowledged: " in said(await visitor.get("/"))
        assert "<b>" not in said(await visitor.send("/incidents/note", {"incident": ids["case"], "text": "<b>x</b>"}))

    run(story)


def test_a_line_that_nobody_fetched_in_time_is_not_told():
    clock = [0]
    notices = Notices(lambda: clock[0])
    who = Session("kim", "admin", "mark", 0, 1)
    notices.after(who, "/", Notice(True, "done"))
    clock[0] = (WAITS_S + 1) * SECOND_US
    assert notices.take(who) is None
    notices.after(who, "/", Notice(True, "done"))
    assert notices.take(who).text == "done"
    assert notices.take(who) is None
