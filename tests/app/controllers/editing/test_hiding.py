"""Who is hidden stays hidden: also who comes to the clip once the others were hidden."""


def test_hiding_the_others_reaches_those_who_come_later(drive, clip):
    d = drive(clip)
    first, second = d.add_person(0), d.add_person(0, (5.0, 5.0, 30.0, 60.0))
    later = d.add_person(7, (90.0, 20.0, 40.0, 60.0))
    d.session.select(None, None)
    d.do("action_hide_others")
    assert d.session.hidden == frozenset() and d.said == "Select a person first."
    d.session.select(first, None)
    d.do("action_hide_others")
    assert d.session.hidden == {second, later}
    d.session.select(None, None)
    d.do("action_hide_others")
    assert d.session.hidden == frozenset()


def test_who_comes_after_the_others_were_hidden_stays_hidden(drive, clip):
    d = drive(clip)
    first, second = d.add_person(0), d.add_person(0, (5.0, 5.0, 30.0, 60.0))
    d.session.select(first, None)
    d.do("action_hide_others")
    drawn = d.add_person(3, (90.0, 20.0, 40.0, 60.0))
    d.fill(9, range(12))
    assert d.session.hidden == {second, drawn, 9}
    d.program.editing.change_track_id(first, 20, swap=False)
    d.program.editing.change_track_id(second, 21, swap=False)
    assert {21, drawn, 9} <= d.session.hidden and 20 not in d.session.hidden
    d.session.select(20, None)
    d.do("action_hide_others")
    assert d.session.hidden == frozenset()
    d.fill(30, range(12))
    assert d.session.hidden == frozenset()
